"""The commands of ``python -m sms_notebook``, without a process for each of them."""

import io
import queue
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest

from sms_notebook.__main__ import main

Handlers = dict[int, Callable[[int, Any], None]]


class Terminal(io.StringIO):
    """What a command prints, also line by line as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def write(self, text: str) -> int:
        if line := text.strip():
            self.lines.put(line)
        return super().write(text)


@dataclass
class Running:
    """A command that serves until it gets a signal."""

    url: str
    terminal: Terminal
    _handlers: Handlers = field(repr=False)

    def end(self) -> None:
        self._handlers[signal.SIGTERM](signal.SIGTERM, None)


@contextmanager
def running(command: str, *arguments: str) -> Iterator[Running]:
    """Run a command in a thread; it must end with 0, and print nothing but its URL."""
    handlers: Handlers = {}
    terminal = Terminal()
    with (
        mock.patch("signal.signal", handlers.__setitem__),
        redirect_stdout(terminal),
        redirect_stderr(terminal),
        ThreadPoolExecutor(1) as pool,
    ):
        ended = pool.submit(main, [command, "--port", "0", *arguments])
        ended.add_done_callback(lambda _: terminal.lines.put("ended"))
        server = Running(terminal.lines.get(timeout=240), terminal, handlers)
        try:
            yield server
        finally:
            if not ended.done():
                server.end()
            assert ended.result(timeout=240) == 0
    assert terminal.getvalue() == f"{server.url}\n"


def refused(*arguments: str) -> str:
    """Run a command that must end with 2; return the one line it prints."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch("signal.signal"),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main(arguments)
    assert (end.value.code, out.getvalue()) == (2, "")
    line = err.getvalue()
    assert line.startswith(f"sms_notebook {arguments[0]}: ")
    assert line.endswith("\n")
    assert line.count("\n") == 1
    return line
