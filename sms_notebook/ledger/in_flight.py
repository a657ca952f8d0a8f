"""Who makes an order: a process, and in this one the call that awaits its answer.

An order is known as under way before anybody else can see it in the ledger, and until its outcome
is there: however long its turn takes, nobody of this process takes it for one that was left alone.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sms_notebook.ledger.schema import OrderRecord

_SEPARATOR = "|"  # of the parts of a process's name
_CLOCK_CHANGE = 3600.0  # seconds by which a clock may be set

Name = tuple[str, str, str]
"""Provider, account and order id."""

# Of this process, whichever of its ledgers they are in: one database may have several addresses.
_awaited: set[Name] = set()


class Flight:
    """The orders that one call makes.

    Attributes
    ----------
    names : list of Name
        Which they are.
    """

    def __init__(self) -> None:
        self.names: list[Name] = []

    def take(self, provider: str, account: str, order_id: str) -> None:
        """Begin an order; to be said before it can be seen in the ledger."""
        name = (provider, account, order_id)
        _awaited.add(name)
        self.names.append(name)


@contextmanager
def flight() -> Iterator[Flight]:
    """Let it be known which orders are under way, to the end of a ``with`` block."""
    begun = Flight()
    try:
        yield begun
    finally:
        _awaited.difference_update(begun.names)


def is_awaited(order: OrderRecord) -> bool:
    """Tell whether a call of this process makes an order."""
    return (order.provider, order.account, order.order_id) in _awaited


@cache
def _named(pid: int) -> str:
    started = _started(pid)
    known = "" if started is None else f"{started:.2f}"
    return _SEPARATOR.join((socket.gethostname(), str(pid), known))


def _started(pid: int) -> float | None:
    """Return when a process started; None where nothing tells, as in a browser.

    Raises
    ------
    ProcessLookupError
        If there is no such process.
    """
    try:
        import psutil  # noqa: PLC0415 - only those who buy or settle need it
    except ImportError:
        return None
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None


def this_process() -> str:
    """Name this process: machine, number, and when it started."""
    return _named(os.getpid())


def may_be_alive(owner: str) -> bool:
    """Tell whether a process may still run; of another machine nobody knows."""
    host, pid, known = owner.split(_SEPARATOR)
    if host != socket.gethostname():
        return True
    try:
        started = _started(int(pid))
    except ProcessLookupError:
        return False
    if started is None or not known:
        return True
    # The start is reckoned from when the machine was started, and that moves with its clock.
    return abs(started - float(known)) < _CLOCK_CHANGE
