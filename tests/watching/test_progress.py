"""What waits is told to a person: where, how often, in which words, and what is left at the end."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sms_notebook import AsyncClient, Client, CodeTimeout
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.steps import Activity, Wait
from sms_notebook.watching import progress as waits
from sms_notebook.watching.display import Display, View
from sms_notebook.watching.progress import IS_SILENT, NARRATOR, Narrator, Progress

from .conftest import QUICK, begin, interrupt_when, until

PHONE = "77001234567"


class Board(Display):
    """Where a test looks: everything that is shown, and the last lines."""

    most = 2
    views: list[View]
    last: list[str]

    def show(self, view: View) -> None:
        self.views.append(view)

    def close(self, line: str) -> None:
        self.last.append(line)


@pytest.fixture
def board(monkeypatch) -> type[Board]:
    """Show what waits at once, in place of a notebook or a terminal."""
    kind = type("Seen", (Board,), {"views": [], "last": []})
    monkeypatch.setattr(NARRATOR, "face", lambda: kind)
    monkeypatch.setattr(waits, "SOON", 0.0)
    return kind


def bought(sms: Client) -> tuple[str, str]:
    order = sms.order("tg", 2)
    return order.loc[0, "activation_id"], order.loc[0, "phone_number"]


# What is shown ----------------------------------------------------------------------------------


def test_a_wait_shows_number_service_and_time_left(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        waiting = begin(sms.wait_code, ref, 60, every=QUICK)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
        shop.say(ref, "01234")
        waiting.result(5)
    view = board.views[0]
    assert view.title == f"the code of {number} (Telegram)"
    assert view.whole == 0.6
    assert 0 < view.left <= 0.6
    assert view.stop == "stops only the wait"
    [last] = board.last  # what waits beside the main thread draws nothing
    assert last == (
        f"CodeTimeout: no code for activation {ref} at sandbox in 0.6 seconds. It is still alive. "
        f"sms.wait_code('{ref}') goes on waiting. sms.cancel('{ref}') gives it back."
    )


@pytest.mark.parametrize("is_masked", [False, True])
def test_the_last_line_says_which_code_came_unless_it_is_masked(board, shop, is_masked):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        sms.mask(is_masked)
        saying = begin(lambda: (until(lambda: board.views), shop.say(ref, "01234")))
        sms.wait_code(ref, every=QUICK)
        saying.result(5)
    masked = f"{number[:4]}•••{number[-4:]}"
    came = f"A code came for {masked}" if is_masked else f"The code 01234 came for {number}"
    assert board.last == [f"{came} (Telegram)."]
    if is_masked:
        assert number not in repr(board.views)
        assert board.views[0].title == f"the code of {masked} (Telegram)"


def test_a_mask_that_is_put_on_meanwhile_hides_the_rest(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)

        def meanwhile() -> None:
            until(lambda: board.views)
            sms.mask()
            shown = len(board.views)
            until(lambda: len(board.views) > shown + 1)
            shop.say(ref, "01234")

        saying = begin(meanwhile)
        sms.wait_code(ref, every=QUICK)
        saying.result(5)
    assert number not in board.views[-1].title
    assert "01234" not in board.last[0]


def test_an_interrupt_leaves_what_stays_and_how_to_go_on(board, shop):
    with Client(sandbox=shop) as sms:
        ref, _ = bought(sms)
        interrupting = begin(interrupt_when, lambda: board.views)
        with pytest.raises(KeyboardInterrupt):
            sms.wait_code(ref, every=QUICK)
        interrupting.result(5)
    [last] = board.last
    assert last == (
        f"Stopped waiting. Activation {ref} is still alive. sms.wait_code('{ref}') goes on "
        f"waiting. sms.cancel('{ref}') gives it back."
    )


def test_an_async_wait_is_shown_too_and_a_cancelled_one_says_whose_number_it_is(board, shop):
    with Client(sandbox=shop, quiet=True) as sms:
        ref, number = bought(sms)

    async def cancelled() -> None:
        async with AsyncClient(sandbox=shop) as sms:
            waiting = asyncio.ensure_future(sms.wait_code(ref, every=QUICK))
            await asyncio.to_thread(until, lambda: board.views)
            assert not waiting.done(), "its loop goes on meanwhile"
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(cancelled())
    assert board.views[0].title == f"the code of {number} (Telegram)"
    [last] = board.last
    assert last == (
        f"Interrupted; {number} (Telegram) is still yours: sms.wait_code('{ref}') goes on waiting. "
        f"sms.cancel('{ref}') gives it back."
    )


def test_a_watch_has_one_display_from_event_to_event(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            for code in ("01234", "56789"):
                shown = len(board.views)
                saying = begin(
                    lambda shown=shown, code=code: (
                        until(lambda: len(board.views) > shown),
                        shop.say(ref, code),
                    )
                )
                assert next(watch).code == code
                saying.result(5)
                sms.again(ref)
        assert board.views[-1].title == f"events of {number} (tg)"
        assert board.views[-1].stop == "only stops watching"
        assert board.last == ["Stopped watching. The numbers stay as they are."]


def test_a_watch_whose_numbers_are_over_says_so(board, shop):
    with Client(sandbox=shop) as sms:
        ref, _ = bought(sms)
        shop.step(130)
        ending = begin(
            lambda: (until(lambda: board.views), shop.tool("setStatus", id=ref, status=8))
        )
        assert [event.kind for event in sms.watch(ref, every=QUICK)] == ["over"]
        ending.result(5)
    assert board.last == ["All that was watched is over."]


def test_what_is_quick_shows_nothing(monkeypatch, shop):
    kind = type("Seen", (Board,), {"views": [], "last": []})
    monkeypatch.setattr(NARRATOR, "face", lambda: kind)
    with Client(sandbox=shop) as sms:
        sms.get_balance()
        NARRATOR.tick()
    assert (kind.views, kind.last, NARRATOR.waits) == ([], [], {})


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_quiet_client_says_nothing(board, shop, monkeypatch, how):
    options = {"quiet": True} if how == "argument" else {}
    if how == "environment":
        monkeypatch.setenv("SMS_QUIET", "1")
    with Client(sandbox=shop, **options) as sms:
        ref, _ = bought(sms)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
        with sms.watch(ref, every=QUICK) as watch:
            shop.say(ref, "01234")
            next(watch)
    assert (board.views, board.last) == ([], [])


def test_an_argument_says_more_than_the_environment(board, shop, monkeypatch):
    monkeypatch.setenv("SMS_QUIET", "1")
    with Client(sandbox=shop, quiet=False) as sms:
        ref, _ = bought(sms)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
    assert board.views


# A narrator whose clock a test steps ------------------------------------------------------------


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
