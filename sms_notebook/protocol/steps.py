"""What a client does, step by step, without doing it: the steps are plain values.

A generator of steps is written once; each client takes the steps in its own way of waiting and
sends what comes of each back into the generator.
"""

from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Generic, TypeAlias, TypeVar, cast

import msgspec
import pandas as pd

from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors.sms_error import Hint

T = TypeVar("T")


class Activity(msgspec.Struct, frozen=True):
    """What is waited for, as a face may tell a person.

    Attributes
    ----------
    what : str
        Words that go after "Waiting for"; ``{number}`` stands for the number.
    number : str or None
        The phone number, as it is: a face masks it where it must.
    service : str or None
        What the number is for.
    ref : str or None
        Id of the activation or rent.
    stop : str
        What an interrupt does; words that go after "an interrupt".
    hints : tuple of Hint
        The next steps after an interrupt.
    left : callable or None
        Returns the seconds that are left; None where nobody knows how long it takes.
    whole : float or None
        The seconds that it takes in all; those left at the beginning if None.
    """

    what: str
    number: str | None = None
    service: str | None = None
    ref: str | None = None
    stop: str = "stops it"
    hints: tuple[Hint, ...] = ()
    left: Callable[[], float | None] | None = None
    whole: float | None = None


class ProviderRequest(msgspec.Struct, frozen=True):
    """An action and its parameters, in the provider's own spelling.

    Attributes
    ----------
    action : str
        The provider's name of the action.
    params : mapping
        The wire parameters, without the key.
    on_fresh_connection : bool
        For purchases: nothing that an earlier reply left behind on a connection can be taken for
        their answer.
    of : str
        The API's name of the action.
    method : str
        The HTTP method that it takes; the client's where empty.
    path : str
        Where it goes in place of the protocol's address: to a path of the same host, with the key
        in a header.
    """

    action: str
    params: Mapping[str, str]
    on_fresh_connection: bool = False
    of: str = ""
    method: str = ""
    path: str = ""


class Send(msgspec.Struct, frozen=True):
    """Send this request, once; a `Reply` comes of it."""

    request: ProviderRequest


class Pause(msgspec.Struct, frozen=True):
    """Wait so many seconds, for what a person may be told."""

    seconds: float
    activity: Activity | None = None


class Wait(msgspec.Struct, Generic[T], frozen=True):
    """Run this on the loop thread, and wait for what comes of it."""

    begin: Callable[[], Coroutine[object, object, T]]
    activity: Activity | Callable[[], Activity] | None = None


class Offload(msgspec.Struct, frozen=True):
    """What follows waits for a database: an event loop takes those steps in a thread.

    Attributes
    ----------
    begins : bool
        False where it ends: what follows waits for nothing.
    """

    begins: bool = True


Step: TypeAlias = Send | Pause | Wait[object] | Offload
Steps: TypeAlias = Generator[Step, object, T]
"""Steps whose end is a ``T``."""

Ask: TypeAlias = Callable[[Call], Steps[pd.DataFrame]]
"""How a call that only reads is performed."""


def wait(
    begin: Callable[[], Coroutine[object, object, T]], activity: Activity | None = None
) -> Steps[T]:
    """Run something on the loop thread, and wait for what comes of it."""
    return cast("T", (yield Wait(begin, activity)))
