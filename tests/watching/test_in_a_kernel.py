"""In a real kernel: an interrupt stops a wait, a kill loses nothing."""

import os
import signal
import sys
import time

import pytest
from jupyter_client.manager import KernelManager

from sms_notebook.sandbox import serve

from .conftest import Shop, until

SECONDS = 60
SETUP = "from sms_notebook import Client; sms = Client()"


class Kernel:
    """A kernel, and what its cells print."""

    def __init__(self, folder, url):
        self.manager = KernelManager()
        self.manager.kernel_spec.argv[0] = sys.executable
        settings = {"SMS_NOTEBOOK_HOME": str(folder / "home"), "SMS_BASE_URL": url}
        settings |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder)}
        self.manager.start_kernel(env={**os.environ, **settings}, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def begin(self, cell):
        """Send a cell; return how to take what comes of it."""
        # Else a cell that fails has those aborted that come in the moment after it.
        message = self.client.execute(cell, stop_on_error=False)
        return lambda: self.outputs_of(message)

    def run(self, cell):
        """Run a cell that does not fail; return what it printed."""
        outputs = self.begin(cell)()
        assert all(output["msg_type"] == "stream" for output in outputs), outputs
        return "".join(output["content"]["text"] for output in outputs).strip()

    def outputs_of(self, message):
        outputs, deadline = [], time.monotonic() + SECONDS
        while True:
            output = self.client.get_iopub_msg(timeout=max(deadline - time.monotonic(), 0.1))
            if output["parent_header"].get("msg_id") != message:
                continue
            if output["msg_type"] == "status" and output["content"]["execution_state"] == "idle":
                return outputs
            if output["msg_type"] in ("stream", "error", "execute_result", "display_data"):
                outputs.append(output)

    @property
    def is_alive(self):
        return self.client.is_alive()

    def interrupt(self):
        self.manager.interrupt_kernel()

    def kill(self):
        os.kill(self.manager.provisioner.pid, signal.SIGKILL)
        self.close()

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def url(shop):
    with serve(shop) as url:
        yield url


@pytest.fixture
def kernel(tmp_path, url):
    kernels = []

    def start():
        kernels.append(Kernel(tmp_path, url))
        return kernels[-1]

    yield start
    for started in kernels:
        started.close()


WAIT = "print(sms.wait_code('{}', every=0.05).loc[0, 'code'])"
RUNNING = """
import asyncio
from sms_notebook.watching.loop import LOOP
async def others():
    return len(asyncio.all_tasks()) - 1
while LOOP.run(others()):
    pass
print(6 * 7)
"""
"""Ends when the loop thread has nothing to do any more."""


def interrupted(cells, shop, cell):
    """Interrupt a cell that waits; return the error that it ends with."""
    polls = shop.polls
    outputs = cells.begin(cell)
    until(lambda: shop.polls > polls + 3)
    cells.interrupt()
    *shown, error = outputs()
    assert error["msg_type"] == "error"
    # A wait that lasts, as one does on a busy machine, is shown.
    assert all(output["msg_type"] == "display_data" for output in shown), shown
    assert cells.is_alive
    assert cells.run(RUNNING) == "42"
    return error["content"]


def test_an_interrupt_stops_whatever_waits(kernel, shop):
    cells = kernel()
    ref = cells.run(f"{SETUP}; print(sms.order('tg', 2).loc[0, 'activation_id'])")
    error = interrupted(cells, shop, WAIT.format(ref))
    [line] = error["traceback"]
    assert line.startswith("Stopped waiting.")
    assert len(line.splitlines()) == 1
    assert f"Activation {ref} is still alive. sms.wait_code('{ref}') goes on waiting" in line
    assert error["ename"] == "WaitStopped"
    assert shop.tool("getStatus", id=ref) == "STATUS_WAIT_CODE"
    cells.run("from sms_notebook import AsyncClient; later = AsyncClient()")
    interrupted(cells, shop, f"await later.wait_code('{ref}', every=0.05)")
    for word in ("", "async "):
        watching = (
            f"{word}with sms.watch('{ref}', every=0.05) as watch:\n"
            f"    {word}for event in watch: print(event.code)"
        )
        interrupted(cells, shop, watching)
    for cell in (WAIT, "print((await later.wait_code('{}', every=0.05)).loc[0, 'code'])"):
        polls = shop.polls
        outputs = cells.begin(cell.format(ref))
        until(lambda polls=polls: shop.polls > polls + 1)
        shop.say(ref, "01234")
        assert "".join(output["content"]["text"] for output in outputs()).strip() == "01234"
        shop.step(1)
        cells.run(f"_ = sms.again('{ref}')")


def test_a_kernel_that_is_killed_loses_nothing(kernel, shop):
    """Neither the code that had come, nor the one that was waited for."""
    cells = kernel()
    first = cells.run(f"{SETUP}; print(sms.order('tg', 2).loc[0, 'activation_id'])")
    cells.run(f"watch = sms.watch('{first}', every=0.05).start()")
    shop.say(first, "43210")
    assert cells.run("print(next(watch).code); watch.close()") == "43210"
    ref = cells.run("print(sms.order('tg', 2, key='docs').loc[0, 'activation_id'])")
    polls = shop.polls
    cells.begin(WAIT.format(ref))
    until(lambda: shop.polls > polls + 3)
    cells.kill()
    shop.say(ref, "01234")
    again = kernel()
    ledger = "sms.ledger().set_index('activation_id')"
    assert again.run(f"{SETUP}; print({ledger}['state'].tolist())") == "['active', 'active']"
    assert again.run(f"print({ledger}.loc['{first}', 'codes'])") == "['43210']"
    assert again.run(WAIT.format(ref)) == "01234"
    assert again.run(f"print({ledger}.loc['{ref}', 'codes'])") == "['01234']"
    assert again.run("print(sms.order('tg', 2, key='docs').loc[0, 'activation_id'])") == ref
    assert len(shop.purchases()) == 2
