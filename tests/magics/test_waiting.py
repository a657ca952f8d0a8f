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
from IPython.core import interactiveshell

from sms_notebook import BadKey
from sms_notebook.magics import progress_bars
from sms_notebook.watching import progress as waits


class Screen(io.StringIO):
    """A terminal, as a program sees it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch) -> Screen:
    screen = Screen()
    # Not sys.stderr itself: pytest puts its own there before each test.
    monkeypatch.setattr(progress_bars, "sys", SimpleNamespace(stderr=screen, modules={}))
    monkeypatch.setattr(progress_bars, "_is_tested", lambda: False)
    monkeypatch.setattr(waits, "SOON", 0.1)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
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
    ip.run("%sms order tg KZ -o order")
    return ip.names["order"].loc[0, "activation_id"]


@pytest.fixture
def phone(ip, number) -> str:
    return ip.names["order"].loc[0, "phone_number"]


def test_it_ends_with_the_code(ip, number, phone, screen, meanwhile):
    meanwhile(screen.getvalue, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    frame = ip.run(f"%sms wait {number} --every 0.05")
    assert frame.loc[0, "code"] == "01234"
    shown = screen.getvalue()
    start = rf"\rWaiting for the code of {phone} \(Telegram\) \[#{{24}}\] (20:00|19:59) left\. "
    assert re.match(start + "Ctrl-C stops only the wait", shown), shown
    assert re.search(rf"\r {{100,}}\rThe code 01234 came for {phone} \(Telegram\)\.\n$", shown)


def test_the_time_left_is_that_of_the_provider(ip, number, screen, meanwhile):
    ip.run("%sms sandbox step 660;")
    meanwhile(screen.getvalue, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    ip.run(f"%sms wait {number} --every 0.05")
    assert re.search(r"\[#{11}\.{13}\] (9:00|8:59) left", screen.getvalue())


def test_a_limit_of_ones_own_is_shown_in_its_place(ip, number, screen):
    said = ip.fails(f"%sms wait {number} --timeout 1.2 --every 0.05")
    assert said.startswith(f"CodeTimeout: no code for activation {number}")
    lefts = re.findall(r"(0:0\d) left", screen.getvalue())
    assert lefts[0] in ("0:01", "0:00")
    assert lefts[-1] == "0:00"
    full = [len(bar) for bar in re.findall(r"\[(#*)", screen.getvalue())]
    assert full == sorted(full, reverse=True)
    assert full[0] > full[-1]


def test_the_error_alone_says_what_to_type_next(ip, number, screen):
    said = ip.fails(f"%sms wait {number} --timeout 0.6 --every 0.05")
    assert f"%sms wait {number} goes on waiting. %sms cancel {number} gives it back." in said
    assert "CodeTimeout" not in screen.getvalue()
    assert re.search(r"\r +\r$", screen.getvalue())  # the line that was written over is gone


def test_under_the_mask_nothing_true_is_shown(ip, number, phone, screen, meanwhile):
    ip.run("%sms mask on;")
    meanwhile(screen.getvalue, lambda: ip.sandbox.send_sms(number, "Your code is 01234"))
    ip.run(f"%sms wait {number} --every 0.05")
    masked = f"{phone[:4]}•••{phone[-4:]}"
    assert f"Waiting for the code of {masked} (Telegram)" in screen.getvalue()
    assert screen.getvalue().endswith(f"A code came for {masked} (Telegram).\n")
    assert phone not in screen.getvalue()
    assert "01234" not in screen.getvalue()


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


def test_an_interrupt_leaves_its_own_line_alone_and_nothing_goes_on(ip, number, screen, meanwhile):
    meanwhile(screen.getvalue, _thread.interrupt_main)
    ip.shell.run_cell(f"%sms wait {number}")
    shown = screen.getvalue()
    assert "Stopped waiting" not in shown
    assert re.search(r"\r +\r$", shown)
    waits.NARRATOR.tick()
    assert screen.getvalue() == shown


@pytest.fixture
def python(ip, screen, monkeypatch):
    """Wait in Python, in the IPython that runs."""
    monkeypatch.setattr(interactiveshell.InteractiveShell, "_instance", ip.shell)
    progress_bars.sys.modules["IPython.core.interactiveshell"] = interactiveshell
    ip.names["sms"] = ip.session.client
    return ip


CAUGHT = """
try:
    sms.wait_code(order, 0.6, every=0.05)
except Exception as problem:
    caught = problem
"""


def test_python_says_once_why_a_wait_failed(python, number, screen):
    done = python.shell.run_cell("sms.wait_code(order, 0.6, every=0.05)")
    assert "sms.wait_code(" in str(done.error_in_exec)
    assert "Waiting for" in screen.getvalue()
    assert "CodeTimeout" not in screen.getvalue()
    assert re.search(r"\r +\r$", screen.getvalue())


def test_where_the_error_is_caught_the_line_stays(python, number, screen):
    python.run(CAUGHT)
    last = screen.getvalue().rpartition("\r")[2]
    assert last == f"CodeTimeout: {python.names['caught']}\n"
    python.shell.run_cell("raise caught")
    assert screen.getvalue().endswith(last)  # once


def test_an_interrupt_in_python_is_told_once(python, number, screen, meanwhile):
    meanwhile(screen.getvalue, _thread.interrupt_main)
    done = python.shell.run_cell("sms.wait_code(order)")
    assert str(done.error_in_exec).startswith(f"Stopped waiting. Activation {number} is still")
    assert "Stopped waiting" not in screen.getvalue()


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
