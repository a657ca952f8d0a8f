"""Asking a person: whether to buy, and for a key."""

import getpass
from collections.abc import Callable

from IPython.core.error import StdinNotImplementedError

from sms_notebook.protocol.errors import UsageProblem

_NOBODY = (EOFError, StdinNotImplementedError, OSError)


class Asking:
    """Asks through whatever the shell has: a terminal, or the input field of a notebook.

    Parameters
    ----------
    confirms : callable
        Whether purchases are asked about at all.
    """

    def __init__(self, confirms: Callable[[], bool]) -> None:
        self.confirms = confirms

    @staticmethod
    def may_buy(what: str) -> None:
        """Ask whether to buy.

        Parameters
        ----------
        what : str
            What, and for how much.

        Raises
        ------
        UsageProblem
            If the answer is no, or nobody can answer. Nothing was bought.
        """
        try:
            answer = input(f"Buy {what}? [y/N] ")
        except _NOBODY:
            raise UsageProblem(
                f"%sms: nobody can be asked here whether to buy {what}. Nothing was bought; --yes "
                "buys without asking."
            ) from None
        except KeyboardInterrupt:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise UsageProblem(f"%sms: not bought, as you said: {what}.")

    @staticmethod
    def for_key(title: str) -> str:
        """Ask for a key; it is not shown, and nothing keeps it.

        Raises
        ------
        UsageProblem
            If nobody can answer.
        """
        try:
            return getpass.getpass(f"API key of {title}: ")
        except _NOBODY:
            raise UsageProblem(
                "%sms login: nobody can be asked for a key here. Set SMS_API_KEY."
            ) from None

    @staticmethod
    def whether(question: str) -> bool:
        """Ask a question; no is the answer of nobody."""
        try:
            return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except _NOBODY:
            return False
