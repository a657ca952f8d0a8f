"""What every test stands on: no settings, keys or proxies of the machine it runs on."""

import asyncio
import contextlib
import functools
import gc
import importlib
import importlib.util
import os
import signal
import socketserver
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import keyring
import pytest
import uvicorn.server
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture.junkdrawer import gc_cumulative_time
from keyring.backend import KeyringBackend
from ports import keep_ports_of_kernels
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import CreateIndex, CreateTable

from sms_notebook import AsyncClient, Client

# httpcore looks for it four times in each asynchronous call, and searching for what is not there
# takes longer than finding it.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None

# Certificates are read once in a process, not for each of hundreds of clients of httpx.
httpx._transports.default.create_ssl_context = functools.cache(httpx.create_ssl_context)

# Nobody here checks an IRI; its grammar takes a second to build, in each process of the tests.
sys.modules.setdefault("rfc3987_syntax", None)

# Whoever starts the tests in the background of a shell has them ignore interrupts, and some wait
# for theirs; so do the programs that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Hypothesis listens to the collector of garbage. Where a reply is nested without end, no stack is
# left for that, and a test would fail for it.
gc_cumulative_time()
gc.callbacks.clear()

# Examples are drawn anew in each run; what failed once is kept in .hypothesis and tried first.
# `make test-deep` draws many more.
_ANY_LOAD = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
}
settings.register_profile("example", max_examples=20, **_ANY_LOAD)
settings.register_profile("deep", max_examples=1000, **_ANY_LOAD)
settings.load_profile("example")


# What SQLAlchemy made of a statement serves all ledgers of a process, not each of thousands anew.
_compiled: dict[Any, Any] = {}
SQLiteDialect.__hash__ = lambda dialect: hash(type(dialect))
SQLiteDialect.__eq__ = lambda dialect, other: type(dialect) is type(other)


@event.listens_for(Engine, "engine_connect")
def compile_once(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)


def _once(compile_ddl: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what makes a table once, too."""

    def compiled(ddl: Any, *, dialect: Any, **options: Any) -> Any:
        key = type(ddl), ddl.element, dialect
        if key not in _compiled:
            _compiled[key] = compile_ddl(ddl, dialect=dialect, **options)
        return _compiled[key]

    return compiled


for _kind in (CreateTable, CreateIndex):
    _kind.compile = _once(_kind.compile)


class _SoonAwake:
    """asyncio for uvicorn, which looks every tenth of a second whether it is to end.

    Then it waits another tenth; and tests begin and end thousands of servers.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


uvicorn.server.asyncio = _SoonAwake()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the async twin out where both clients take the same steps (``alike``)."""
    items[:] = [
        item
        for item in items
        if item.get_closest_marker("alike") is None
        or getattr(item, "callspec", None) is None
        or item.callspec.params.get("opened") != "async"
    ]


def pytest_collection_finish() -> None:
    """Let collecting garbage look only at what tests make, not at pandas and its neighbours."""
    gc.collect()
    gc.freeze()


keep_ports_of_kernels()

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class InMemoryKeyring(KeyringBackend):
    """A key store that forgets; counts who asks."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


# Where there is one, a file system in memory: a ledger waits for the disk at each commit.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - folders of our own in it


@pytest.fixture
def home_folder() -> Iterator[str]:
    """Return an empty folder for the settings and the ledger of a test."""
    with tempfile.TemporaryDirectory(dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture(autouse=True)
def key_store(monkeypatch, home_folder) -> InMemoryKeyring:
    """Cut every test off from the machine; return the key store in place of the real one."""
    for name in os.environ:
        if name.startswith("SMS_") or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("SMS_NOTEBOOK_HOME", home_folder)
    embedded = importlib.import_module("sms_notebook.sandbox.gateway")
    embedded._gateway.cache_clear()
    embedded._options.clear()
    store = InMemoryKeyring()
    keyring.set_keyring(store)
    return store


@pytest.fixture(autouse=True)
def ledgers_are_closed(key_store) -> Iterator[None]:
    """Let a test leave no ledger open: a process shares those of all its clients, to its end."""
    yield
    if (registry := sys.modules.get("sms_notebook.ledger.ledger")) is not None:
        for ledger in registry._open.values():
            ledger.database.close()
        registry._open.clear()


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    params: dict[str, str]
    form: dict[str, str]

    @property
    def action(self) -> str:
        return self.params["action"]


Answer = bytes | Iterable[bytes]


@dataclass
class Wire:
    """A web server that answers with whatever bytes a test wants, then hangs up."""

    answer: Callable[[Asked], Answer] = lambda _asked: b""
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def says(self, *args: Any, **kwargs: Any) -> None:
        """Answer every request alike; see `http`."""
        self.answer = lambda _asked: self.http(*args, **kwargs)

    def answers_in_turn(self, *answers: Answer) -> None:
        """Give these answers one after the other."""
        left = iter(answers)
        self.answer = lambda _asked: next(left)

    def http(self, body: str | bytes = b"", status: int = 200, **headers: str) -> bytes:
        """Write an honest HTTP reply."""
        body = body.encode() if isinstance(body, str) else body
        reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {status} {reason}", "Connection: close"]
        headers = {"content_length": str(len(body)), **headers}
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def silence(self) -> Iterator[bytes]:
        """Say nothing until the test is over."""
        self.over.wait(30)
        yield b""

    def actions(self) -> list[str]:
        """Return what was asked for, in order."""
        return [asked.action for asked in self.asked]


def _read(stream: Any) -> Asked | None:
    first = stream.readline().decode("ascii").split()
    if not first:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0))).decode("ascii")
    target = urlsplit(first[1])
    params = dict(parse_qsl(target.query, keep_blank_values=True))
    return Asked(first[0], target.path, headers, params, dict(parse_qsl(body)))


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Serve whatever the test sets as ``wire.answer``; ``wire.url`` is the address."""
    wire = Wire()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = _read(self.rfile)
            if asked is None:
                return
            wire.asked.append(asked)
            answer = wire.answer(asked)
            with contextlib.suppress(OSError):  # the client may have had enough
                for part in [answer] if isinstance(answer, bytes) else answer:
                    self.wfile.write(part)

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    wire.url = f"http://127.0.0.1:{server.server_address[1]}/stubs/handler_api.php"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield wire
    wire.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Held:
    """One of the two clients, asked the same way: every method returns its frame."""

    def __init__(self, client: Client | AsyncClient, wait: Callable[[Any], Any]) -> None:
        self.client = client
        self._wait = wait

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)

        def ask(*args: Any, **kwargs: Any) -> Any:
            return self._wait(method(*args, **kwargs))

        return ask

    def run(self, ask: Callable[[Any], Any]) -> Any:
        """Do something with the client that may have to be awaited."""
        return self._wait(ask(self.client))


Opener = Callable[..., Held]


@pytest.fixture(params=["sync", "async"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open clients of one kind; they are closed after the test."""
    clients: list[Client | AsyncClient] = []
    with asyncio.Runner() as runner:

        async def awaited(coroutine: Any) -> Any:
            return await coroutine

        def wait(result: Any) -> Any:
            return runner.run(awaited(result)) if asyncio.iscoroutine(result) else result

        def open_one(*args: Any, **options: Any) -> Held:
            kind = Client if request.param == "sync" else AsyncClient
            clients.append(kind(*args, **options))
            return Held(clients[-1], wait)

        yield open_one
        for client in clients:
            wait(client.close() if isinstance(client, Client) else client.aclose())


@pytest.fixture
def closed_port() -> str:
    """Return an address where nobody listens."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    return f"http://127.0.0.1:{port}/stubs/handler_api.php"
