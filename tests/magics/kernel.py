"""A kernel as JupyterLab starts it, and a person who answers its questions."""

import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_client import KernelManager

SECONDS = 60.0


@dataclass
class Ran:
    """What came of a cell."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """All that is shown."""
        parts = [
            one.get("text") or one.get("data", {}).get("text/plain", "") for one in self.outputs
        ]
        return "\n".join(parts)


class Kernel:
    """Runs cells, one after the other."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager = manager
        self.client = client

    def run(
        self, cell: str, *answers: str, when_shown: Callable[[Ran], bool] = lambda _: False
    ) -> Ran:
        """Run a cell; it is interrupted once something is shown."""
        # Else a cell that fails has those aborted that come in the moment after it.
        options = {"stop_on_error": False, "store_history": True}
        message = self.client.execute(cell, allow_stdin=bool(answers), **options)
        ran, left, interrupted = Ran(), list(answers), False
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if left and self.client.stdin_channel.msg_ready():
                ran.asked.append(self.client.get_stdin_msg(timeout=1)["content"])
                self.client.input(left.pop(0))
            try:
                got = self.client.get_iopub_msg(timeout=0.05)
            except queue.Empty:
                continue
            if got["parent_header"].get("msg_id") != message:
                continue
            kind, content = got["msg_type"], got["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return ran
            if kind == "error":
                ran.error = content
            elif kind in ("stream", "display_data", "execute_result", "update_display_data"):
                ran.outputs.append({"type": kind, **content})
            if not interrupted and when_shown(ran):
                interrupted = True
                self.manager.interrupt_kernel()
        raise AssertionError(f"the cell did not end: {cell}")

    def tab(self, text: str) -> dict[str, str]:
        """Press Tab as JupyterLab's popup does; return what it shows, with the kind of each."""
        reply = self.client.complete(text, reply=True, timeout=SECONDS)["content"]
        offered = reply["metadata"].get("_jupyter_types_experimental", [])
        assert [one["text"] for one in offered] == reply["matches"]
        return {one["text"]: one["type"] for one in offered}

    def history(self) -> str:
        """Return what the history keeps of this session."""
        reply = self.client.history(raw=False, output=True, hist_access_type="range", reply=True)
        raw = self.client.history(raw=True, output=True, hist_access_type="range", reply=True)
        return repr((reply["content"], raw["content"]))


@contextmanager
def kernel(folder: Any, *options: str, **settings: str) -> Iterator[Kernel]:
    """Start a kernel with options of Python and settings of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
    env |= {
        "IPYTHONDIR": str(folder / "ipython"),
        "SMS_NOTEBOOK_HOME": str(folder / "home"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **settings,
    }
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[1:1] = options
    manager.start_kernel(env=env)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
