"""Shells to type into, as IPython's terminal and kernels have them."""

import atexit
import builtins
import gc
import getpass
import sys
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from IPython.core.interactiveshell import InteractiveShell
from magics.typist import KEY, Person, Typist
from traitlets.config import Config

from sms_notebook.sandbox import Sandbox, serve


@pytest.fixture
def history(request, tmp_path) -> str:
    """The file of the shells' history; none, but for tests that look into it."""
    return str(tmp_path / "history.sqlite") if hasattr(request, "param") else ""


@pytest.fixture
def make_shell(monkeypatch, history) -> Iterator[Callable[[], InteractiveShell]]:
    """Make shells without the extension."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # a shell replaces it
    monkeypatch.setattr(sys, "ps1", "", raising=False)
    shells: list[InteractiveShell] = []

    def make() -> InteractiveShell:
        config = Config()
        config.HistoryManager.enabled = bool(history)
        config.HistoryManager.hist_file = history or ":memory:"
        config.HistoryManager.connection_options = {"check_same_thread": False}
        shells.append(InteractiveShell(config=config))
        return shells[-1]

    yield make
    for shell in shells:
        shell.extension_manager.unload_extension("sms_notebook")
        kept = shell.history_manager
        with mock.patch.object(gc, "collect"):  # of a reset: a third of a second for each shell
            shell.atexit_operations()
        atexit.unregister(shell.atexit_operations)
        if history and not hasattr(kept, "close"):  # IPython 8 leaves that to the garbage collector
            kept.save_thread.stop()
            kept.db.close()


@pytest.fixture
def ip(make_shell, capsys) -> Typist:
    """A shell with %sms; its sandbox stands still, and no code comes by itself."""
    typist = Typist(make_shell(), capsys)
    typist.run("%load_ext sms_notebook")
    typist.run("%sms sandbox start --speed 0 --success 0 --balance 1000;")
    return typist


@pytest.fixture
def live(make_shell, capsys, monkeypatch) -> Iterator[Typist]:
    """A shell whose provider takes real money, as far as it knows; ``live.store`` is behind it."""
    store = Sandbox(speed=0, success=0.0, balance="1000", api_key=KEY)
    with serve(store) as url:
        monkeypatch.setenv("SMS_PROVIDER", "365sms")
        monkeypatch.setenv("SMS_BASE_URL", url)
        monkeypatch.setenv("SMS_API_KEY", KEY)
        typist = Typist(make_shell(), capsys)
        typist.run("%load_ext sms_notebook")
        typist.store = store
        yield typist
        typist.shell.extension_manager.unload_extension("sms_notebook")


@pytest.fixture
def person(monkeypatch) -> Person:
    """Whoever sits at the keyboard, for questions and for keys."""
    person = Person()
    monkeypatch.setattr(builtins, "input", person)
    monkeypatch.setattr(getpass, "getpass", person)
    return person
