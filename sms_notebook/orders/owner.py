"""Who began a purchase, and whether that process still runs."""

import os
import socket
from functools import cache

_SEPARATOR = "|"
_CLOCKS = 3600.0  # seconds by which a clock may be set


def this_process() -> str:
    """Name this process: machine, number, and when it started."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    import psutil  # noqa: PLC0415 - only those who buy need it

    started = psutil.Process(pid).create_time()
    return _SEPARATOR.join((socket.gethostname(), str(pid), f"{started:.2f}"))


def may_be_alive(owner: str) -> bool:
    """Tell whether a process may still run; of another machine nobody knows."""
    host, pid, started = owner.split(_SEPARATOR)
    if host != socket.gethostname():
        return True
    import psutil  # noqa: PLC0415 - only those who settle need it

    try:
        # The start is reckoned from when the machine was started, and that moves with its clock.
        return bool(abs(psutil.Process(int(pid)).create_time() - float(started)) < _CLOCKS)
    except psutil.NoSuchProcess:
        return False
