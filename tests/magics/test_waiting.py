"""Waiting shows the time that is left, ends with the code, and an interrupt stops only that."""

import _thread
import io
import re
import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from sms_notebook import BadKey
from sms_notebook.magics import progress
from sms_notebook.magics.progress import TextBar
from sms_notebook.watching.loop import LOOP


class Screen(io.StringIO):
    """A terminal, as a program sees it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch) -> Screen:
    screen = Screen()
    # Not sys.stderr itself: pytest puts its own there before each test.
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=screen))
    monkeypatch.setenv("COLUMNS", "80")
    return screen


@pytest.fixture
def meanwhile():
    """Do something in another thread once a condition holds."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    threads: list[threading.Thread] = []

    def begin(condition: Callable[[], object], do: Callable[[], object]) -> None:
        def run() -> None:
            deadline = time.monotonic() + 20
            while not condition():
                if time.monotonic() > deadline:
                    return  # the test says what did not happen
                time.sleep(0.005)
            do()

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(20)
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def number(ip) -> str:
    return ip.run("%sms order tg KZ").loc[0, "activation_id"]


def test_it_ends_with_the_code(ip, number, screen, meanwhile):
    meanwhile(screen.getvalue, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    frame = ip.run(f"%sms wait {number} --every 0.05")
    assert frame.loc[0, "code"] == "01234"
    shown = screen.getvalue()
    assert re.match(rf"\rWaiting for the code of {number} \[#{{24}}\] (20:00|19:59) left", shown)
    assert re.search(r"\r {70,72}\r$", shown), "the line is taken away"


def test_the_time_left_is_that_of_the_provider(ip, number, screen, meanwhile):
    ip.run("%sms sandbox step 660;")
    meanwhile(screen.getvalue, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    ip.run(f"%sms wait {number} --every 0.05")
    assert re.search(r"\[#{11}\.{13}\] (9:00|8:59) left", screen.getvalue())


def test_a_limit_of_ones_own_is_shown_in_its_place(ip, number, screen):
    said = ip.fails(f"%sms wait {number} --timeout 1.2 --every 0.05")
    assert said.startswith(f"CodeTimeout: no code for activation {number}")
    lefts = re.findall(r"(0:0\d) left", screen.getvalue())
    assert lefts[0] == "0:01"
    assert lefts[-1] == "0:00"
    full = [len(bar) for bar in re.findall(r"\[(#*)", screen.getvalue())]
    assert full == sorted(full, reverse=True)
    assert full[0] > 20 > 6 > full[-1]


def test_into_a_file_it_is_written_once(ip, number, meanwhile, capsys):
    ip.fails(f"%sms wait {number} --timeout 1.2 --every 0.05")
    capsys.readouterr()
    ip.shell.run_cell(f"%sms wait {number} --timeout 0.6 --every 0.05")
    assert capsys.readouterr().err.count("Waiting for the code") == 1


def test_an_interrupt_stops_only_the_wait(ip, number, screen, meanwhile):
    meanwhile(screen.getvalue, _thread.interrupt_main)
    done = ip.shell.run_cell(f"%sms wait {number}")
    assert isinstance(done.error_in_exec, KeyboardInterrupt)
    assert str(done.error_in_exec) == (
        f"Stopped waiting. Activation {number} is still alive. %sms wait {number} goes on waiting. "
        f"%sms cancel {number} gives it back."
    )
    assert ip.run("%sms active")["activation_id"].tolist() == [number]
    ip.sandbox.send_sms(number, "Your code is 01234")
    assert ip.run(f"%sms wait {number}").loc[0, "code"] == "01234"


def test_after_an_interrupt_nothing_goes_on(ip, number, screen, meanwhile):
    meanwhile(screen.getvalue, _thread.interrupt_main)
    ip.shell.run_cell(f"%sms wait {number}")
    shown = screen.getvalue()

    async def gone() -> None:
        """Give what runs on the loop thread a turn."""

    for _ in range(3):
        LOOP.run(gone())
    assert screen.getvalue() == shown


def test_a_bar_that_is_closed_shows_nothing_more(screen):
    bar = TextBar("Waiting")
    bar.show(30, 60)
    bar.close()
    shown = screen.getvalue()
    bar.show(10, 60)
    assert screen.getvalue() == shown
    assert shown.startswith(f"\rWaiting [{'#' * 12}{'.' * 12}] 0:30 left")


@pytest.mark.parametrize(
    ("left", "of", "full", "clock"),
    [(60, 60, 24, "1:00"), (90, 60, 24, "1:30"), (0, 60, 0, "0:00"), (-5, 60, 0, "0:00")],
)
def test_a_bar_is_never_longer_than_itself(screen, left, of, full, clock):
    TextBar("W").show(left, of)
    assert screen.getvalue() == f"\rW [{'#' * full}{'.' * (24 - full)}] {clock} left"


def test_a_bar_fits_into_one_line_of_a_narrow_terminal(screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    TextBar("Waiting for the code of 12345678901234567890").show(30, 60)
    assert len(screen.getvalue()) <= 30


def test_widgets_leave_a_line_of_text_and_move_no_more(monkeypatch):
    shown: list[object] = []
    handle = SimpleNamespace(update=lambda data, *, raw: shown.append((data, raw)))
    monkeypatch.setattr("IPython.display.display", lambda box, **_: shown.append(box) or handle)
    bar = progress.WidgetBar("Waiting")
    title, moving, clock = shown[0].children
    bar.show(30, 60)
    assert (title.value, moving.value, clock.value) == ("Waiting", 0.5, "0:30 left")
    bar.close()
    assert shown[1:] == [({"text/plain": "Waiting: over with 0:30 left."}, True)]
    bar.show(10, 60)
    assert (moving.value, clock.value) == (0.5, "0:30 left")
    assert moving.comm is clock.comm is title.comm is None


def test_again_waits_for_the_new_code(ip, number):
    ip.sandbox.send_sms(number, "Your code is 11111")
    assert ip.run(f"%sms wait {number} --every 0.05").loc[0, "code"] == "11111"
    ip.run(f"%sms again {number};")
    ip.sandbox.send_sms(number, "Your code is 22222")
    assert ip.run(f"%sms wait {number} --every 0.05").loc[0, "code"] == "22222"


def test_watch_prints_events_as_they_come_and_gives_how_things_stand(ip, number, capsys, meanwhile):
    capsys.readouterr()
    out: list[str] = []

    def seen() -> bool:
        out.append(capsys.readouterr().out)
        return "Watching 1 now" in "".join(out)

    meanwhile(seen, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    frame = ip.run(f"%sms watch {number} --for 5;\nfinal = %sms watch {number} --for 0.3\nfinal")
    text = "".join(out) + capsys.readouterr().out
    assert re.search(r"\d\d:\d\d:\d\d code \d+ tg: 01234\n", text)
    assert frame["code"].tolist() == ["01234"]


def test_an_interrupt_stops_only_watching(ip, number, monkeypatch, meanwhile):
    out = io.StringIO()  # capsys loses what is printed while another thread reads it
    monkeypatch.setattr("sys.stdout", out)
    meanwhile(lambda: "Watching 1 now" in out.getvalue(), _thread.interrupt_main)
    frame = ip.run("%sms watch")
    assert frame["activation_id"].tolist() == [number]
    assert "Stopped watching. The numbers stay as they are." in out.getvalue()
    assert len(ip.run("%sms active")) == 1


def test_watching_ends_when_all_is_over(ip, number):
    ip.run(f"%sms sandbox step 120;\n%sms cancel {number};")
    frame = ip.run(f"%sms watch {number}")
    assert frame["is_over"].tolist() == [True]


def test_a_failure_that_stays_ends_watching(ip, number):
    ip.run("%sms sandbox faults BAD_KEY:1;")
    assert isinstance(ip.shell.run_cell(f"%sms watch {number}").error_in_exec, BadKey)


def test_rents_are_watched_in_place_of_activations_or_beside_those_named(ip, number):
    rent = ip.run("%sms rent order full KZ").loc[0, "rent_id"]
    only = ip.run("%sms watch --rents --for 0.3")
    assert only["rent_id"].tolist() == [rent]
    both = ip.run(f"%sms watch {number} --rents --for 0.3")
    assert set(both["rent_id"].dropna()) | set(both["activation_id"].dropna()) == {rent, number}
