"""Tests of your own code against the sandbox: fresh for each test, and nothing of this machine.

Installed with this package comes a plugin for pytest whose fixtures are made of what is here. For
another test runner:

>>> with isolated() as sandbox, Client() as sms:
...     sandbox.reply("Your code is 01234")
...     number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
...     sms.wait_code(number).loc[0, "code"]
'01234'
"""

import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from unittest import mock

from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.sandbox.gateway import stand_in
from sms_notebook.sandbox.wire import Answer

START: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""What the clock shows first."""

_NO_KEYS: Final = "keyring.backends.null.Keyring"


class SteppedSandbox(Sandbox):
    """A sandbox for a test: its clock stands, and no message comes but those that the test sends.

    Parameters
    ----------
    **options
        As of `Sandbox`, where they differ from ``speed=0``, ``success=0`` and a fixed ``start``:
        ``dialect="herosms"`` lets it speak as that provider does.

    Attributes
    ----------
    faults : Faults
        What goes wrong: ``faults.set(["NO_NUMBERS@getNumberV2:1"])``, ``faults.clear()``.
    gateway : Gateway
        What a client takes: ``Client(sandbox=sandbox.gateway)``.

    Examples
    --------
    >>> sandbox = SteppedSandbox(balance="0.10")
    >>> sandbox
    <Sandbox: no real money, balance 0.10 USD>
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"speed": 0, "success": 0.0, "start": START, **options})
        self.faults = Faults()
        self.gateway = Gateway(self, self.faults)
        self._texts: list[str] = []
        self._sent: dict[str, int] = {}
        self._answered: Counter[str] = Counter()

    def reply(self, *texts: str) -> None:
        """Let numbers that are bought from now on receive these messages by themselves.

        The first comes as soon as the number is bought, each further one when one more is asked
        for (`Client.again`). Without a text none comes any more.

        Parameters
        ----------
        *texts : str
            The messages; the code is searched for in the text.

        Examples
        --------
        >>> sandbox = SteppedSandbox()
        >>> sandbox.reply("Your code is 01234", "Your code is 56789")
        """
        with self._lock:
            self._texts[:] = texts  # in place: every door sends them

    def answer(self, params: Mapping[str, str]) -> Answer:
        """Answer a request, and send what `reply` promised."""
        with self._lock:
            before = len(self.purchases())
            answer = super().answer(params)
            for purchase in self.purchases()[before:]:
                if purchase.id.isdigit() and int(purchase.id) in self._state.activations.all:
                    self._send_next(purchase.id)
            number = params.get("id", "")
            if number in self._sent and self._retries(number) > self._answered[number]:
                self._answered[number] += 1
                self._send_next(number)
            return answer

    def _retries(self, number: str) -> int:
        """Return how often one more message was asked for."""
        return self._state.activations.all[int(number)].retries

    def _send_next(self, number: str) -> None:
        sent = self._sent.get(number, 0)
        if sent < len(self._texts):
            self.send_sms(number, self._texts[sent])
            self._sent[number] = sent + 1


@dataclass(frozen=True, slots=True)
class SandboxServer:
    """A sandbox served over HTTP.

    Attributes
    ----------
    url : str
        The full address of the API: ``Client(key, base_url=url)``, or any other program.
    key : str
        The only API key that it takes.
    sandbox : SteppedSandbox
        The market behind it.
    """

    url: str
    key: str
    sandbox: SteppedSandbox


@contextmanager
def isolated(**options: Any) -> Iterator[SteppedSandbox]:
    """Let ``Client()`` mean a new sandbox while the ``with`` block runs, whoever calls it.

    No setting of this machine is seen: no variable ``SMS_…``, no key of the operating system's key
    store, no config file, no ledger. All of them are back after the block.

    Parameters
    ----------
    **options
        Of the `SteppedSandbox`.

    Yields
    ------
    SteppedSandbox
        The provider.

    Examples
    --------
    >>> with isolated(seed=1) as sandbox, Client() as sms:
    ...     sms.sandbox is sandbox
    True
    """
    sandbox = SteppedSandbox(**options)
    with (
        tempfile.TemporaryDirectory(prefix="sms_notebook-") as home,
        mock.patch.dict(os.environ),
        _no_key_store(),
        stand_in(sandbox.gateway),
    ):
        for name in [name for name in os.environ if name.startswith("SMS_")]:
            del os.environ[name]
        os.environ["SMS_NOTEBOOK_HOME"] = home
        os.environ["SMS_PROVIDER"] = "sandbox"
        os.environ["PYTHON_KEYRING_BACKEND"] = _NO_KEYS  # of programs that the test starts
        try:
            yield sandbox
        finally:
            sandbox.gateway.close()


@contextmanager
def served(sandbox: SteppedSandbox) -> Iterator[SandboxServer]:
    """Serve a sandbox over HTTP while the ``with`` block runs.

    ``SMS_BASE_URL`` and ``SMS_API_KEY`` name it meanwhile: ``Client()`` means it, also in programs
    that the test starts.

    Parameters
    ----------
    sandbox : SteppedSandbox
        The provider; its ``faults`` hold here too.

    Yields
    ------
    SandboxServer
        Address and key.

    Examples
    --------
    >>> with isolated() as sandbox, served(sandbox) as server, Client() as sms:
    ...     float(sms.get_balance().loc[0, "balance"])
    50.0
    """
    from sms_notebook.sandbox import serve  # noqa: PLC0415 - loads uvicorn

    key = secrets.token_hex(16)
    with serve(sandbox.behind(key), sandbox.faults) as url, mock.patch.dict(os.environ):
        os.environ.pop("SMS_PROVIDER", None)
        os.environ["SMS_BASE_URL"], os.environ["SMS_API_KEY"] = url, key
        for name in ("NO_PROXY", "no_proxy"):  # a proxy does not know this machine
            direct = os.environ.get(name)
            os.environ[name] = f"{direct},127.0.0.1" if direct else "127.0.0.1"
        yield SandboxServer(url, key, sandbox)


@contextmanager
def _no_key_store() -> Iterator[None]:
    """Let the operating system's key store be empty."""
    try:
        import keyring  # noqa: PLC0415 - slow to load
        from keyring.backends.null import Keyring  # noqa: PLC0415 - likewise
    except ImportError:
        yield  # then nobody asks it
        return
    try:
        before = keyring.get_keyring()
    except Exception:  # noqa: BLE001 - each backend fails in its own way, and then there is none
        before = Keyring()  # type: ignore[no-untyped-call]  # as keyring declares it
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # as keyring declares it
    try:
        yield
    finally:
        keyring.set_keyring(before)
