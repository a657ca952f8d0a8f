"""Where no thread can be had, as in a browser: on the loop of whoever calls."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

from sms_notebook.client.offloading import OffloadedSteps, _Threads
from sms_notebook.protocol.steps import Offload, Pause, Steps

PROGRAM = Path(__file__).with_name("without_threads.py")


def test_what_is_awaited_works_and_what_cannot_wait_says_so_in_one_line():
    run = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert not run.returncode, run.stderr
    said = run.stdout
    awaited = ["code 12345", "event code", "finished ACCESS_ACTIVATION", "settled 0"]
    assert said.splitlines()[:8] == awaited * 2
    assert said.splitlines()[-2:] == ["code 54321", "event code 1"]
    for works in ("balance", "order tg KZ --key kernel"):
        assert f"%sms {works}" in said[said.index("done") :], said
    refusal = "this Python has no threads: a call cannot wait while an event loop runs. Await it: "
    assert said.count(f"failed {refusal}await AsyncClient().wait_code(…), ") == 2, said
    assert f"UsageProblem {refusal}" in said
    assert "failed this Python has no threads: it cannot receive webhooks." in said


def test_work_for_which_no_thread_was_to_be_had_is_done_once(monkeypatch):
    taken = []

    def steps() -> Steps[None]:
        yield Offload()
        taken.append(threading.current_thread().name)
        yield Pause(1.0)
        taken.append("a step that nobody took")

    threads = _Threads()
    monkeypatch.setattr("sms_notebook.client.offloading._threads", threads)

    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def twice() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none_left)
            await OffloadedSteps(steps(), has_threads=True).take(None, None)
        await OffloadedSteps(steps(), has_threads=True).take(None, None)

    asyncio.run(twice())
    assert taken[0] == threading.main_thread().name
    assert taken[1].startswith("sms_notebook-ledger")
    assert len(taken) == 2
