"""A server that does not answer: every door says so soon, and no number is lost."""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from ledger.conftest import KEY
from ports import listening
from postgresql import administrator

from sms_notebook import LedgerProblem, PurchaseUncertain
from sms_notebook.ledger import postgresql

SOON = 60.0  # seconds on a busy machine, where the limit is a fraction of one
WORD = "s3cret-word"


@contextlib.contextmanager
def hurry() -> Iterator[None]:
    """Let nothing wait longer than a fraction of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql, "LIMIT", 0.6)
        patch.setattr(postgresql, "CONNECT_LIMIT", 0.5)
        patch.setattr(postgresql, "_REST", 0.0)
        yield


@pytest.fixture
def hurried() -> Iterator[None]:
    with hurry():
        yield


def test_what_is_not_known_to_be_committed_is_said_and_never_sent(far, proxy, market):
    far.order("tg", 2)
    proxy.silent_at = b"COMMIT"
    with hurry(), pytest.raises(LedgerProblem, match="does not answer"):
        far.order("tg", 2, key="once")
    assert len(market.purchases()) == 1
    proxy.silent_at, proxy.is_silent = b"", False
    proxy.cut()
    with contextlib.suppress(PurchaseUncertain):
        far.order("tg", 2, key="once")
    assert len(market.purchases()) <= 2


def test_the_limits_leave_twenty_seconds_for_everything():
    assert postgresql.LIMIT + postgresql.CONNECT_LIMIT <= 20
    assert postgresql._LOCK_LIMIT < postgresql.LIMIT


@pytest.mark.parametrize(
    "ask",
    [
        lambda sms: sms.order("tg", 2),
        lambda sms: sms.order("tg", 2, key="a key"),
        lambda sms: sms.rent("full", 2, 4),
        lambda sms: sms.get_number("tg", 2),
        lambda sms: sms.call("getNumber", service="tg", country=2),
        lambda sms: sms.ledger(),
        lambda sms: sms.budget(),
        lambda sms: sms.reconcile(),
    ],
)
def test_a_server_that_falls_silent_is_a_problem_soon(ask, far, proxy, market, hurried):
    proxy.is_silent = True
    began = time.monotonic()
    with pytest.raises(LedgerProblem, match="does not answer") as caught:
        ask(far)
    assert time.monotonic() - began < SOON
    assert not market.purchases()
    assert WORD not in str(caught.value)


def test_a_black_hole_is_a_problem_soon(market, machine, hurried):
    with closing(listening()) as hole:
        place = f"postgresql+psycopg://u:{WORD}@127.0.0.1:{hole.getsockname()[1]}/x"
        began = time.monotonic()
        sms = machine(KEY, base_url=market.url, ledger=place)
        with pytest.raises(LedgerProblem, match="does not answer"):
            sms.order("tg", 2)
        assert time.monotonic() - began < SOON


def test_after_a_silence_nobody_waits_for_it_again_at_once(far, proxy, hurried, monkeypatch):
    monkeypatch.setattr(postgresql, "_REST", 60.0)
    proxy.is_silent = True
    for _ in range(2):
        with pytest.raises(LedgerProblem, match="answer"):
            far.ledger()
    monkeypatch.setattr(postgresql, "LIMIT", 60.0)
    with pytest.raises(LedgerProblem, match="a moment ago"):
        far.ledger()


def test_a_number_is_handed_over_though_the_server_falls_silent_meanwhile(
    far, proxy, market, caplog, request
):
    far.order("tg", 2)
    answer, silent = market.answer, contextlib.ExitStack()
    request.addfinalizer(silent.close)

    def silence(params, *args, **options):
        if "getNumber" in params.get("action", ""):
            proxy.is_silent = True
            silent.enter_context(hurry())
        return answer(params, *args, **options)

    market.answer = silence
    with caplog.at_level(logging.ERROR):
        order = far.order("tg", 2, key="kept")
    assert order.loc[0, "activation_id"] == market.purchases()[-1].id
    assert WORD not in caplog.text


def test_another_session_that_keeps_the_ledger_locked_is_a_problem_soon(
    team, market, machine, monkeypatch, request
):
    monkeypatch.setattr(postgresql, "_OPTIONS", "-c lock_timeout=200ms")
    sms = machine(KEY, base_url=market.url, ledger=team)
    sms.ledger()
    with closing(administrator(request.getfixturevalue("postgresql"))) as other:
        other.execute("SELECT 1")  # of another database: its locks are its own
        raw = postgresql.Server(sms._session.ledgers.account_ledger.database.url)
        with closing(raw.connect(time.monotonic() + 5)) as holder:
            holder.execute("BEGIN")
            holder.execute(postgresql._TAKE_TURNS)
            with pytest.raises(LedgerProblem, match="others keep it locked"):
                sms.order("tg", 2)
    assert not market.purchases()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_ends_a_wait_for_the_server_at_once(far, proxy, market):
    proxy.is_silent = True
    is_over = threading.Event()

    def press() -> None:  # once more where Python had to ignore it, in a callback of a weak set
        wait = 0.3
        while not is_over.wait(wait):
            os.kill(os.getpid(), signal.SIGINT)
            wait = 2.0

    threading.Thread(target=press).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        far.order("tg", 2)
    is_over.set()
    assert time.monotonic() - began < SOON
    proxy.is_silent = False
    proxy.cut()
    assert far.order("tg", 2).loc[0, "is_new"]
    assert len(market.purchases()) == 1
