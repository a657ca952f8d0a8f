"""What a reply said and the ledger could not take: kept beside it until it can.

One line of JSON an order, appended and synced, and the same in memory. It only ever confirms its
own order: one with the same order id, at the same provider and account, that no other reply has
settled. Applying a line twice changes nothing, so two kernels, a fork or a crash in the middle may
do so. A line that is cut short is none; what stands after it is read all the same.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from weakref import WeakKeyDictionary

import msgspec

from sms_notebook.ledger.database import Database
from sms_notebook.ledger.ledger import AccountLedger, Ledger
from sms_notebook.ledger.outcomes import save_purchase
from sms_notebook.ledger.purchases import Purchase, Subject
from sms_notebook.ledger.schema import NUMBERS, OPEN, ORDERS, Certainty, OrderState
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.providers.settings import home

if sys.platform != "win32":
    import fcntl

_ENDING = ".kept.jsonl"
_PATIENCE = 5.0  # seconds for another kernel that reads or removes lines


class KeptReply(msgspec.Struct, frozen=True):
    """What the reply to an order said.

    Attributes
    ----------
    order_id, provider, account : str
        Whose it is.
    action : str
        How it was ordered.
    buys : PurchaseKind
        What was ordered.
    key : str or None
        The person's own name for it.
    about : tuple
        Service, country, target and hours.
    bought_at : datetime
        When, by the clock of the ledger.
    purchases : list of Purchase
        What was bought; empty where it was refused.
    refusal : str or None
        Why nothing was bought.
    """

    order_id: str
    provider: str
    account: str
    action: str
    buys: PurchaseKind
    key: str | None
    about: Subject
    bought_at: datetime
    purchases: list[Purchase]
    refusal: str | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells its order from others."""
        return self.provider, self.account, self.order_id


def read_reply(line: bytes) -> KeptReply | None:
    """Read a line; None where it is none."""
    try:
        return msgspec.json.decode(line, type=KeptReply)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


_Kept = dict[tuple[str, str, str], KeptReply]

# As long as this process lives, nothing that was read is lost, wherever it could be written.
_memory: "WeakKeyDictionary[Ledger, _Kept]" = WeakKeyDictionary()


def keep_reply(account_ledger: AccountLedger, reply: KeptReply) -> list[Path]:
    """Keep what a reply said; return the files that it is in: none where it is in memory alone."""
    _memory.setdefault(account_ledger.ledger, {})[reply.identity] = reply
    line = account_ledger.hide(msgspec.json.encode(reply).decode()).encode()
    kept = []
    for path in _places(account_ledger.database):
        with suppress(OSError):
            _append(path, line)
            kept.append(path)
    return kept


def kept_reply(
    account_ledger: AccountLedger, buys: PurchaseKind, *, key: str | None = None, order_id: str = ""
) -> KeptReply | None:
    """Return what is kept of an order that bought something, by its id or its key."""
    for reply in _replies(account_ledger):
        is_it = reply.order_id == order_id if order_id else key is not None and reply.key == key
        if is_it and reply.buys is buys and reply.purchases:
            return reply
    return None


def write_kept(account_ledger: AccountLedger) -> None:
    """Write to the ledger what is kept of its orders, and forget it then.

    Raises
    ------
    LedgerProblem
        If it still cannot be written: it stays kept.
    """
    memory = _memory.get(account_ledger.ledger, {})
    for reply in list(memory.values()):
        if _confirm(account_ledger, reply):
            memory.pop(reply.identity, None)
    for path in _places(account_ledger.database):
        if _is_there(path):
            with suppress(OSError), _locked(path, os.O_RDONLY) as file:
                _write_lines(account_ledger, path, file)


def _replies(account_ledger: AccountLedger) -> Iterator[KeptReply]:
    """Return what is kept for an account, in memory and in files."""
    replies = list(_memory.get(account_ledger.ledger, {}).values())
    for path in _places(account_ledger.database):
        with suppress(OSError):
            replies += filter(None, map(read_reply, path.read_bytes().split(b"\n")))
    yield from (reply for reply in replies if _is_own(account_ledger, reply))


def _is_own(account_ledger: AccountLedger, reply: KeptReply) -> bool:
    return reply.identity[:2] == (account_ledger.provider.name, account_ledger.account)


def _confirm(account_ledger: AccountLedger, reply: KeptReply) -> bool:
    """Write what a reply said of its own order; False where that order is not in this ledger."""
    if not _is_own(account_ledger, reply):
        return False
    orders = account_ledger.orders(ORDERS.c.order_id == reply.order_id, ORDERS.c.buys == reply.buys)
    if not orders:
        return False
    order = orders[-1]
    if not reply.purchases:
        if order.state in OPEN:
            account_ledger.end(order.id, OrderState.REFUSED, reply.refusal)
        return True
    numbers = account_ledger.numbers(NUMBERS.c.order == order.id)
    read = {number.ref for number in numbers if number.certainty is Certainty.READ}
    if not read:
        save_purchase(account_ledger, order.id, reply.purchases, reply.bought_at)
        return True
    return read >= {purchase.ref for purchase in reply.purchases}


# The files ---------------------------------------------------------------------------------------


def _places(database: Database) -> list[Path]:
    """Return where lines are kept: beside the ledger, and where settings are, if it is moved."""
    if database.is_in_memory:
        return []
    beside = [] if database.path is None else [Path(f"{database.path}{_ENDING}")]
    return [*beside, home() / f"ledger{_ENDING}"]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be looked into
        return False


def _append(path: Path, line: bytes) -> None:
    """Append a line of its own, and wait until the disk has it."""
    if path.parent == home():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        with _locked(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, must=False) as file:
            # After a line that was cut short it begins anew.
            if os.write(file, b"\n" + line + b"\n") <= len(line) + 1:
                raise OSError(errno.ENOSPC, "no space left")
            os.fsync(file)
            if _is_at(file, path):  # else another kernel has just taken the file away
                return


@contextmanager
def _locked(path: Path, flags: int, *, must: bool = True) -> Iterator[int]:
    """Open a file that nobody else reads or takes away meanwhile.

    Raises
    ------
    OSError
        If it cannot be had; a file that is only appended to needs no lock, if none is to be had.
    """
    until = monotonic() + _PATIENCE
    while True:
        file = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            is_locked = _lock(file, until)
            if not is_locked and must:
                raise OSError(errno.EWOULDBLOCK, "another program has it")
            if not is_locked or _is_at(file, path):
                yield file
                return
        finally:
            if sys.platform != "win32":
                with suppress(OSError):
                    fcntl.flock(file, fcntl.LOCK_UN)  # also for a child that was forked meanwhile
            os.close(file)


def _lock(file: int, until: float) -> bool:
    while sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            if failure.errno not in (errno.EAGAIN, errno.EACCES) or monotonic() > until:
                return False
            sleep(0.02)
        else:
            return True
    return True


def _is_at(file: int, path: Path) -> bool:
    """Tell whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def _write_lines(account_ledger: AccountLedger, path: Path, file: int) -> None:
    """Write the lines of a file to the ledger, and take away those that are there now."""
    del file  # it is locked
    lines = [line for line in path.read_bytes().split(b"\n") if line]
    read = [(line, read_reply(line)) for line in lines]
    left = [line for line, reply in read if reply is None or not _confirm(account_ledger, reply)]
    if not left:
        path.unlink()
    elif len(left) < len(lines):
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        _append(fresh, b"\n".join(left))
        fresh.replace(path)
