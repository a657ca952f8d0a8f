"""Who makes an order: a process, and in this one the call that awaits its answer.

An order is known as under way before anybody else can see it in the ledger, and until its outcome
is there: however long its turn takes, nobody of this process takes it for one that was left alone.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import isnan, nan
from pathlib import Path

from sms_notebook.ledger.schema import OrderRecord

_SEPARATOR = "|"  # of the parts of a process's name
_CLOCK_CHANGE = 3600.0  # seconds by which a clock may be set
_START = 19  # which of the fields after a process' name is its start

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
    try:
        started = _started_here()
    except (OSError, ValueError, IndexError):  # no Linux
        try:
            import psutil  # noqa: PLC0415 - only those who buy need it
        except ImportError:  # in a browser, where there are no processes
            started = nan
        else:
            started = psutil.Process(pid).create_time()
    return _SEPARATOR.join((socket.gethostname(), str(pid), f"{started:.2f}"))


def _started_here() -> float:
    """Read when this process started, as psutil does; that one takes longer to load."""
    ticks = int(_read("self/stat").rpartition(")")[2].split()[_START])
    boot = int(_read("stat").partition("\nbtime ")[2].split()[0])
    return boot + ticks / os.sysconf("SC_CLK_TCK")


def _read(file: str) -> str:
    return (Path("/proc") / file).read_text("utf-8", "replace")


def this_process() -> str:
    """Name this process: machine, number, and when it started."""
    return _named(os.getpid())


def may_be_alive(owner: str) -> bool:
    """Tell whether a process may still run; of another machine, or without psutil, nobody knows."""
    host, pid, started = owner.split(_SEPARATOR)
    if host != socket.gethostname() or isnan(float(started)):
        return True
    try:
        import psutil  # noqa: PLC0415 - only those who settle need it
    except ImportError:
        return True
    try:
        # The start is reckoned from when the machine was started, and that moves with its clock.
        return bool(abs(psutil.Process(int(pid)).create_time() - float(started)) < _CLOCK_CHANGE)
    except psutil.NoSuchProcess:
        return False
