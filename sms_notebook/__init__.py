"""Virtual phone numbers as DataFrames.

The SMS-Activate API protocol for Jupyter and IPython: every action returns a DataFrame. Without an
account everything runs on the embedded sandbox.

>>> from sms_notebook import Client
>>> sms = Client()
>>> sms
<Client sandbox: no real money>
"""

from importlib import import_module as _import_module
from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING

from sms_notebook.protocol import errors as _errors
from sms_notebook.protocol.errors import *  # noqa: F403 - the one list of names is there

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sms_notebook.client import AsyncClient, Client, SentRequest
    from sms_notebook.panels import Dashboard, OrderPanel, RentPanel, WatchPanel
    from sms_notebook.watching.display import Display
    from sms_notebook.watching.loop import allow_nested_loops

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Client",
    "Dashboard",
    "OrderPanel",
    "RentPanel",
    "SentRequest",
    "WatchPanel",
    "allow_nested_loops",
    "load_ipython_extension",
    "unload_ipython_extension",
]
__all__ += _errors.__all__


_PANELS = "sms_notebook.panels"
_PLACES = {
    "AsyncClient": "sms_notebook.client",
    "Client": "sms_notebook.client",
    "Dashboard": _PANELS,
    "OrderPanel": _PANELS,
    "RentPanel": _PANELS,
    "SentRequest": "sms_notebook.client",
    "WatchPanel": _PANELS,
    "allow_nested_loops": "sms_notebook.watching.loop",
}
"""Where what loads pandas or ipywidgets is: it loads when it is first asked for."""


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Put ``%sms`` into IPython: ``%load_ext sms_notebook``.

    Parameters
    ----------
    shell : InteractiveShell
        The one that asks for it.
    """
    from sms_notebook.magics.magic import SmsMagics  # noqa: PLC0415 - only where IPython is
    from sms_notebook.typesetting import protect_frames  # noqa: PLC0415 - loads pandas

    _look_after_notebooks()
    protect_frames(shell)
    SmsMagics.put_into(shell, _panel)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take ``%sms`` out again: ``%unload_ext sms_notebook``.

    Parameters
    ----------
    shell : InteractiveShell
        The one that asks for it.
    """
    from sms_notebook.magics.magic import SmsMagics  # noqa: PLC0415 - likewise

    SmsMagics.take_out_of(shell)


def _panel(name: str | None, sms: "Client") -> object:
    """Make the panel of ``%sms panel NAME``."""
    from sms_notebook import panels  # noqa: PLC0415 - loads ipywidgets

    kind = panels.Dashboard if name is None else getattr(panels, f"{name.capitalize()}Panel")
    return kind(sms)


def _face() -> "type[Display] | None":
    """Return what draws waiting here, whether or not %sms is loaded; None for the log."""
    from sms_notebook.magics.progress_bars import face  # noqa: PLC0415 - when something is waited for

    return face()


def _look_after_notebooks() -> None:
    """Let waiting be seen, and frames be shown as they are, also those of another client."""
    from sms_notebook.typesetting import protect_frames  # noqa: PLC0415 - loads pandas
    from sms_notebook.watching.progress import NARRATOR  # noqa: PLC0415 - likewise

    NARRATOR.face = _face
    protect_frames()


def __getattr__(name: str) -> object:
    if name == "charts":
        return _import_module("sms_notebook.charts")  # loads altair
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _look_after_notebooks()
    value: object = getattr(_import_module(_PLACES[name]), name)
    if _PLACES[name] != _PANELS:
        value.__module__ = __name__  # tracebacks and help() show the public name
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "charts"] if _find_spec("altair") else list(__all__)


for _name in _errors.__all__:
    globals()[_name].__module__ = __name__  # likewise
del _name, TYPE_CHECKING
