import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import Row, delete, insert, select

from sms_notebook.ledger.database import Database, url_of
from sms_notebook.ledger.ledger import Ledger
from sms_notebook.ledger.messages import MessageBook
from sms_notebook.ledger.schema import MESSAGES, NUMBERS, ORDERS
from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.protocol.incoming_messages import IncomingMessage
from sms_notebook.webhooks.receiver import Receiver

SECRET = "a-path-that-nobody-guesses_7"  # noqa: S105 - of the tests alone
WEBHOOK = {
    "activationId": 123456,
    "service": "go",
    "text": "Sms text",
    "code": "12345",
    "country": 2,
    "receivedAt": "2023-01-01 12:00:00",
}


def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


class Line:
    """A connection that sends whatever bytes a test wants."""

    def __init__(self, url: str, source: str | None = None) -> None:
        self.parts = urlsplit(url)
        bind = (source, 0) if source else None
        address = (self.parts.hostname, self.parts.port)
        self.socket = socket.create_connection(address, 10, source_address=bind)

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def begin(self, *headers: str, method: str = "POST") -> None:
        lines = [f"{method} {self.parts.path} HTTP/1.1", "Host: x", *headers]
        self.send("\r\n".join([*lines, "", ""]))

    def answer(self) -> Answer:
        reply = HTTPResponse(self.socket)
        reply.begin()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(reply.status, reply.read().decode().strip(), headers)

    def is_silent(self) -> bool:
        """Tell whether nothing has come and the connection is open."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(10)
        return False

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()


@contextmanager
def line(url: str, source: str | None = None) -> Iterator[Line]:
    with closing(Line(url, source)) as opened:
        yield opened


@dataclass
class Post:
    """A receiver that runs, and what it stored."""

    receiver: Receiver
    url: str
    ledger: Ledger
    client: httpx.Client

    def send(self, body: bytes | object = WEBHOOK, **options: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(self.url, content=content, **options)

    def send_from(self, source: str, *forwarded: str) -> int:
        """Send a webhook from another address of this machine."""
        headers = [("X-Forwarded-For", said) for said in forwarded]
        transport = httpx.HTTPTransport(local_address=source)
        with httpx.Client(transport=transport) as client:
            return client.post(self.url, json=WEBHOOK, headers=headers).status_code

    def messages(self) -> list[Row[Any]]:
        return stored_in(self.ledger.database)


def stored_in(database: Database) -> list[Row[Any]]:
    return list(database.read(lambda c: c.execute(select(MESSAGES).order_by(MESSAGES.c.id)).all()))


class HeldBook(MessageBook):
    """A ledger that takes its time: it waits for the test before it writes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.batches: list[int] = []

    def add(self, provider: str, messages: Sequence[IncomingMessage], **fields: Any) -> int:
        self.reached.set()
        assert self.go_on.wait(60)
        self.batches.append(len(messages))
        return super().add(provider, messages, **fields)


@dataclass
class FailingBook(MessageBook):
    """A ledger that cannot be written as long as the test says so."""

    database: Database
    fails: bool = True
    tries: int = field(default=0)

    def __post_init__(self) -> None:
        super().__init__(self.database)

    def add(self, provider: str, messages: Sequence[IncomingMessage], **fields: Any) -> int:
        self.tries += 1
        if self.fails:
            raise LedgerProblem("the ledger is full. Free some space, then try again.")
        return super().add(provider, messages, **fields)


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    ledger = Ledger(Database(url_of(folder / "ledger.sqlite")))
    yield ledger
    ledger.database.close()


@contextmanager
def receiving(
    ledger: Ledger, host: str = "127.0.0.1", port: int = 0, **options: Any
) -> Iterator[Post]:
    given = {"store": ledger.messages, "provider": "sandbox", "secret": SECRET, **options}
    with Receiver(given.pop("store"), **given) as receiver:
        url = receiver.start(host=host, port=port)
        # The server closes what was silent for five seconds, perhaps just when it is used again.
        brief = httpx.Limits(keepalive_expiry=1.0)
        with httpx.Client(trust_env=False, timeout=60, limits=brief) as client:
            yield Post(receiver, url, ledger, client)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with ledger_in(tmp_path) as ledger:
        yield ledger


Opener = Callable[..., Post]


@pytest.fixture
def opened(ledger: Ledger) -> Iterator[Opener]:
    """Start receivers; they stop after the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(receiving(ledger, **options))


@pytest.fixture(scope="module")
def shared_post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with ledger_in(tmp_path_factory.mktemp("shared")) as ledger, receiving(ledger) as post:
        yield post


@pytest.fixture
def post(shared_post: Post) -> Post:
    """Return a receiver that has received nothing yet."""
    shared_post.ledger.database.write(lambda connection: connection.execute(delete(MESSAGES)))
    counts = shared_post.receiver._counts
    counts.update(dict.fromkeys(counts, 0))
    return shared_post


def bought(database: Database, provider: str, ref: str) -> None:
    """Write a purchase into a ledger."""
    now = datetime.now(UTC)
    order = {
        "order_id": f"{provider}-{ref}",
        "provider": provider,
        "account": "a",
        "action": "getNumber",
        "buys": "activation",
        "params": "{}",
        "state": "bought",
        "owner": "me",
        "day": "2023-01-01",
        "begun_at": now,
        "open_until": now,
    }
    number = {
        "provider": provider,
        "account": "a",
        "buys": "activation",
        "ref": ref,
        "bought_at": now,
        "channel": "sms",
        "state": "active",
        "refunded": Decimal(0),
        "old_messages": 0,
    }

    def write(connection: Any) -> None:
        made = connection.execute(insert(ORDERS).values(order)).inserted_primary_key
        connection.execute(insert(NUMBERS).values(order=made[0], **number))

    database.write(write)
