"""Masking what a client shows, so that others may look on."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.steps import Steps

T = TypeVar("T")


class Masking:
    """What a client does so that others may look on, whichever way it waits."""

    def __init__(self) -> None:
        self._mask = threading.Event()  # a copy of the client shares it

    @property
    def _is_masked(self) -> bool:
        return self._mask.is_set()

    def mask(self, on: bool = True) -> None:
        """Show phone numbers as ``7999•••1234`` from now on, and no codes and messages.

        Any word of a message may be its code, so messages are hidden whole. All frames, events and
        panels of this client hold masked values then: whatever is printed, exported or saved with a
        notebook is masked too. Ids stay true, so everything can be gone on with. The ledger keeps
        what is true.

        Parameters
        ----------
        on : bool
            False shows them again.

        Examples
        --------
        >>> sms.mask()
        >>> number = sms.order("tg", "Kazakhstan")
        >>> "•••" in number.loc[0, "phone_number"]
        True
        >>> sms.mask(False)
        """
        (self._mask.set if on else self._mask.clear)()

    @property
    def is_masked(self) -> bool:
        """Whether numbers and codes are masked."""
        return self._is_masked

    def shown(self, text: str) -> str:
        """Return a text as it may be shown: without numbers and codes while masked.

        Parameters
        ----------
        text : str
            Any text that may hold some.

        Examples
        --------
        >>> sms.shown("Your code is 12345")
        'Your code is 12345'
        """
        if not self._is_masked:
            return text
        from sms_notebook.protocol.masking import masked_text  # noqa: PLC0415 - when first used

        return masked_text(text)

    def _masking(self, steps: Steps[T]) -> Steps[T]:
        """Mask what comes of steps."""
        return _masked(steps)

    def _mask_of(self) -> "Callable[[], bool]":
        """Return how to ask whether it is on."""
        return lambda: self._is_masked


def _masked(steps: Steps[Any]) -> Steps[Any]:
    from sms_notebook.protocol.masking import (  # noqa: PLC0415 - when first used
        mask_error,
        masked,
        masked_raw,
    )

    try:
        result = yield from steps
    except SmsError as error:
        mask_error(error)
        raise
    if isinstance(result, pd.DataFrame):
        return masked(result)
    return masked_raw(result) if isinstance(result, str | dict | list) else result
