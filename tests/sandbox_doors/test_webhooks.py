import json
import os
import signal
import threading
import time
from datetime import timedelta

import httpx
import pytest

from sms_notebook.sandbox import Gateway, SandboxTransport, serve, webhooks
from sms_notebook.sandbox.dialects.dialect import RETRY_DELAYS
from sms_notebook.sandbox.server import API_PATH

from .conftest import ADDRESS, BUY, KEY, START, standing_sandbox


@pytest.fixture
def gateway(receiver):
    # No message comes by itself; the tests send their own.
    gateway = Gateway(standing_sandbox(webhook_url=receiver.open(), success=0.0))
    yield gateway
    gateway.close()


@pytest.fixture
def patience(monkeypatch):
    """Two seconds for a try, and for a round of tries, are a fifth of one."""
    for name in ("_LONGEST_TRY", "_LONGEST_ROUND"):
        assert getattr(webhooks, name) == 2
        monkeypatch.setattr(webhooks, name, 0.2)


def buy(gateway, **params):
    with httpx.Client(transport=SandboxTransport(gateway)) as client:
        reply = client.get(ADDRESS, params={"api_key": KEY, **BUY, **params}).text
    return reply.split(":")[1]


def message(gateway):
    activation = buy(gateway)
    gateway.sandbox.send_sms(activation, "Your code is 0042", "0042")
    return activation


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "sandbox-webhooks"]


def test_a_message_is_posted_as_the_protocol_describes_it(gateway, receiver):
    activation = message(gateway)
    gateway.webhooks.deliver_due()
    receiver.wait_for(1)
    assert json.loads(receiver.bodies[0]) == {
        "activationId": int(activation),
        "service": "tg",
        "text": "Your code is 0042",
        "code": "0042",
        "country": 2,
        "receivedAt": "2025-03-01 12:00:00",
    }


def test_a_delivered_message_is_not_sent_again(gateway, receiver):
    message(gateway)
    gateway.webhooks.deliver_due()
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [200]
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("refusal", [500, 404, 302, 204, 201])
def test_any_status_but_200_is_tried_again(gateway, receiver, refusal):
    receiver.statuses = [refusal]
    message(gateway)
    gateway.webhooks.deliver_due()
    assert gateway.webhooks.deliver_due() == 0
    gateway.sandbox.step(RETRY_DELAYS[0])
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [refusal, 200]
    assert receiver.bodies[0] == receiver.bodies[1]


def test_a_message_arrives_once_the_receiver_is_up_again(gateway, receiver):
    port = receiver.close()
    message(gateway)
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [None]
    receiver.open(port)
    gateway.sandbox.step(RETRY_DELAYS[0])
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [None, 200]


@pytest.mark.parametrize(
    "address",
    [
        "http://a..b/",
        "http://[",
        "ftp://x/",
        "nonsense",
        "http://a:99999999999999999999/",
        "http://\udc80/",
    ],
)
def test_an_impossible_address_does_not_hold_up_the_others(gateway, receiver, address):
    good = gateway.sandbox.webhook_url
    gateway.sandbox.webhook_url = address
    message(gateway)
    gateway.sandbox.webhook_url = good
    message(gateway)
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [None, 200]


def test_eight_tries_within_two_hours_and_no_more(gateway, receiver):
    receiver.statuses = [500] * 20
    message(gateway)
    for _ in range(24):
        gateway.webhooks.deliver_due()
        gateway.sandbox.step(600)
    attempts = gateway.webhooks.attempts()
    assert [attempt.number for attempt in attempts] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert attempts[0].at == START
    assert attempts[-1].at <= START + timedelta(hours=2)
    assert len(receiver.bodies) == 8


def test_a_long_step_makes_all_tries_that_fell_into_it(gateway, receiver):
    receiver.statuses = [500] * 3
    message(gateway)
    gateway.sandbox.step(7200)
    gateway.webhooks.deliver_due()
    attempts = gateway.webhooks.attempts()
    assert [attempt.status for attempt in attempts] == [500, 500, 500, 200]
    assert [attempt.at - START for attempt in attempts] == [
        timedelta(seconds=s) for s in (0, 15, 60, 300)
    ]


def test_a_step_over_the_control_delivers(receiver):
    sandbox = standing_sandbox(webhook_url=receiver.open())
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        client.get(url, params={"api_key": KEY, **BUY})
        client.post(url.removesuffix(API_PATH) + "/sandbox/step", params={"seconds": "1200"})
        assert receiver.bodies


def test_a_running_clock_delivers_by_itself_and_tries_again(receiver):
    sandbox = standing_sandbox(speed=600, webhook_url=receiver.open())
    receiver.statuses = [503]
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        client.get(url, params={"api_key": KEY, **BUY})
        receiver.wait_for(2)
    assert receiver.bodies[0] == receiver.bodies[1]


def test_the_address_of_a_rent_gets_its_messages(receiver):
    sandbox = standing_sandbox(speed=3600, balance="500")
    rent = {"action": "getRentNumber", "service": "tg", "rent_time": "24", "country": "2"}
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        params = {"api_key": KEY, **rent, "url": receiver.open()}
        assert client.get(url, params=params).json()["status"] == "success"
        receiver.wait_for(1)


def test_the_thread_runs_only_while_an_address_is_in_use(gateway):
    before = len(threads())
    without = Gateway(standing_sandbox())
    buy(without)
    assert len(threads()) == before
    buy(gateway)
    assert len(threads()) == before + 1
    gateway.close()
    assert len(threads()) == before


def test_a_receiver_that_never_comes_to_an_end_counts_as_a_failed_try(gateway, endless, patience):
    gateway.sandbox.webhook_url = endless.url
    message(gateway)
    gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [None]
    assert endless.left.wait(60)


def test_many_hopeless_tries_do_not_hold_up_a_step(endless, patience):
    sandbox = standing_sandbox(webhook_url=endless.url, success=0.0)
    with serve(sandbox) as url, httpx.Client(trust_env=False, timeout=60) as client:
        for _ in range(10):
            activation = client.get(url, params={"api_key": KEY, **BUY}).text.split(":")[1]
            sandbox.send_sms(activation, "Your code is 0042")
        step = url.removesuffix(API_PATH) + "/sandbox/step"
        reply = client.post(step, params={"seconds": "7200"})
        assert reply.status_code == 200
        assert 0 <= reply.json()["tries"] < 10


def test_what_a_round_leaves_over_is_delivered_by_the_next(gateway, endless, receiver):
    good, gateway.sandbox.webhook_url = gateway.sandbox.webhook_url, endless.url
    message(gateway)
    gateway.sandbox.webhook_url = good
    message(gateway)
    for _ in range(3):
        gateway.webhooks.deliver_due()
    assert [attempt.status for attempt in gateway.webhooks.attempts()] == [None, 200]


def test_leaving_a_server_does_not_wait_for_a_receiver(endless, patience):
    sandbox = standing_sandbox(webhook_url=endless.url, success=0.0)
    with serve(sandbox) as url:
        params = {"api_key": KEY, **BUY}
        activation = httpx.get(url, params=params, trust_env=False).text.split(":")[1]
        sandbox.send_sms(activation, "Your code is 0042")
        assert endless.reached.wait(60)


def test_an_impossible_address_of_a_rent_does_not_stop_the_thread(receiver):
    sandbox = standing_sandbox(balance="500", success=0.0)
    rent = {"action": "getRentNumber", "service": "tg", "rent_time": "24", "country": "2"}
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        for address in ("http://a:99999999999999999999/", receiver.open()):
            params = {"api_key": KEY, **rent, "url": address}
            number = client.get(url, params=params).json()["phone"]["id"]
            sandbox.send_sms(str(number), "Your code is 0042")
        receiver.wait_for(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forks
def test_a_child_announces_what_comes_there_and_its_parent_the_rest(gateway, receiver):
    message(gateway)
    receiver.wait_for(1)
    receiver.statuses = [500]
    message(gateway)  # due once more, in the parent
    receiver.wait_for(2)
    if not (child := os.fork()):
        signal.alarm(60)
        try:
            gateway.sandbox.step(RETRY_DELAYS[0])
            activation = buy(gateway)
            gateway.sandbox.send_sms(activation, "Your code is 4711", "4711")
            while activation not in str(gateway.webhooks.attempts()):
                time.sleep(0.01)
            os._exit(0)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [json.loads(body)["code"] for body in receiver.bodies] == ["0042", "0042", "4711"]
