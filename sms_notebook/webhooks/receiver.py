"""The webhook receiver, run on the loop thread."""

import atexit
import errno
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import select

from sms_notebook.ledger.ledger import Ledger
from sms_notebook.ledger.messages import MessageBook
from sms_notebook.ledger.schema import NUMBERS
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.missing_extra import extra
from sms_notebook.providers.row import Provider
from sms_notebook.providers.settings import home
from sms_notebook.watching.loop import LOOP
from sms_notebook.webhooks.rules import PORT, Sources, check_secret, secret_in

if TYPE_CHECKING:
    from sms_notebook.ledger.database import Database
    from sms_notebook.serving import HttpServer
    from sms_notebook.webhooks.app import MessageWriter

_HIGHEST_PORT: Final = 65535
_COUNTED: Final = (
    "stored",
    "repeats",
    "empty",
    "path",
    "method",
    "source",
    "rate",
    "size",
    "unfinished",
    "body",
    "ledger",
)


def receiver_of(
    provider: Provider,
    ledger: Ledger,
    *,
    sources: Sequence[str] = (),
    proxies: Sequence[str] = (),
    secret: str | None = None,
) -> "Receiver":
    """Return the receiver of a provider's webhooks.

    Parameters
    ----------
    provider : Provider
        Whose webhooks they are: it has their zone and the addresses they come from.
    ledger : Ledger
        Where messages go; it knows which activations another provider sold.
    sources, proxies
        Further addresses, and the proxies in front; see `Receiver`.
    secret : str, optional
        The path of the URL. If not given: ``SMS_WEBHOOK_SECRET``, else the one that is kept under
        ``SMS_NOTEBOOK_HOME``.

    Raises
    ------
    UsageProblem
        If an address is none, or the secret is too short or cannot be kept.
    """
    return Receiver(
        ledger.messages,
        provider=provider.name,
        zone=provider.zone,
        sources=(*provider.webhook_sources, *sources),
        proxies=proxies,
        secret=secret or os.environ.get("SMS_WEBHOOK_SECRET") or secret_in(home()),
        provider_of=provider_by_numbers(ledger.database, provider.name),
    )


class Receiver:
    """Takes the provider's webhooks while it runs, and stores them before it answers.

    Parameters
    ----------
    store : MessageBook
        Where messages go.
    provider : str
        Whose webhooks they are.
    zone : tzinfo
        The zone of its times.
    sources : sequence of str
        Addresses or networks it posts from; this machine only if none are given.
    proxies : sequence of str
        Addresses or networks of the proxies in front, whose ``X-Forwarded-For`` is believed. A
        proxy that does not say who asked it is refused.
    secret : str
        The path of the URL: whoever knows it may post.
    provider_of : callable, optional
        Says whose activation an id is; the provider's if not given.

    Raises
    ------
    UsageProblem
        If an address is none, or the secret is too short.

    Examples
    --------
    >>> from sms_notebook.ledger.ledger import ledger_in_memory
    >>> store = ledger_in_memory().messages
    >>> with Receiver(store, provider="sandbox", secret="a" * 32) as receiver:
    ...     receiver.start(port=0).startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        store: MessageBook,
        *,
        provider: str,
        zone: tzinfo = UTC,
        sources: Sequence[str] = (),
        proxies: Sequence[str] = (),
        secret: str,
        provider_of: Callable[[str], str] | None = None,
    ) -> None:
        self._store = store
        self._provider = provider
        self._zone = zone
        self._sources = Sources(sources, proxies)
        self._secret = check_secret(secret)
        self._provider_of = provider_of or (lambda _ref: provider)
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._changing = threading.Lock()
        self._running: _RunningReceiver | None = None

    def start(self, *, host: str = "127.0.0.1", port: int = PORT) -> str:
        """Listen, unless it does already; where it listens elsewhere, it moves.

        Parameters
        ----------
        host, port
            Where to; port 0 takes a free one.

        Returns
        -------
        str
            The URL, with the secret in it.

        Raises
        ------
        UsageProblem
            If the address is not to be had.
        """
        if LOOP.callers is not None:
            raise UsageProblem("this Python has no threads: it cannot receive webhooks.")
        if LOOP.is_current():
            raise LOOP.misuse()
        with self._changing:
            running = self._alive()
            if running is not None and (host, port) in running.names:
                return running.url
            self._end()
            listener = _listen(host, port)
            try:
                self._running = running = self._run(listener, host, port)
                atexit.register(self.stop)
                running.server.ready.wait()
                if running.serving.done():
                    running.serving.result()
            except BaseException:
                self._end()
                listener.close()
                raise
            return running.url

    def stop(self) -> None:
        """Stop listening, after what has arrived is answered; the port is free again then."""
        if LOOP.is_current():
            raise LOOP.misuse()
        with self._changing:
            self._end()

    @property
    def url(self) -> str | None:
        """Where it listens, with the secret; None when it does not."""
        running = self._alive()
        return None if running is None else running.url

    @property
    def counts(self) -> dict[str, int]:
        """How many were ``stored``, ``repeats``, ``empty`` (no message in it), refused by reason.

        The reasons: ``path`` and ``method`` (no webhook at all), ``source`` (a wrong address),
        ``rate`` (too many), ``size`` (too long), ``unfinished``, ``body`` (not readable) and
        ``ledger`` (it could not be written).
        """
        return dict(self._counts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        running = self._alive()
        where = "stopped" if running is None else f"at {running.origin}/…"
        return f"<webhook receiver for {self._provider}, {where}>"

    def _run(self, listener: socket.socket, host: str, port: int) -> "_RunningReceiver":
        # Only here, so that nobody who never starts one waits for these to load.
        with extra("server"):
            from sms_notebook.serving import HttpServer, origin  # noqa: PLC0415 - loads uvicorn
            from sms_notebook.webhooks.app import MessageWriter, WebhookApp  # noqa: PLC0415 - likewise

        writer = MessageWriter(self._store, self._provider_of, self._counts)
        app = WebhookApp(self._secret, self._sources, self._zone, writer, self._counts)
        server = HttpServer(app, app.hurry)
        serving = LOOP.submit(server.serve([listener]))
        serving.add_done_callback(lambda _: server.ready.set())
        address = origin(host, listener)
        names = ((host, port), (host, listener.getsockname()[1]))
        url = f"{address}/{self._secret}"
        return _RunningReceiver(os.getpid(), names, address, url, listener, writer, server, serving)

    def _end(self) -> None:
        running = self._running
        if running is None:
            return
        if running.is_ours:
            running.server.should_exit = True
            wait([running.serving])
            running.writer.close()
        running.listener.close()
        self._running = None
        atexit.unregister(self.stop)

    def _alive(self) -> "_RunningReceiver | None":
        running = self._running
        if running is None or running.serving.done() or not running.is_ours:
            return None
        return running


@dataclass(frozen=True, slots=True)
class _RunningReceiver:
    """What runs between start and stop."""

    process: int
    names: tuple[tuple[str, int], ...]
    """Host and port as they were asked for, and as they are."""
    origin: str
    url: str
    listener: socket.socket
    writer: "MessageWriter"
    server: "HttpServer"
    serving: Future[None]

    @property
    def is_ours(self) -> bool:
        """Whether it runs in this process, and not in the one that this was forked from."""
        return self.process == os.getpid()


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; connections wait in it until the server runs."""
    if not host or not 0 <= port <= _HIGHEST_PORT:
        raise UsageProblem(
            f"nobody can listen on host {host!r} port {port}. A host is like '127.0.0.1', a port "
            f"is a number from 0 to {_HIGHEST_PORT}."
        )
    with extra("server"):
        from sms_notebook.serving import listen  # noqa: PLC0415 - loads uvicorn

    try:
        return listen(host, port)
    except (socket.gaierror, ValueError):
        raise UsageProblem(f"there is no address {host!r} on this machine.") from None
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            raise UsageProblem(
                f"port {port} is in use. If another kernel receives webhooks there, that is "
                "enough: all share the ledger. Otherwise take another port; 0 is a free one."
            ) from None
        why = os.strerror(failure.errno or 0)
        raise UsageProblem(f"cannot listen on {host} port {port}: {why}.") from None


def provider_by_numbers(database: "Database", otherwise: str) -> Callable[[str], str]:
    """Return a function that says which provider an activation was bought from.

    Parameters
    ----------
    database : Database
        The ledger's.
    otherwise : str
        The provider of what the ledger did not buy, or of an id that several providers used.
    """

    def provider_of(ref: str) -> str:
        query = select(NUMBERS.c.provider).where(NUMBERS.c.ref == ref).distinct().limit(2)
        names = database.read(lambda connection: connection.execute(query).scalars().all())
        return names[0] if len(names) == 1 else otherwise

    return provider_of
