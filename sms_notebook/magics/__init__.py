"""``%sms``: the whole API from one line of a notebook or of IPython in a terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from sms_notebook.client import Client

__all__ = ["load", "unload"]


def load(shell: "InteractiveShell", panel: "Callable[[str | None, Client], object]") -> None:
    """Put ``%sms`` into a shell; a second time it begins anew.

    Parameters
    ----------
    shell : InteractiveShell
        The shell.
    panel : callable
        Makes a panel: ``order``, ``watch``, ``rent``, or None for all of them.
    """
    from sms_notebook.magics.line import SmsMagics  # noqa: PLC0415 - only where IPython is

    unload(shell)
    SmsMagics.put_into(shell, panel)


def unload(shell: "InteractiveShell") -> None:
    """Take ``%sms`` out of a shell, with all that it left there."""
    from sms_notebook.magics.line import SmsMagics  # noqa: PLC0415 - likewise

    SmsMagics.take_out_of(shell)
