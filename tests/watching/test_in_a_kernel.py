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
        message = self.client.execute(cell)
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
    for one in kernels:
        one.close()


WAIT = "print(sms.wait_code('{}', every=0.05).loc[0, 'code'])"


def test_an_interrupt_stops_a_wait_in_one_red_line(kernel, shop):
    cells = kernel()
    ref = cells.run(f"{SETUP}; print(sms.order('tg', 2).loc[0, 'activation_id'])")
    outputs = cells.begin(WAIT.format(ref))
    until(lambda: shop.polls > 3)
    cells.interrupt()
    [error] = outputs()
    assert error["msg_type"] == "error"
    [line] = error["content"]["traceback"]
    assert line.startswith("\x1b[31m")
    assert len(line.splitlines()) == 1
    assert f"Activation {ref} is still alive: sms.wait_code('{ref}') goes on waiting" in line
    assert error["content"]["ename"] == "WaitStopped"
    assert cells.is_alive
    assert cells.run("print(6 * 7)") == "42"
    polls = shop.polls
    time.sleep(0.5)
    assert shop.polls == polls, "the poller goes on"
    assert shop.tool("getStatus", id=ref) == "STATUS_WAIT_CODE"
    outputs = cells.begin(WAIT.format(ref))
    until(lambda: shop.polls > polls + 1)
    shop.say(ref, "01234")
    assert [output["content"]["text"].strip() for output in outputs()] == ["01234"]


def test_an_interrupt_stops_an_awaited_wait(kernel, shop):
    cells = kernel()
    ref = cells.run(
        "from sms_notebook import AsyncClient; sms = AsyncClient()\n"
        "print((await sms.order('tg', 2)).loc[0, 'activation_id'])"
    )
    outputs = cells.begin(f"await sms.wait_code('{ref}', every=0.05)")
    until(lambda: shop.polls > 3)
    cells.interrupt()
    assert [output["msg_type"] for output in outputs()] == ["error"]
    assert cells.run("print(6 * 7)") == "42"
    polls = shop.polls
    time.sleep(0.5)
    assert shop.polls == polls, "the poller goes on"
    outputs = cells.begin(f"print((await sms.wait_code('{ref}', every=0.05)).loc[0, 'code'])")
    until(lambda: shop.polls > polls + 1)
    shop.say(ref, "01234")
    assert [output["content"]["text"].strip() for output in outputs()] == ["01234"]


@pytest.mark.parametrize("word", ["", "async "], ids=["sync", "async"])
def test_an_interrupt_stops_a_loop_over_events(kernel, shop, word):
    cells = kernel()
    ref = cells.run(f"{SETUP}; print(sms.order('tg', 2).loc[0, 'activation_id'])")
    outputs = cells.begin(
        f"{word}with sms.watch('{ref}', every=0.05) as watch:\n"
        f"    {word}for event in watch: print(event.code)"
    )
    until(lambda: shop.polls > 3)
    cells.interrupt()
    assert [output["msg_type"] for output in outputs()] == ["error"]
    polls = shop.polls
    assert cells.run("print(6 * 7)") == "42"
    time.sleep(0.5)
    assert shop.polls <= polls + 1, "the poller goes on"


def test_a_kernel_that_is_killed_in_a_wait_loses_nothing(kernel, shop):
    cells = kernel()
    ref = cells.run(f"{SETUP}; print(sms.order('tg', 2, key='docs').loc[0, 'activation_id'])")
    cells.begin(WAIT.format(ref))
    until(lambda: shop.polls > 3)
    cells.kill()
    shop.say(ref, "01234")
    again = kernel()
    assert again.run(f"{SETUP}; print(*sms.ledger()[['activation_id', 'state']].iloc[0])") == (
        f"{ref} active"
    )
    assert again.run(WAIT.format(ref)) == "01234"
    assert again.run("print(sms.ledger().loc[0, 'codes'])") == "['01234']"
    assert again.run("print(sms.order('tg', 2, key='docs').loc[0, 'activation_id'])") == ref
    assert len(shop.purchases()) == 1


def test_a_code_that_came_before_the_kill_is_there_after_it(kernel, shop):
    cells = kernel()
    ref = cells.run(f"{SETUP}; print(sms.order('tg', 2).loc[0, 'activation_id'])")
    cells.run(f"watch = sms.watch('{ref}', every=0.05).start()")
    shop.say(ref, "01234")
    until(lambda: shop.polls > 3)
    assert cells.run("print(next(watch).code)") == "01234"
    cells.kill()
    again = kernel()
    assert again.run(f"{SETUP}; print(sms.ledger().loc[0, 'codes'])") == "['01234']"
