"""Codes by webhook: whoever waits is told at once, whichever process received them."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap

import httpx
import pytest

from sms_notebook import Client
from sms_notebook.sandbox import serve
from sms_notebook.sandbox.server import API_PATH

from .conftest import QUICK, begin, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
SELDOM = 60.0


@pytest.fixture
def url(shop):
    with serve(shop) as url:
        yield url


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def sms(url, ledger):
    with Client(base_url=url, ledger=ledger) as sms:
        yield sms


def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]


def say(url, ref, code):
    """Let a message arrive at the sandbox, which posts it."""
    control = url.replace(API_PATH, "/sandbox/sms")
    params = {"id": ref, "text": f"Your code is {code}", "code": code}
    httpx.post(control, params=params, trust_env=False).raise_for_status()


def waits_on(sms, shop, ref):
    polls = shop.polls
    waits = begin(sms.wait_code, ref, every=SELDOM)
    until(lambda: shop.polls > polls)
    return waits


def code_without_a_poll(waits, shop, polls):
    """Return the code; it came long before the next poll."""
    code = waits.result(SELDOM / 2).loc[0, "code"]
    assert shop.polls == polls
    return code


def test_a_posted_code_is_delivered_without_a_poll(sms, shop, url):
    shop.webhook_url = sms.webhooks.start(port=0)
    ref = bought(sms)
    waits, polls = waits_on(sms, shop, ref), shop.polls
    say(url, ref, "01234")
    assert code_without_a_poll(waits, shop, polls) == "01234"


def test_a_posted_code_is_told_once_although_a_poll_shows_it_too(sms, shop, url):
    shop.webhook_url = sms.webhooks.start(port=0)
    ref = bought(sms)
    with sms.watch(ref, every=QUICK) as watch:
        for code in ("01234", "01234", "54321"):
            say(url, ref, code)
            assert begin(next, watch).result(60).code == code
            polls = shop.polls
            until(lambda polls=polls: shop.polls > polls + 2)
            shop.step(1)
            sms.again(ref)
        assert watch.frame.loc[0, "codes"] == ["01234", "01234", "54321"]


def test_a_posted_code_is_told_while_the_provider_cannot_be_asked(shop, ledger):
    faults = ["drop-before@getActiveActivations:1", "drop-before@getStatus:1"]
    with serve(shop, faults) as url, Client(base_url=url, ledger=ledger) as sms:
        shop.webhook_url = sms.webhooks.start(port=0)
        ref = bought(sms)
        waits = begin(sms.wait_code, ref, every=SELDOM)
        until(lambda: sms._poller_handle.poller.trouble is not None)
        say(url, ref, "01234")
        assert waits.result(60).loc[0, "code"] == "01234"


def test_an_old_code_that_was_posted_is_old(sms, shop, url):
    shop.webhook_url = sms.webhooks.start(port=0)
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    say(url, ref, "01234")
    waits.result(60)
    sms.again(ref)
    waits = begin(sms.wait_code, ref, every=QUICK)
    polls = shop.polls
    until(lambda: shop.polls > polls + 2)
    assert not waits.done()
    shop.step(1)
    say(url, ref, "01234")
    waits.result(60)


@contextlib.contextmanager
def process(*command, **settings):
    """Run a program beside this one; yields its lines of output."""
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        try:
            yield running.stdout
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(10)


def test_a_receiver_in_another_process_is_heard(sms, shop, url, ledger):
    command = ("-m", "sms_notebook", "webhooks", "--port", "0", "--ledger", str(ledger))
    with process(*command, SMS_BASE_URL=url) as lines:
        shop.webhook_url = lines.readline().strip()
        ref = bought(sms)
        waits, polls = waits_on(sms, shop, ref), shop.polls
        say(url, ref, "01234")
        assert code_without_a_poll(waits, shop, polls) == "01234"


def test_what_another_client_in_another_process_finds_is_heard(sms, shop, url, ledger):
    program = """
        import sys
        from sms_notebook import Client
        with Client() as sms:
            print("ready", flush=True)
            print(sms.wait_code(sys.argv[1], every=0.05).loc[0, "code"], flush=True)
        """
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    settings = {"SMS_BASE_URL": url, "SMS_LEDGER": ledger}
    with process("-c", textwrap.dedent(program), ref, **settings) as lines:
        assert lines.readline().strip() == "ready"
        polls = shop.polls
        until(lambda: shop.polls > polls + 2)
        say(url, ref, "01234")
        assert lines.readline().strip() == "01234"
        assert waits.result(SELDOM / 2).loc[0, "code"] == "01234"
