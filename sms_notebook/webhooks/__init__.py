"""The webhook receiver: codes that the provider sends by itself.

What a client holds, ``sms.webhooks``, is here; ``receiver`` has what runs: SQLAlchemy, starlette
and uvicorn load when it is started.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.providers.row import Provider
from sms_notebook.webhooks.rules import PORT

if TYPE_CHECKING:
    from sms_notebook.ledger.ledger import Ledger
    from sms_notebook.sandbox import Gateway
    from sms_notebook.webhooks.receiver import Receiver


class SecretUrl(str):
    """A URL whose path is a secret: what a cell shows of it is masked, its text is whole.

    Examples
    --------
    >>> url = SecretUrl("http://127.0.0.1:8765/0123456789abcdef")
    >>> url
    <http://127.0.0.1:8765/•••, whole with .reveal() or print>
    >>> url.reveal()
    'http://127.0.0.1:8765/0123456789abcdef'
    """

    __slots__ = ()

    @property
    def masked(self) -> str:
        """The URL without the secret."""
        return f"{self.rpartition('/')[0]}/•••"

    def reveal(self) -> str:
        """Return it whole, for the provider's settings. Whoever knows it may post."""
        return str(self)

    def __repr__(self) -> str:
        return f"<{self.masked}, whole with .reveal() or print>"


class Webhooks:
    """The webhook receiver of one client.

    Each message is in the ledger before the provider gets its answer; whoever watches on that
    ledger, here or in another kernel, is told at once.

    Parameters
    ----------
    provider : Provider
        Whose webhooks they are.
    ledger : callable or None
        Returns the ledger that they are written to; None for a client that replays.
    gateway : Gateway or None
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

    def __init__(
        self,
        provider: Provider,
        ledger: "Callable[[], Ledger] | None",
        gateway: "Gateway | None",
    ) -> None:
        self._provider = provider
        self._ledger = ledger
        self._gateway = gateway
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
    ) -> SecretUrl:
        """Begin to receive; where it does so already, with the same arguments, nothing changes.

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
        SecretUrl
            The URL for the provider's settings. Whoever knows it may post, so a cell shows it
            masked; `SecretUrl.reveal` and ``print`` show it whole.

        Raises
        ------
        UsageProblem
            If the port is in use, or an address is none.
        """
        from sms_notebook.webhooks.receiver import receiver_of  # noqa: PLC0415 - loads SQLAlchemy

        if self._ledger is None:
            raise UsageProblem("this is a replay: nobody posts webhooks to it.")
        rules = (tuple(sources), tuple(proxies), secret)
        with self._changing:
            if self._receiver is None or self._rules != rules:
                if self._receiver is not None:
                    self._receiver.stop()
                self._rules = rules
                self._receiver = receiver_of(
                    self._provider, self._ledger(), sources=sources, proxies=proxies, secret=secret
                )
            url = self._receiver.start(host=host, port=port)
            self._announce(url)
            return SecretUrl(url)

    def stop(self) -> None:
        """Receive no more; what has arrived is stored."""
        with self._changing:
            if self._receiver is not None:
                self._receiver.stop()
                self._announce(None)
            self._receiver = None

    @property
    def url(self) -> SecretUrl | None:
        """Where it listens, with the secret, which is shown masked; None when it does not."""
        url = None if self._receiver is None else self._receiver.url
        return None if url is None else SecretUrl(url)

    @property
    def counts(self) -> dict[str, int]:
        """How many messages were stored, how many were repeats, and refused by reason."""
        return {} if self._receiver is None else self._receiver.counts

    def __repr__(self) -> str:
        return "<webhooks: stopped>" if self._receiver is None else repr(self._receiver)

    def _announce(self, url: str | None) -> None:
        """Tell an embedded sandbox where to post: it has no settings page."""
        if self._gateway is not None:
            self._gateway.post_webhooks_to(url)
