"""Virtual phone numbers as DataFrames.

The SMS-Activate API protocol for Jupyter and IPython: every action returns a DataFrame. Without an
account everything runs on the embedded sandbox.

>>> from sms_notebook import Client
>>> sms = Client()
>>> sms
<Client sandbox: no real money>
"""

from typing import TYPE_CHECKING

from sms_notebook.client import AsyncClient, Client
from sms_notebook.client.nesting import allow_nested_loops
from sms_notebook.protocol.errors import (
    AccountBlocked,
    ActivationNotFound,
    ActivationOver,
    ApiError,
    BadAction,
    BadCountry,
    BadKey,
    BadRentTime,
    BadService,
    BadStatus,
    BadValue,
    Banned,
    BudgetExceeded,
    CannotCancelRent,
    CodeAlreadyReceived,
    CodeTimeout,
    ConnectionFailed,
    EarlyCancelDenied,
    LedgerProblem,
    MalformedReply,
    MaxHoursExceeded,
    NoBalance,
    NoNumbers,
    Order,
    OrderAlreadyExists,
    PurchaseUncertain,
    RateLimited,
    ReactivationUnavailable,
    RentError,
    RentNotFound,
    RentOver,
    ServerError,
    SmsError,
    UsageProblem,
    VoiceError,
    WrongMaxPrice,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sms_notebook.panels import Dashboard, OrderPanel, RentPanel, WatchPanel

__version__ = "0.1.0"

__all__ = [
    "AccountBlocked",
    "ActivationNotFound",
    "ActivationOver",
    "ApiError",
    "AsyncClient",
    "BadAction",
    "BadCountry",
    "BadKey",
    "BadRentTime",
    "BadService",
    "BadStatus",
    "BadValue",
    "Banned",
    "BudgetExceeded",
    "CannotCancelRent",
    "Client",
    "CodeAlreadyReceived",
    "CodeTimeout",
    "ConnectionFailed",
    "Dashboard",
    "EarlyCancelDenied",
    "LedgerProblem",
    "MalformedReply",
    "MaxHoursExceeded",
    "NoBalance",
    "NoNumbers",
    "Order",
    "OrderAlreadyExists",
    "OrderPanel",
    "PurchaseUncertain",
    "RateLimited",
    "ReactivationUnavailable",
    "RentError",
    "RentNotFound",
    "RentOver",
    "RentPanel",
    "ServerError",
    "SmsError",
    "UsageProblem",
    "VoiceError",
    "WatchPanel",
    "WrongMaxPrice",
    "allow_nested_loops",
    "load_ipython_extension",
    "unload_ipython_extension",
]


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Put ``%sms`` into IPython: ``%load_ext sms_notebook``.

    Parameters
    ----------
    shell : InteractiveShell
        The one that asks for it.
    """
    from sms_notebook.magics import load  # noqa: PLC0415 - only where IPython is

    load(shell, _panel)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take ``%sms`` out again: ``%unload_ext sms_notebook``.

    Parameters
    ----------
    shell : InteractiveShell
        The one that asks for it.
    """
    from sms_notebook.magics import unload  # noqa: PLC0415 - likewise

    unload(shell)


_PANELS = ("Dashboard", "OrderPanel", "RentPanel", "WatchPanel")


def _panel(name: str | None, sms: Client) -> object:
    """Make the panel of ``%sms panel NAME``."""
    from sms_notebook import panels  # noqa: PLC0415 - loads ipywidgets

    made = panels.Dashboard if name is None else getattr(panels, f"{name.capitalize()}Panel")
    return made(sms)


def __getattr__(name: str) -> object:
    if name in _PANELS:
        from sms_notebook import panels  # noqa: PLC0415 - loads ipywidgets

        return getattr(panels, name)
    if name == "charts":
        import importlib  # noqa: PLC0415 - likewise

        return importlib.import_module("sms_notebook.charts")  # loads altair
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "charts"]


for _name in set(__all__) - set(_PANELS):
    globals()[_name].__module__ = __name__  # tracebacks and help() show the public name
del _name, TYPE_CHECKING
