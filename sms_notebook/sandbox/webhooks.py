"""Webhooks: each event is posted to its address until the receiver answers HTTP 200."""

import heapq
import logging
import os
import ssl
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from itertools import count
from typing import Final

import httpx

from sms_notebook.protocol.hosts import is_loopback
from sms_notebook.sandbox.messages import WebhookEvent
from sms_notebook.sandbox.provider import Sandbox

LOG = logging.getLogger("sms_notebook")
_LONGEST_TRY: Final = 2.0  # real seconds
_LONGEST_ROUND: Final = 2.0  # real seconds; a try that began in it may last longer
_MAX_PAUSE: Final = 0.5  # real seconds; somebody may step or speed up the clock behind our back
_MIN_PAUSE: Final = 0.01  # real seconds; a fast clock must not turn the thread into a busy loop
_KEPT_ATTEMPTS: Final = 1000


_SENDERS: Final = weakref.WeakSet["WebhookSender"]()
"""All of this process."""


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One try to deliver an event."""

    event: WebhookEvent
    number: int
    at: datetime
    """When the try was due, on the sandbox's clock."""
    status: int | None
    """The receiver's HTTP status; None when there was no answer."""


class WebhookSender:
    """Sends a sandbox's events, from a thread of its own or when asked.

    The thread starts when a webhook address is in use and ends with :meth:`close`. Anybody who may
    ask the sandbox can name an address, so events go to this machine only, to the sandbox's own
    webhook address, and to hosts that were allowed.

    Parameters
    ----------
    sandbox : Sandbox
        Whose events they are.
    hosts : sequence of str
        Further hosts that may be posted to.
    """

    def __init__(self, sandbox: Sandbox, hosts: Iterable[str] = ()) -> None:
        self._sandbox = sandbox
        self._hosts = frozenset(host.lower() for host in hosts)
        self._attempts: deque[WebhookAttempt] = deque(maxlen=_KEPT_ATTEMPTS)
        self._serial = count()
        self._start_anew(is_closed=False)
        _SENDERS.add(self)

    def _start_anew(self, *, is_closed: bool) -> None:
        """Begin with nothing due, nobody sending and no lock taken."""
        self._due: list[tuple[datetime, int, int, WebhookEvent]] = []
        self._sending = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._closed = threading.Event()
        if is_closed:
            self._closed.set()

    def forked(self) -> None:
        """Go on in a child: its parent's thread, which may hold any lock, is not there.

        What is due already the parent sends.
        """
        self._start_anew(is_closed=self._closed.is_set())

    def notice(self, params: Mapping[str, str]) -> None:
        """Look again what is due: a request or a change of the clock may have brought something."""
        if self._sandbox.webhook_url or params.get("url"):
            self.start()
        self._wake.set()

    def start(self) -> None:
        """Start the thread, unless it runs already."""
        with self._starting:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="sandbox-webhooks")
                self._thread.daemon = True
                self._thread.start()

    def attempts(self) -> tuple[WebhookAttempt, ...]:
        """Return the latest tries, oldest first."""
        return tuple(self._attempts)

    def deliver_due(self) -> int:
        """Make the tries that are due by now; return how many those were.

        After two seconds no further try begins: what is left over stays due.
        """
        tries = 0
        deadline = time.monotonic() + _LONGEST_ROUND
        with self._sending:
            while time.monotonic() < deadline and self._something_due():
                due, _, number, event = heapq.heappop(self._due)
                self._try(due, number, event)
                tries += 1
        return tries

    def close(self) -> None:
        """Stop for good, within two seconds; what is not delivered by now never will be."""
        self._closed.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_LONGEST_TRY)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            self.deliver_due()
            self._wake.wait(self._pause())

    def _pause(self) -> float:
        moments = [self._sandbox.next_event_at()]
        with self._sending:
            moments += [self._due[0][0]] if self._due else []
        waits = [self._sandbox.clock.real_seconds_until(m) for m in moments if m is not None]
        return max(_MIN_PAUSE, min([_MAX_PAUSE, *(wait for wait in waits if wait is not None)]))

    def _something_due(self) -> bool:
        if self._closed.is_set():
            return False
        self._sandbox.advance()
        for event in self._sandbox.take_webhooks():
            heapq.heappush(self._due, (event.at, next(self._serial), 1, event))
        return bool(self._due) and self._due[0][0] <= self._sandbox.clock.now()

    def _try(self, due: datetime, number: int, event: WebhookEvent) -> None:
        is_allowed = self._may_post_to(event.url)
        status = _post(event) if is_allowed else None
        self._attempts.append(WebhookAttempt(event, number, due, status))
        if not is_allowed:
            LOG.warning("The sandbox posts no webhook to a host that was not allowed.")
            return
        delays = self._sandbox.dialect.retry_delays  # on the sandbox's clock
        if status != HTTPStatus.OK and number <= len(delays):
            again = due + timedelta(seconds=delays[number - 1])
            heapq.heappush(self._due, (again, next(self._serial), number + 1, event))

    def _may_post_to(self, address: str) -> bool:
        try:
            url = httpx.URL(address)
            own = httpx.URL(self._sandbox.webhook_url or "")
        except (httpx.InvalidURL, UnicodeError):
            return True  # nobody is posted to
        if is_loopback(url.host) or url.host.lower() in self._hosts:
            return True
        return (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)


@cache
def _certificates() -> ssl.SSLContext:
    """Load certificates, once: it takes longer than a try."""
    return httpx.create_ssl_context(trust_env=False)


def _post(event: WebhookEvent) -> int | None:
    """Post an event; return the HTTP status, None when there was none in time.

    In a thread of its own, because httpx limits each read but not the whole of them: a receiver
    that sends a little now and then could hold its caller for ever.
    """
    client = httpx.Client(verify=_certificates(), timeout=_LONGEST_TRY, trust_env=False)
    statuses: list[int] = []

    def send() -> None:
        # The address is anybody's text, so anything may go wrong; all of it is a failed try.
        with (
            suppress(Exception),
            # Streamed, because the receiver's body is of no interest.
            client.stream("POST", event.url, json=event.body) as response,
        ):
            statuses.append(response.status_code)

    worker = threading.Thread(target=send, name="sandbox-webhook-try", daemon=True)
    worker.start()
    worker.join(_LONGEST_TRY)
    client.close()  # takes the connection away from a worker that still waits
    return statuses[0] if statuses else None


def _forked() -> None:
    for sender in list(_SENDERS):
        sender.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
