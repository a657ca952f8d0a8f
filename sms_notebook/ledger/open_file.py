"""The file of an open SQLite ledger: whether it still is the one that was opened."""

import errno
import hashlib
import os
import sqlite3
import threading
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sms_notebook.providers.settings import home

_LOG, _INDEX = "-wal", "-shm"  # beside a ledger in use: what is not in its file yet, and where

_LOOK = """
SELECT (SELECT order_id FROM orders WHERE id = ?) AS known,
    latest.id, latest.order_id, (SELECT seq FROM sqlite_sequence WHERE name = 'messages')
FROM (SELECT 1) LEFT JOIN (SELECT id, order_id FROM orders ORDER BY id DESC LIMIT 1) AS latest
"""


class FileChange(StrEnum):
    """What happened to the file of a ledger while it was in use."""

    AWAY = "its file was moved or deleted while it was in use"
    REPLACED = "its file was replaced while it was in use"
    EMPTIED = "its file was emptied while it was in use"
    NONE = "there is none"
    LOG_AWAY = "its file *-wal or *-shm was moved or deleted while it was in use"
    OLDER = "its file was overwritten while it was in use: it lacks orders or codes that it had"
    INCOMPLETE = (
        "it is a copy that lacks orders which were seen in it on this machine, such as one made "
        "without its *-wal while it was in use"
    )


class Watermark(NamedTuple):
    """What was read of a ledger: both only grow, whoever writes.

    Attributes
    ----------
    order, order_id : int or None, str or None
        The latest order.
    message : int
        The highest id of a message.
    """

    order: int | None = None
    order_id: str | None = None
    message: int = 0


class OpenFile:
    """A ledger's file from when it was opened.

    It is held open: so no other file can have the same identity, and the log beside it stays as
    long as this does.

    Parameters
    ----------
    path : Path
        Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mark = Watermark()
        self._memo: Path | None = None
        self._anchor = sqlite3.connect(path, timeout=0.0, check_same_thread=False)
        with suppress(sqlite3.Error):  # whoever reads says what is wrong
            self._anchor.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._identity = _identity(path)
        beside = (path.with_name(path.name + end) for end in (_LOG, _INDEX))
        self._beside = {
            file: identity for file in beside if (identity := _identity(file)) is not None
        }

    def recall(self, connection: Connection) -> bool:
        """Tell whether a ledger has the latest order that was seen in it on this machine.

        It is known by its first order, whatever its file is called and wherever that is.
        """
        self._memo = _memo_of(connection)
        if self._memo is None:
            return True
        try:
            order, _, order_id = self._memo.read_text("utf-8").partition(" ")
        except OSError:
            return True
        known = connection.exec_driver_sql(
            "SELECT order_id FROM orders WHERE id = ?", (int(order),)
        ).scalar()
        return bool(known == order_id)

    def change(self, *, is_inherited: bool = False) -> FileChange | None:
        """Tell what happened to it; None where it is as it was.

        Parameters
        ----------
        is_inherited : bool
            Whether a parent process opened it: its log may have ended with that.
        """
        now = _identity(self.path)
        if now is None:
            return FileChange.AWAY
        if now != self._identity:
            return FileChange.REPLACED
        if not self.path.stat().st_size:  # what its log has would be read still, and be lost later
            return FileChange.EMPTIED
        if not is_inherited and any(_identity(file) != was for file, was in self._beside.items()):
            return FileChange.LOG_AWAY
        return None

    def look(self, connection: Connection, before: Watermark) -> Watermark | None:
        """Read what a ledger has; None where it lacks what was there before."""
        try:
            row = connection.exec_driver_sql(_LOOK, (before.order,)).one()
        except OperationalError as failure:
            if "no such table" in str(failure.orig):
                return None
            raise
        known, order, order_id, message = row
        if self._memo is None and order is not None:
            self._memo = _memo_of(connection)
        if known != before.order_id or (message or 0) < before.message:
            return None
        return Watermark(order, order_id, message or 0)

    def advance(self, mark: Watermark) -> None:
        """Remember what was read; another thread may have read more."""
        latest = self.mark.order
        self.mark = max(self.mark, mark, key=lambda mark: (mark.order or 0, mark.message))
        if self.mark.order != latest and self._memo is not None:
            _remember(self._memo, self.mark)

    def close(self) -> None:
        """Let it go."""
        self._anchor.close()


def _memo_of(connection: Connection) -> Path | None:
    """Return where this machine notes what it saw of a ledger; None where that has no order yet."""
    first = connection.exec_driver_sql(
        "SELECT order_id, begun_at FROM orders ORDER BY id LIMIT 1"
    ).first()
    if first is None:
        return None
    name = hashlib.blake2s(" ".join(map(str, first)).encode(), digest_size=16).hexdigest()
    return home() / "ledgers" / name


def _remember(memo: Path, mark: Watermark) -> None:
    """Note the latest order of a ledger; where that fails, a copy of it is just not noticed."""
    beside = memo.with_name(f"{memo.name}.{os.getpid()}.{threading.get_ident()}")
    with suppress(OSError):
        memo.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_text(f"{mark.order} {mark.order_id}", "utf-8")
        beside.replace(memo)


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from another of the same name; None where there is none.

    Raises
    ------
    OSError
        If nobody knows.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (status.st_dev, status.st_ino)


def left_behind(path: Path) -> Path | None:
    """Return the log of a ledger whose file is not there: what it holds is nowhere else."""
    log = path.with_name(path.name + _LOG)
    with suppress(OSError):
        if log.stat().st_size and not (path.exists() and path.stat().st_size):
            return log
    return None


def make_private(path: Path) -> None:
    """Make folder and file for this user alone, where they are new."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One that is there is not touched: who closes a file takes this process' locks on it away.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as failure:
        if failure.errno not in (errno.EACCES, errno.EROFS):  # SQLite says those better
            raise
