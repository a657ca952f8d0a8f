"""Virtual phone numbers as DataFrames.

The SMS-Activate API protocol for Jupyter and IPython: every action returns a DataFrame. Without an
account everything runs on the embedded sandbox.

>>> from sms_notebook import Client
>>> sms = Client()
>>> sms
<Client sandbox: no real money>
"""

from typing import TYPE_CHECKING

from sms_notebook.client import AsyncClient, Client, SentRequest
from sms_notebook.protocol import errors as _errors
from sms_notebook.protocol.errors import *  # noqa: F403 - the one list of names is there
from sms_notebook.typesetting import protect_frames as _protect_frames
from sms_notebook.watching.progress import NARRATOR as _NARRATOR

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

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


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Put ``%sms`` into IPython: ``%load_ext sms_notebook``.

    Parameters
    ----------
    shell : InteractiveShell
        The one that asks for it.
    """
    from sms_notebook.magics.magic import SmsMagics  # noqa: PLC0415 - only where IPython is

    _protect_frames(shell)
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


_PANELS = ("Dashboard", "OrderPanel", "RentPanel", "WatchPanel")


def _panel(name: str | None, sms: Client) -> object:
    """Make the panel of ``%sms panel NAME``."""
    from sms_notebook import panels  # noqa: PLC0415 - loads ipywidgets

    kind = panels.Dashboard if name is None else getattr(panels, f"{name.capitalize()}Panel")
    return kind(sms)


def _face() -> "type[Display] | None":
    """Return what draws waiting here, whether or not %sms is loaded; None for the log."""
    from sms_notebook.magics.progress import face  # noqa: PLC0415 - when something is waited for

    return face()


def __getattr__(name: str) -> object:
    if name in _PANELS:
        from sms_notebook import panels  # noqa: PLC0415 - loads ipywidgets

        return getattr(panels, name)
    if name == "allow_nested_loops":
        from sms_notebook.watching.loop import allow_nested_loops  # noqa: PLC0415 - loads asyncio

        allow_nested_loops.__module__ = __name__
        return allow_nested_loops
    if name == "charts":
        import importlib  # noqa: PLC0415 - likewise

        return importlib.import_module("sms_notebook.charts")  # loads altair
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "charts"]


for _name in set(__all__) - {*_PANELS, "allow_nested_loops"}:
    globals()[_name].__module__ = __name__  # tracebacks and help() show the public name
_NARRATOR.face = _face
_protect_frames()  # a notebook may show frames that another client made
del _name, TYPE_CHECKING
