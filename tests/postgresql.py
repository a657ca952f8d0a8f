"""A real PostgreSQL cluster for tests, and a proxy in front of it: slow, or silent."""

import fcntl
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
from ports import free_port, listening, stop_listening

_SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def programs() -> Path | None:
    """Return the folder with initdb and pg_ctl, where PostgreSQL is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=Path()).parent or None


def _as_nobody_special(*command: str) -> None:
    """Run a program of PostgreSQL, which refuses to be run by root."""
    if os.geteuid() == 0:
        command = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def cluster(bin_folder: Path, shared: Path) -> Iterator[int]:
    """Run a cluster that all workers of a test run share; yields its port."""
    note, users = shared / "postgresql", shared / "postgresql-users"
    with _locked(shared):
        if not note.exists():
            folder = Path(tempfile.mkdtemp(prefix="sms-pg-"))
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres")
            note.write_text(f"{folder}\n{free_port()}")
            _as_nobody_special(
                f"{bin_folder}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "ledger",
                "--no-sync", "--encoding=UTF8", "--locale=C",
            )  # fmt: skip
        folder_name, port = note.read_text().split("\n")
        before = int(users.read_text()) if users.exists() else 0
        control = (f"{bin_folder}/pg_ctl", "-D", f"{folder_name}/data", "-w")
        if not before:
            options = f"-p {port} -k {folder_name} -c listen_addresses=127.0.0.1 {_SETTINGS}"
            log = f"{folder_name}/log"
            _as_nobody_special(*control, "-l", log, "-o", options, "start")
        users.write_text(str(before + 1))
    try:
        yield int(port)
    finally:
        with _locked(shared):
            left = int(users.read_text()) - 1
            users.write_text(str(left))
            if not left:
                _as_nobody_special(*control, "-m", "immediate", "stop")
                shutil.rmtree(folder_name, ignore_errors=True)
                note.unlink()


@contextmanager
def _locked(shared: Path) -> Iterator[None]:
    with (shared / "postgresql-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def database(port: int, name: str) -> Iterator[str]:
    """Make an empty database; yields its address."""
    with closing(administrator(port)) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"postgresql+psycopg://ledger:s3cret-word@127.0.0.1:{port}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def administrator(port: int) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1", port=port, user="ledger", dbname="postgres", autocommit=True
    )


def drop_backends(port: int, name: str) -> int:
    """Drop the connections to a database, as an administrator does; return how many."""
    with closing(administrator(port)) as server:
        dropped = server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        ).fetchall()
    return len(dropped)


class Proxy:
    """Passes bytes on, counts who waits for whom, and is slow or silent on demand.

    Attributes
    ----------
    trips : int
        How often a client spoke after the server had: round trips that somebody waited for.
    delay : float
        Seconds that bytes take, each way.
    is_silent : bool
        Whether nothing is passed on, though all that is sent is taken and acknowledged.
    silent_at, cut_at : bytes
        It falls silent, or cuts the connection, when a client sends this.
    cuts_before : bool
        Whether it cuts before it has passed that on, or once it is passed on: then nobody hears
        what became of it.
    """

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._server = listening()
        self.port: int = self._server.getsockname()[1]
        self.trips = 0
        self.delay = 0.0
        self.is_silent = False
        self.silent_at = b""
        self.cut_at = b""
        self.cuts_before = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def of(self, address: str) -> str:
        """Return the way to a database through here."""
        return address.replace(f":{self._to[1]}/", f":{self.port}/")

    def close(self) -> None:
        stop_listening(self._server)
        self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._open.append(client)  # should the server not be there
                server = socket.create_connection(self._to)
                self._open.append(server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                spoke = {"last": "client"}
                self._pump(client, server, spoke, "client")
                self._pump(server, client, spoke, "server")
        self.cut()

    def _pump(self, source: socket.socket, to: socket.socket, spoke: dict, who: str) -> None:
        waiting: queue.Queue[tuple[float, bytes]] = queue.Queue()

        def take() -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    self.is_silent |= bool(self.silent_at) and self.silent_at in data
                    self.trips += who == "client" and spoke["last"] == "server"
                    spoke["last"] = who
                    if self.cut_at and self.cut_at in data:
                        self.cut_at = b""
                        if not self.cuts_before:  # after what was said before
                            waiting.put((time.monotonic() + self.delay, data))
                        source.shutdown(socket.SHUT_RDWR)
                        break
                    waiting.put((time.monotonic() + self.delay, data))
            waiting.put((0.0, b""))

        def give() -> None:
            with suppress(OSError):
                while True:
                    due, data = waiting.get()
                    time.sleep(max(due - time.monotonic(), 0.0))
                    if self.is_silent:
                        continue
                    if not data:
                        break
                    to.sendall(data)
                to.shutdown(socket.SHUT_WR)

        threading.Thread(target=take, daemon=True).start()
        threading.Thread(target=give, daemon=True).start()
