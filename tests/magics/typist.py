"""A person at a keyboard, and what is seen on the screen."""

import re
from typing import Any

import pytest
from IPython.core import completer
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from sms_notebook.magics.magic import SmsMagics
from sms_notebook.magics.session import MagicSession
from sms_notebook.sandbox import Sandbox

KEY = "4c1d9e70aa52b8f36d0e77f1c2b3a495"
"""Of the live provider."""
RED = re.compile(r"\x1b\[31m(.*)\x1b\[0m\n")

TELLS_MEANINGS = hasattr(completer, "context_matcher")
"""Whether Tab shows more than words; IPython before 8.6 does not, which Colab has."""
with_meanings = pytest.mark.skipif(
    not TELLS_MEANINGS, reason="shows words alone: see test_completion_of_words.py"
)


class Typist:
    """Runs cells in a shell, as a person does.

    Attributes
    ----------
    shell : InteractiveShell
        The shell.
    names : dict
        The person's variables.
    """

    def __init__(self, shell: InteractiveShell, capture: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self.names: dict[str, Any] = shell.user_ns
        self._capture = capture

    def run(self, cell: str) -> Any:
        """Run a cell that succeeds; return the value of its last line."""
        done = self.shell.run_cell(cell, store_history=True)
        done.raise_error()
        return done.result

    def says(self, cell: str) -> str:
        """Run a cell that succeeds; return what it prints."""
        self._capture.readouterr()
        self.run(cell)
        return self._capture.readouterr().out

    def fails(self, cell: str) -> str:
        """Run a cell that fails; return the one red line that it shows."""
        self._capture.readouterr()
        done = self.shell.run_cell(cell, store_history=True)
        assert done.error_in_exec is not None, f"{cell} did not fail: {done.result!r}"
        out = self._capture.readouterr().out
        shown = RED.fullmatch(out)
        assert shown, f"not one red line: {out!r}"
        return shown[1]

    def tab(self, text: str, cursor: int | None = None) -> dict[str, str]:
        """Press Tab; return what is offered, with what it means."""
        place = len(text) if cursor is None else cursor
        with provisionalcompleter(), self.shell.builtin_trap:
            found = list(self.shell.Completer.completions(text, place))
        return {one.text: one.type for one in found}

    @property
    def magics(self) -> SmsMagics:
        magics = self.shell.magics_manager.registry["SmsMagics"]
        assert isinstance(magics, SmsMagics)
        return magics

    @property
    def session(self) -> MagicSession:
        return self.magics.session

    @property
    def sandbox(self) -> Sandbox:
        return self.session.client.sandbox


class Person:
    """Answers questions; fails where nobody asked, or asked more than that."""

    def __init__(self) -> None:
        self.answers: list[str | BaseException] = []
        self.asked: list[str] = []

    def __call__(self, question: str = "") -> str:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer
