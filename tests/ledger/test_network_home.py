"""A ledger in a network home: no lock, or no memory that programs share."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sms_notebook import Client, LedgerProblem
from sms_notebook.ledger import sqlite_engine
from sms_notebook.sandbox import serve

from .conftest import KEY, Shop


class WithoutLocks(sqlite3.Connection):
    """As where byte locks are refused (ENOLCK): SQLite says that somebody else has it."""

    def execute(self, sql, *args):
        if not sql.startswith("PRAGMA synchronous"):
            raise failure("database is locked", "SQLITE_BUSY")
        return super().execute(sql, *args)


class WithoutMemory(sqlite3.Connection):
    """As where no memory can be shared: a write-ahead log can be chosen, and nothing more.

    Only who has the ledger for itself can read the log.
    """

    def __init__(self, place, *args, **options):
        super().__init__(place, *args, **options)
        self.place, self.is_alone = str(place), False

    def _check(self, sql):
        if sql.startswith("PRAGMA locking_mode=EXCLUSIVE"):
            self.is_alone = True
        path = Path(self.place)
        has_log = path.exists() and path.read_bytes()[18:19] == b"\2"
        if has_log and not self.is_alone:
            raise failure("disk I/O error", "SQLITE_IOERR_SHMMAP")

    def execute(self, sql, *args):
        self._check(sql)
        return super().execute(sql, *args)

    def cursor(self, *args):
        self._check("")
        return super().cursor(*args)


def failure(text: str, name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    return error


@pytest.fixture
def home(monkeypatch, tmp_path):
    connect = sqlite3.connect

    def at_home(kind):
        def connected(*args, **options):
            return connect(*args, **{**options, "factory": kind})

        monkeypatch.setattr(sqlite3, "connect", connected)
        monkeypatch.setattr(sqlite3.dbapi2, "connect", connected)
        return tmp_path / "ledger.sqlite"

    return at_home


def test_where_locks_are_refused_another_place_is_named(home):
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=home(WithoutLocks)) as sms:
        with pytest.raises(
            LedgerProblem, match=r"network folder.*local disk in SMS_LEDGER"
        ) as said:
            sms.order("tg", 2)
        assert "another program" not in str(said.value)
    assert not shop.purchases()


def test_where_no_memory_is_shared_a_new_ledger_has_a_rollback_journal(home, tmp_path):
    shop, place = Shop(), home(WithoutMemory)
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        number = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
        assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == number
    with closing(sqlite3.connect(place)) as ledger:
        assert ledger.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.sqlite"}


def journal_of(place: Path) -> str:
    with closing(sqlite3.connect(place)) as ledger:
        return ledger.execute("PRAGMA journal_mode").fetchone()[0]


def closed(sms: Client) -> None:
    sms._session.ledgers.account_ledger.database.close()


def test_a_ledger_that_was_made_elsewhere_leaves_its_log_behind(home, tmp_path):
    shop, place = Shop(), tmp_path / "ledger.sqlite"
    with serve(shop) as url:
        with Client(KEY, base_url=url, ledger=place) as sms:
            sms.order("tg", 2, key="mine")
            closed(sms)
        assert journal_of(place) == "wal"
        home(WithoutMemory)
        with Client(KEY, base_url=url, ledger=place) as sms:
            assert not sms.order("tg", 2, key="mine").loc[0, "is_new"]
            sms.order("tg", 2)
            closed(sms)
    assert journal_of(place) == "delete"
    assert len(shop.purchases()) == 2


def test_while_another_has_it_open_it_says_what_is_missing(home, tmp_path):
    shop, place = Shop(), tmp_path / "ledger.sqlite"
    with serve(shop) as url:
        with Client(KEY, base_url=url, ledger=place) as sms:
            sms.order("tg", 2)
            closed(sms)
        with closing(sqlite3.connect(place)) as other:
            other.execute("SELECT * FROM orders").fetchall()
            home(WithoutMemory)
            says = pytest.raises(LedgerProblem, match=r"network folder.*SMS_LEDGER")
            with Client(KEY, base_url=url, ledger=place) as sms, says:
                sms.order("tg", 2)
    assert len(shop.purchases()) == 1


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Return a folder that stands for /proc, in which a test says what this machine has."""
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    monkeypatch.setattr(sqlite_engine, "_PROC", proc)
    return proc


def mounted(proc: Path, folder: Path, kind: str) -> None:
    place = str(folder.resolve()).replace(" ", "\\040")
    mounts = (
        "22 1 0:1 / / rw - ext4 /dev/vda rw",
        f"23 22 0:2 / {place} rw shared:1 - {kind} nas:/x rw",
    )
    (proc / "self" / "mountinfo").write_text("\n".join(mounts))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("nfs4", "delete"), ("cifs", "delete"), ("fuse.sshfs", "delete"), ("xfs", "wal")],
)
def test_where_other_machines_may_write_there_is_no_memory_to_share(machine, tmp_path, kind, mode):
    folder = tmp_path / "Zoë's home"
    folder.mkdir()
    mounted(machine, folder, kind)
    with serve(Shop()) as url, Client(KEY, base_url=url, ledger=folder / "l.sqlite") as sms:
        sms.order("tg", 2)
        closed(sms)
    assert journal_of(folder / "l.sqlite") == mode


class Locked(sqlite3.Connection):
    """As where a lock was left behind on the ledger, and on nothing else."""

    def execute(self, *_args):
        raise failure("database is locked", "SQLITE_BUSY")

    def cursor(self, *_args):
        raise failure("database is locked", "SQLITE_BUSY")


@pytest.mark.parametrize(
    ("locks", "says"),
    [
        ("", "no program of this machine has done that. If no other machine uses it, name a place"),
        ("1: POSIX  ADVISORY  WRITE 1 00:1:{inode} 0 EOF\n", "Close that program"),
        ("1: -> POSIX  ADVISORY  WRITE 1 00:1:{inode} 0 EOF\n", "Close that program"),
    ],
    ids=["nobody", "another", "waiting"],
)
def test_a_program_is_to_be_closed_only_where_there_is_one(
    machine, monkeypatch, tmp_path, locks, says
):
    place, connect = tmp_path / "ledger.sqlite", sqlite3.connect
    place.touch()
    (machine / "locks").write_text(locks.format(inode=place.stat().st_ino))

    def connected(where, *args, **options):
        kind = Locked if str(where) == str(place) else sqlite3.Connection
        return connect(where, *args, **{**options, "factory": kind})

    monkeypatch.setattr(sqlite3, "connect", connected)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", connected)
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        with pytest.raises(LedgerProblem, match=says) as said:
            sms.order("tg", 2)
        assert ("Close that program" in str(said.value)) is (says == "Close that program")
    assert not shop.purchases()


def test_a_ledger_that_is_locked_elsewhere_is_no_network_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("sms_notebook.ledger.sqlite_engine._PATIENCE", 0.1)
    shop, place = Shop(), tmp_path / "ledger.sqlite"
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("tg", 2)
        sms._session.ledgers.account_ledger.database.close()
        with closing(sqlite3.connect(place, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(LedgerProblem, match="another program keeps it locked"):
                sms.order("tg", 2)
    assert len(shop.purchases()) == 1


def test_on_a_good_disk_nothing_is_lacking(tmp_path):
    assert sqlite_engine.lack_of(tmp_path) is None
    assert not list(tmp_path.iterdir())
