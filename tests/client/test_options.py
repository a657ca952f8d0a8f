"""A client people can bend: options for some calls, hooks, and the reply an error came of."""

import json
import pickle

import httpx
import pytest

from sms_notebook import (
    ApiError,
    ConnectionFailed,
    MalformedReply,
    NoNumbers,
    PurchaseUncertain,
    UsageProblem,
)
from sms_notebook.sandbox import Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
BALANCE = "ACCESS_BALANCE:1.00"
PHONE = "77001234567"
ORDERED = json.dumps({"activationId": "635468024", "phoneNumber": PHONE, "activationCost": 0.1})


# Time-outs ---------------------------------------------------------------------------------------


def asked_within(opened, **options):
    """Return the time-outs that a request carries, as what sends it sees them."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, text=BALANCE)

    sms = opened(
        KEY, base_url="https://x.example/", http_client=httpx.MockTransport(answer), **options
    )
    sms.get_balance()
    return seen, sms


def test_a_timeout_has_parts(opened):
    seen, sms = asked_within(opened, timeout=httpx.Timeout(20, connect=5, pool=1))
    assert seen == [{"connect": 5, "read": 20, "write": 20, "pool": 1}]
    sms.run(lambda client: client.with_options(timeout=60).get_balance())
    assert seen[1] == dict.fromkeys(("connect", "read", "write", "pool"), 60)
    sms.get_balance()
    assert seen[2] == seen[0]


@pytest.mark.alike
@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"timeout": "5"},
        {"timeout": httpx.Timeout(None)},
        {"timeout": httpx.Timeout(5, read=None)},
        {"total_timeout": -1},
        {"total_timeout": True},
    ],
)
def test_nothing_waits_for_ever(wrong, opened):
    with pytest.raises(UsageProblem, match="takes seconds above zero"):
        opened(**wrong)
    with pytest.raises(UsageProblem, match="takes seconds above zero"):
        opened().client.with_options(**wrong)


@pytest.mark.parametrize("how", ["client", "copy"])
def test_the_whole_has_a_limit_of_its_own(how, opened, wire):
    """A server that drips is within each step's time-out for as long as it likes."""

    def dripping(_asked):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        while not wire.over.wait(0.02):
            yield b"x"

    wire.answer = dripping
    whole = {"total_timeout": 0.3}
    options = whole if how == "client" else {}
    sms = opened(KEY, base_url=wire.url, retries=0, timeout=60, **options)
    client = sms.client if how == "client" else sms.client.with_options(**whole)
    with pytest.raises(ConnectionFailed, match="too long"):
        sms.run(lambda _: client.get_balance())


# with_options ------------------------------------------------------------------------------------


def test_a_copy_shares_everything_else(opened):
    market = Sandbox(speed=0, success=0, api_key=KEY, balance="10")
    with serve(market) as url:
        sms = opened(KEY, base_url=url, budget="5")
        first = sms.order("tg", 2, key="same")
        client = sms.client.with_options(timeout=60, retries=0)
        again = sms.run(lambda _: client.order("tg", 2, key="same"))
        assert again["activation_id"].equals(first["activation_id"])
        assert not again.loc[0, "is_new"]
        client.mask()
        assert sms.client.is_masked
        assert "•••" in sms.ledger().loc[0, "phone_number"]
        market.send_sms(first.loc[0, "activation_id"], "Your code is 12345")
        waited = sms.run(lambda _: client.wait_code(first, every=0.5))
        assert waited.loc[0, "code"] == "•••"


def test_closing_a_copy_leaves_the_first_one_open(opened, wire):
    wire.says(BALANCE)
    sms = opened(KEY, base_url=wire.url)
    copy, other = sms.client.with_options(retries=0), sms.client.with_options(quiet=True)
    sms.run(lambda _: copy.close())
    assert copy.is_closed
    with pytest.raises(UsageProblem, match="is closed"):
        sms.run(lambda _: copy.get_balance())
    assert sms.get_balance().loc[0, "balance"] == 1.0
    sms.run(lambda client: client.close())
    assert other.is_closed
    with pytest.raises(UsageProblem, match="is closed"):
        sms.run(lambda _: other.get_balance())
    with pytest.raises(UsageProblem, match="is closed"):
        other.with_options(retries=0)


def test_retries_are_those_of_the_copy(opened, wire):
    wire.says("", 500)
    sms = opened(KEY, base_url=wire.url, retries=2)
    with pytest.raises(ApiError):
        sms.run(lambda client: client.with_options(retries=0).get_balance())
    assert len(wire.asked) == 1


def test_a_copy_that_may_take_longer_keeps_its_purchases_under_way(opened, wire):
    """Another kernel must not take a purchase for lost while its answer may still come."""
    sms = opened(KEY, base_url=wire.url, timeout=1)
    ledgers = sms.client._session.ledgers
    before = ledgers.account_ledger.patience
    sms.client.with_options(total_timeout=300)
    assert ledgers.account_ledger.patience >= max(300, before)


# Hooks -------------------------------------------------------------------------------------------


def test_hooks_hear_of_each_request_without_the_key(opened, wire):
    heard, also = [], []
    wire.answers_in_turn(
        wire.http("", 500), wire.http(BALANCE), wire.http('{"2": {"tg": {"cost": 1, "count": 5}}}')
    )
    sms = opened(KEY, base_url=wire.url, method="POST", hooks=[heard.append, also.append])
    sms.client._session.rate_limiter._step = 0.0
    sms.get_balance()
    sms.get_prices("tg", 2)
    assert [(request.action, request.status) for request in heard] == [
        ("getBalance", 500),
        ("getBalance", 200),
        ("getPrices", 200),
    ]
    assert heard[2].params == {"service": "tg", "country": "2"}
    assert {request.method for request in heard} == {"POST"}
    assert all(request.seconds >= 0 for request in heard)
    assert KEY not in repr(heard)
    assert also == heard


def test_a_hook_hears_of_what_got_no_reply(opened, closed_port):
    heard = []
    with pytest.raises(ConnectionFailed):
        opened(KEY, base_url=closed_port, retries=0, hooks=heard.append).get_balance()
    [request] = heard
    assert (request.status, request.error) == (None, "ConnectionFailed")


@pytest.mark.parametrize("failure", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3)])
def test_a_hook_that_raises_loses_no_purchase(failure, opened, caplog):
    market, bought = Sandbox(speed=0, success=0, api_key=KEY, balance="10"), []

    def fail(request):
        if request.action.startswith("getNumber"):
            bought.append(request)
            raise failure

    with serve(market) as url:
        sms = opened(KEY, base_url=url, hooks=fail)
        if isinstance(failure, Exception):
            assert len(sms.order("tg", 2, key="mine")) == 1
            assert "a request hook failed: ValueError: mine" in caplog.text
        else:
            with pytest.raises(type(failure)):
                sms.order("tg", 2, key="mine")
        [known] = sms.ledger().to_dict("records")
        assert known["certainty"] == "read"
        assert known["phone_number"]
        assert len(bought) == 1


def test_hooks_hear_of_a_watch_and_of_nothing_after_they_are_taken_off(opened):
    market, heard = Sandbox(speed=0, success=0, api_key=KEY, balance="10"), []
    with serve(market) as url:
        sms = opened(KEY, base_url=url, hooks=heard.append)
        number = sms.order("tg", 2)
        market.send_sms(number.loc[0, "activation_id"], "Your code is 12345")
        sms.wait_code(number, every=0.5)
        assert {"getActiveActivations", "getStatus"} & {request.action for request in heard}
        before = len(heard)
        sms.run(lambda client: client.with_options(hooks=[]).get_balance())
        assert len(heard) == before


def test_hooks_of_a_masked_client_see_no_number(opened, wire):
    heard = []
    wire.says("[]")
    sms = opened(KEY, base_url=wire.url, hooks=heard.append)
    sms.client.mask()
    sms.run(lambda client: client.call("somethingOfTheirs", phone=PHONE, id="635468024"))
    assert PHONE not in repr(heard)


@pytest.mark.alike
def test_a_hook_is_called_and_not_awaited(opened):
    async def hook(_request): ...

    for wrong in (hook, 5, ["print"]):
        with pytest.raises(UsageProblem, match="hooks takes functions"):
            opened(hooks=wrong)


# The reply an error came of ----------------------------------------------------------------------


def test_an_error_has_the_reply_without_the_key(opened, wire):
    wire.says(f"<p>NOT {KEY} HERE", 503, content_type="text/html", retry_after="7", x_secret=KEY)
    with pytest.raises(ApiError) as failed:
        opened(KEY, base_url=wire.url, retries=0).get_balance()
    reply = failed.value.reply
    assert (reply.status, reply.text) == (503, "<p>NOT *** HERE")
    assert reply.headers == {"content-type": "text/html", "retry-after": "7"}
    assert "HERE" not in f"{failed.value} {failed.value!r} {reply!r}"
    assert pickle.loads(pickle.dumps(failed.value)).reply == reply  # noqa: S301 - pickled here


def test_a_purchase_of_unknown_outcome_has_it_too(opened, wire):
    wire.says(f"ODD:{PHONE}", 200)
    with pytest.raises(PurchaseUncertain) as failed:
        opened(KEY, base_url=wire.url).get_number("tg", 2)
    assert failed.value.reply.text == f"ODD:{PHONE}"


def test_what_got_no_reply_has_none(opened, closed_port):
    with pytest.raises(ConnectionFailed) as failed:
        opened(KEY, base_url=closed_port, retries=0).get_balance()
    assert failed.value.reply is None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f"NO_NUMBERS:{PHONE}", "NO_NUMBERS:•••"),
        (f"<html>Your code is 12345, {PHONE}", "•••"),
        (
            f'{{"error": "NO_NUMBERS", "text": "code 12345", "phone": "{PHONE}"}}',
            '{"error":"•••","text":"•••","phone":"•••"}',
        ),
        (f'{{"error": "NO_NUMBERS", "text": "code 12345, {PHONE}', "•••"),
    ],
)
def test_under_the_mask_nothing_true_is_in_it(body, shown, opened, wire):
    wire.says(body, x_text=f"code 12345 for {PHONE}")
    sms = opened(KEY, base_url=wire.url, retries=0)
    sms.client.mask()
    with pytest.raises((NoNumbers, MalformedReply, ApiError)) as failed:
        sms.get_balance()
    reply = failed.value.reply
    assert reply.text == shown
    assert reply.headers["x-text"] == "•••"


def test_a_long_reply_is_kept_in_part(opened, wire):
    wire.says("<p>" + "x" * 200_000)
    with pytest.raises(MalformedReply) as failed:
        opened(KEY, base_url=wire.url, retries=0).get_balance()
    assert len(failed.value.reply.text) == 65_536
