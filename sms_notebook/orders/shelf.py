"""The ledgers that are open in this process: all clients of one place share one."""

import threading

from sqlalchemy import URL

from sms_notebook.orders.database import MEMORY, Database, url_of
from sms_notebook.orders.ledger import Ledger

_opening = threading.Lock()
_open: dict[URL, Ledger] = {}


def ledger_at(url: URL) -> Ledger:
    """Return the ledger of a place."""
    with _opening:
        if url not in _open:
            _open[url] = Ledger(Database(url))
        return _open[url]


def ledger_in_memory() -> Ledger:
    """Return a new ledger that ends with this process."""
    return Ledger(Database(url_of(MEMORY)))
