"""``%sms``: the whole API from one line of a notebook or of IPython in a terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "unload"]


def load(shell: "InteractiveShell") -> None:
    """Put ``%sms`` into a shell; a second time it begins anew."""
    from sms_notebook.magics.line import SmsMagics  # noqa: PLC0415 - only where IPython is

    unload(shell)
    SmsMagics.put_into(shell)


def unload(shell: "InteractiveShell") -> None:
    """Take ``%sms`` out of a shell, with all that it left there."""
    from sms_notebook.magics.line import SmsMagics  # noqa: PLC0415 - likewise

    SmsMagics.take_out_of(shell)
