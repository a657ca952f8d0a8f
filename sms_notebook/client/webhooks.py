"""Codes by webhook, inside the kernel: ``sms.webhooks``."""

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sms_notebook.client.settings import home
from sms_notebook.client.steps import Session
from sms_notebook.protocol.errors import UsageProblem

if TYPE_CHECKING:
    from sms_notebook.sandbox import Desk
    from sms_notebook.watching.webhooks.server import Receiver

PORT = 8765


class Webhooks:
    """The webhook receiver of one client.

    Each message is in the ledger before the provider gets its answer; whoever watches on that
    ledger, here or in another kernel, is told at once.

    Parameters
    ----------
    session : Session
        Of the client.
    desk : Desk or None
        The embedded sandbox: it is told where to post.

    Examples
    --------
    >>> url = sms.webhooks.start(port=0)
    >>> sms.webhooks.url == url
    True
    >>> sms.webhooks.stop()
    >>> sms.webhooks
    <webhooks: stopped>
    """

    def __init__(self, session: Session, desk: "Desk | None") -> None:
        self._session = session
        self._desk = desk
        self._changing = threading.Lock()
        self._receiver: Receiver | None = None
        self._rules: object = None

    def start(
        self,
        *,
        port: int = PORT,
        host: str = "127.0.0.1",
        sources: Sequence[str] = (),
        proxies: Sequence[str] = (),
        secret: str | None = None,
    ) -> str:
        """Begin to receive; where it does so already, with the same words, nothing changes.

        Parameters
        ----------
        port : int
            Where to listen; 0 takes a free port.
        host : str
            Where to listen; this machine alone if not given.
        sources : sequence of str
            Addresses or networks that may post, beside those known of the provider.
        proxies : sequence of str
            Addresses or networks of proxies in front, whose ``X-Forwarded-For`` is believed.
        secret : str, optional
            The path of the URL. If not given: ``SMS_WEBHOOK_SECRET``, else one that is made once
            and kept under ``SMS_NOTEBOOK_HOME``.

        Returns
        -------
        str
            The URL for the provider's settings. Whoever knows it may post: treat it as a password.

        Raises
        ------
        UsageProblem
            If the port is in use, or an address is none.
        """
        from sms_notebook.watching.webhooks.rules import secret_in  # noqa: PLC0415 - only needed here
        from sms_notebook.watching.webhooks.server import Receiver  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.watching.webhooks.storing import (  # noqa: PLC0415 - likewise
            provider_by_numbers,
        )

        provider, books = self._session.settings.provider, self._session.keeper.books
        if self._session.settings.replay:
            raise UsageProblem("this is a replay: nobody posts webhooks to it.")
        rules = (tuple(sources), tuple(proxies), secret)
        with self._changing:
            if self._receiver is None or self._rules != rules:
                if self._receiver is not None:
                    self._receiver.stop()
                self._rules = rules
                self._receiver = Receiver(
                    books.ledger.messages,
                    provider=provider.name,
                    zone=provider.zone,
                    sources=(*provider.webhook_sources, *sources),
                    proxies=proxies,
                    secret=secret or os.environ.get("SMS_WEBHOOK_SECRET") or secret_in(home()),
                    provider_of=provider_by_numbers(books.ledger.database, provider.name),
                )
            url = self._receiver.start(host=host, port=port)
            self._tell_the_sandbox(url)
            return url

    def stop(self) -> None:
        """Receive no more; what has arrived is stored."""
        with self._changing:
            if self._receiver is not None:
                self._receiver.stop()
                self._tell_the_sandbox(None)
            self._receiver = None

    @property
    def url(self) -> str | None:
        """Where it listens, with the secret; None when it does not."""
        return None if self._receiver is None else self._receiver.url

    @property
    def counts(self) -> dict[str, int]:
        """How many messages were stored, how many were repeats, and refused by reason."""
        return {} if self._receiver is None else self._receiver.counts

    def __repr__(self) -> str:
        return "<webhooks: stopped>" if self._receiver is None else repr(self._receiver)

    def _tell_the_sandbox(self, url: str | None) -> None:
        """Tell an embedded sandbox where to post: it has no settings page."""
        if self._desk is not None:
            self._desk.sandbox.webhook_url = url
            self._desk.webhooks.notice({})
