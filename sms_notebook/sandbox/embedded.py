"""The one sandbox of this process: the provider of clients that have no key."""

import threading
from functools import cache

from sms_notebook.sandbox.desk import Desk
from sms_notebook.sandbox.provider import Sandbox

_first_use = threading.Lock()


def embedded() -> Desk:
    """Return the desk that all clients without a key share; it is made on first use."""
    with _first_use:
        return _desk()


@cache
def _desk() -> Desk:
    return Desk(Sandbox())
