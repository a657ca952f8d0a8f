import asyncio
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from sms_notebook.sandbox import (
    AsyncSandboxTransport,
    Faults,
    Gateway,
    Sandbox,
    SandboxTransport,
    serve,
)

KEY = "a-key-nobody-should-see"
START = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
ADDRESS = "http://sandbox.invalid/stubs/handler_api.php"
BUY = {"action": "getNumber", "service": "tg", "country": "2"}


def standing_sandbox(**options: Any) -> Sandbox:
    return Sandbox(**{"speed": 0, "start": START, "success": 1.0, "api_key": KEY, **options})


@dataclass
class Door:
    """One way in: the same requests, whatever is behind."""

    sandbox: Sandbox
    faults: Faults
    send: Callable[..., httpx.Response]

    def get(self, timeout: float = 5.0, **params: str) -> httpx.Response:
        return self.send("GET", params={"api_key": KEY, **params}, timeout=timeout)

    def buy(self, timeout: float = 5.0) -> httpx.Response:
        return self.get(timeout, **BUY)

    def bought(self) -> int:
        return len(self.sandbox.purchases())


def _in_process(sandbox: Sandbox) -> Iterator[Door]:
    gateway = Gateway(sandbox)
    with httpx.Client(transport=SandboxTransport(gateway)) as client:
        yield Door(
            sandbox, gateway.faults, lambda method, **kw: client.request(method, ADDRESS, **kw)
        )


def _in_process_async(sandbox: Sandbox) -> Iterator[Door]:
    gateway = Gateway(sandbox)

    async def request(method: str, **kw: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncSandboxTransport(gateway)) as client:
            return await client.request(method, ADDRESS, **kw)

    yield Door(sandbox, gateway.faults, lambda method, **kw: asyncio.run(request(method, **kw)))


def _over_http(sandbox: Sandbox) -> Iterator[Door]:
    faults = Faults()
    with serve(sandbox, faults) as url, httpx.Client(trust_env=False) as client:
        yield Door(sandbox, faults, lambda method, **kw: client.request(method, url, **kw))


DOORS = {"transport": _in_process, "async transport": _in_process_async, "http": _over_http}


@pytest.fixture(scope="module", params=DOORS)
def shared_door(request: pytest.FixtureRequest) -> Iterator[Door]:
    yield from DOORS[request.param](standing_sandbox(balance="5000"))


@pytest.fixture
def door(shared_door: Door) -> Door:
    shared_door.faults.clear()
    return shared_door


@dataclass
class Receiver:
    """A person's own web server: answers with the statuses given, then with 200."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)
    server: ThreadingHTTPServer | None = None

    def open(self, port: int = 0) -> str:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.heard:
                    receiver.bodies.append(body)
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    receiver.heard.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = bool(port)  # see ports.listening

        self.server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> int:
        """Go down; return the port, to come up again there."""
        assert self.server is not None
        port = self.server.server_port
        self.server.shutdown()
        self.server.server_close()
        self.server = None
        return port

    def wait_for(self, count: int, seconds: float = 60.0) -> None:
        with self.heard:
            arrived = self.heard.wait_for(lambda: len(self.bodies) >= count, seconds)
        assert arrived, f"{len(self.bodies)} of {count} webhooks within {seconds} s"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    if receiver.server is not None:
        receiver.close()


@dataclass
class Endless:
    """A hostile web server: it always has something to say, but never an answer."""

    url: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def endless() -> Iterator[Endless]:
    endless = Endless()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            endless.reached.set()
            try:
                while not endless.over.wait(0.1):
                    self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            except OSError:
                endless.left.set()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        endless.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield endless
        endless.over.set()
        server.shutdown()
