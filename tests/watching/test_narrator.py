"""The narrator: what it shows of waiting, where, how often, and what stays when something fails."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sms_notebook import Client
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.steps import Activity, Pause, Step, Wait
from sms_notebook.watching import progress as waits
from sms_notebook.watching.display import Display, View
from sms_notebook.watching.progress import IS_SILENT, NARRATOR, Narrator, Progress

from .conftest import Board, begin, until

PHONE = "77001234567"


class Story:
    """Calls that wait, as the narrator sees them."""

    def __init__(self, kind: type[Display] | None) -> None:
        self.now = 100.0
        self.narrator = Narrator(lambda: self.now)
        self.narrator.is_awake = True  # the test looks by itself
        self.narrator.face = lambda: kind

    def wait(self, *, is_main: bool = True, provider: str = "HeroSMS", **about: Any) -> Progress:
        activity = Activity(
            **{"what": "the code of {number}", "number": PHONE, "ref": "1", **about}
        )
        progress = Progress(provider, lambda: False, is_main)
        self.narrator.begin(progress, Wait(_never, activity))
        return progress

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.narrator.tick()


async def _never() -> None:
    """Stand for what is waited for."""


@pytest.fixture
def story(monkeypatch) -> Story:
    return Story(type("Seen", (Board,), {"views": [], "last": []}))


@pytest.fixture
def script(caplog) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "sms_notebook")
    return lambda: [record.getMessage() for record in caplog.records]


def test_in_a_log_there_is_a_line_after_five_seconds_and_then_rarely(script):
    story = Story(None)
    progress = story.wait(left=lambda: 1300.0 - story.now, stop="stops only the wait")
    times = []
    for second in range(1, 1200):
        before = len(script())
        story.pass_by(1)
        times += [second] * (len(script()) - before)
    assert times == [5, 60, 360, 660, 960]
    progress.failure = KeyboardInterrupt()
    story.narrator.conclude(progress)
    assert script()[0] == (
        f"Waiting for the code of {PHONE}: 19:55 left. An interrupt stops only the wait."
    )
    assert script()[-1] == f"Interrupted; {PHONE} is still yours."


@pytest.mark.parametrize(
    ("level", "heard_at"), [(logging.INFO, "INFO"), (logging.WARNING, "WARNING")]
)
def test_a_line_has_the_level_that_somebody_sees(caplog, level, heard_at):
    caplog.set_level(level, "sms_notebook")
    story = Story(None)
    story.wait()
    story.pass_by(6)
    assert [record.levelname for record in caplog.records] == [heard_at]


def test_in_a_plain_script_a_line_is_seen(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "sms_notebook")
    monkeypatch.setattr(logging.getLogger("sms_notebook"), "hasHandlers", lambda: False)
    story = Story(None)
    story.wait()
    story.pass_by(6)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_somebody_who_looks_sees_it_after_one_second(story):
    story.wait()
    board = story.narrator.face()
    story.pass_by(0.9)
    assert board.views == []
    story.pass_by(0.2)
    assert len(board.views) == 1


def test_a_thread_beside_the_main_one_writes_to_the_log(story, script):
    story.wait(is_main=False)
    story.pass_by(2)
    assert script() == []
    story.pass_by(3)
    assert len(script()) == 1
    assert story.narrator.face().views == []


def test_whoever_tells_by_itself_is_not_told_over(story):
    silent = IS_SILENT.set(True)
    try:
        story.wait()
    finally:
        IS_SILENT.reset(silent)
    story.pass_by(10)
    assert story.narrator.face().views == []


def test_where_many_wait_some_are_shown_and_the_others_counted(story):
    waiting = [story.wait(number=f"7700123450{one}") for one in range(5)]
    story.pass_by(2)
    board = story.narrator.face()
    assert [(view.title[-1], view.more) for view in board.views] == [("0", 3), ("1", 0)]
    assert board.views[0].others == " (and 3 more)"
    story.narrator.conclude(waiting[0])
    story.pass_by(1)
    assert [view.title[-1] for view in board.views[2:]] == ["1", "2"]


class Counted(dict[Progress, None]):
    """Waits that know how often somebody went through them."""

    looks = 0

    def __iter__(self) -> Iterator[Progress]:
        self.looks += 1
        return super().__iter__()


def test_a_look_at_many_waits_goes_through_them_once(story):
    """Looked through once for each of them, 3,000 took the loop thread two seconds a look."""
    story.narrator.waits = waits = Counted()
    for one in range(50):
        story.wait(ref=str(one))
    story.pass_by(2)
    assert waits.looks == 1
    assert story.narrator.face().views[0].more == 48


def test_a_display_that_fails_ends_no_call_and_the_log_takes_over(script):
    class Broken(Board):
        def __init__(self) -> None:
            raise OSError("no screen")

    story = Story(Broken)
    progress = story.wait()
    story.pass_by(6)
    story.narrator.conclude(progress)
    assert "Waiting for the code of" in script()[0]


def test_a_look_that_fails_is_not_the_last_one(monkeypatch):
    monkeypatch.setattr(waits, "SOON", 0.0)
    kind = type("Seen", (Board,), {"views": [], "last": []})
    looks = []

    class Odd(Counted):
        def __contains__(self, progress: object) -> bool:
            looks.append(progress)
            if len(looks) == 1:
                raise AttributeError("it has changed meanwhile")
            return super().__contains__(progress)

    narrator = Narrator()
    narrator.face = lambda: kind
    narrator.waits = Odd()
    progress = Progress("HeroSMS", lambda: False, is_main=True)
    narrator.begin(progress, Wait(_never, None))
    until(lambda: kind.views)
    narrator.conclude(progress)


def test_where_the_place_to_look_is_gone_the_log_takes_over(script):
    def closed() -> None:
        raise ValueError("I/O operation on closed file")

    story = Story(None)
    story.narrator.face = closed
    story.wait()
    story.wait(is_main=False, what="another code")
    story.pass_by(6)
    assert [line.split(":")[0] for line in script()] == [
        f"Waiting for the code of {PHONE}",
        "Waiting for another code",
    ]


def test_a_display_that_cannot_rest_ends_no_watch(story):
    class Broken(Board):
        views: list[View] = []  # noqa: RUF012 - of this test alone

        def rest(self) -> None:
            raise ValueError("I/O operation on closed file")

    story = Story(Broken)
    progress = story.wait()
    story.pass_by(2)
    story.narrator.rest(progress)
    assert Broken.views
    assert progress not in story.narrator.waits


def test_a_call_may_end_while_it_is_shown(story):
    """Collecting garbage ends what nobody awaits any more, in whatever thread that happens."""

    class Ending(Board):
        views: list[View] = []  # noqa: RUF012 - of this test alone

        def show(self, view: View) -> None:
            super().show(view)
            story.narrator.conclude(progress)

    story.narrator.face = lambda: Ending
    progress = story.wait()
    begin(story.pass_by, 2.0).result(20)
    assert len(Ending.views) == 1
    assert progress not in story.narrator.waits


def test_a_pause_may_end_while_it_is_looked_at():
    steps: list[Step | None] = [None, Pause(9.0)]

    class Ending(Progress):
        step = property(lambda _self: steps.pop(), lambda _self, _step: None)

    assert Ending("HeroSMS", lambda: False, is_main=True).is_long


def test_what_strangers_named_controls_no_terminal(story):
    story.wait(number="7700\x1b[2J\n99", service="\u202eevil")
    story.pass_by(2)
    [view] = story.narrator.face().views
    assert view.title.isprintable()


def test_after_a_stop_the_next_steps_are_named(story):
    progress = story.wait(ref=None, hints=(Hint("{reconcile()} goes on"),), what="another look")
    story.pass_by(2)
    progress.failure = KeyboardInterrupt()
    story.narrator.conclude(progress)
    assert story.narrator.face().last == [
        "Interrupted; no longer waiting for another look: sms.reconcile() goes on."
    ]


def test_looking_on_ends_when_nobody_calls_any_more(monkeypatch):
    monkeypatch.setattr(waits, "_IDLE", 0.5)
    narrator = Narrator()
    narrator.wake()
    assert narrator.is_awake
    until(lambda: not narrator.is_awake)
    progress = Progress("HeroSMS", lambda: False, is_main=False)
    narrator.begin(progress, Wait(_never, None))
    assert narrator.is_awake
    narrator.conclude(progress)
    until(lambda: not narrator.is_awake)


def test_many_threads_leave_nothing_under_way(shop):
    with Client(sandbox=shop) as sms:
        threads = [threading.Thread(target=sms.get_balance) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert NARRATOR.waits == {}
