"""Cancelling at live providers: too early, too late, not at all, in whichever word they say it."""

import json

import pytest

from sms_notebook import (
    ApiError,
    BadStatus,
    CodeAlreadyReceived,
    EarlyCancelDenied,
    SmsError,
    UsageProblem,
)
from sms_notebook.client import activation_steps

from .conftest import QUICK
from .script import LIST, Script

pytestmark = pytest.mark.usefixtures("nothing_left_running")
KEY = "0123456789abcdef0123456789abcdef"
WAIT = "STATUS_WAIT_CODE"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What is tried again is tried soon."""
    monkeypatch.setattr(activation_steps, "EVERY", QUICK)
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 4 * QUICK)


def bought(opened, wire, **options):
    sms = opened(KEY, base_url=wire.url, **options)
    return sms, sms.order("tg", 2).loc[0, "activation_id"]


def ended(frame):
    assert [*frame.columns] == ["status", "code", "text", "activation_id"]
    code = frame.loc[0, "code"]
    return frame.loc[0, "status"], code if isinstance(code, str) else None


def envelope(title, **info):
    return json.dumps({"title": title, "details": "in words", "info": info})


ALREADY = {
    "ACCESS_CANCEL_ALREADY": ("ACCESS_CANCEL_ALREADY", "cancelled"),
    "ALREADY_CANCEL": ("ALREADY_CANCEL", "cancelled"),
    "ALREADY_CANCELLED": ("ALREADY_CANCELLED", "cancelled"),
    "in a sentence": ('{"error":"Activation already cancelled"}', "cancelled"),
    "STATUS_CANCEL": ("STATUS_CANCEL", "over"),
    "NO_ACTIVATION": ("NO_ACTIVATION", "over"),
    "404 NOT_FOUND": ((404, envelope("NOT_FOUND")), "over"),
    "404 NO_ACTIVATION": ((404, "NO_ACTIVATION"), "over"),
    "409 ACTIVATION_NOT_ACTIVE": ((409, envelope("ACTIVATION_NOT_ACTIVE")), "over"),
    "ALREADY_FINISH": ("ALREADY_FINISH", "finished"),
}


@pytest.mark.alike
@pytest.mark.parametrize(("word", "state"), ALREADY.values(), ids=ALREADY.keys())
def test_what_is_over_already_ends_in_the_ledger(opened, wire, word, state):
    Script(wire, getStatus=WAIT, setStatus=word)
    sms, ref = bought(opened, wire)
    assert ended(sms.cancel(ref)) == ("STATUS_CANCEL", None)
    assert sms.ledger().loc[0, "state"] == state


LOOKED_UP = {
    "BAD_STATUS": "BAD_STATUS",
    "400 BAD_STATUS": (400, envelope("BAD_STATUS")),
    "STATUS_ALREADY_CHANGED": "STATUS_ALREADY_CHANGED",
    "an unknown word": "CATALOG_NOT_READY",
    "an odd text": "hm?",
    "an empty body": "",
    "ACCESS_READY": "ACCESS_READY",
    "ACCESS_ERROR_NUMBER_GET": "ACCESS_ERROR_NUMBER_GET",
    "409 FREE_CANCELLATION_EXPIRED": (409, envelope("FREE_CANCELLATION_EXPIRED")),
    "409 OTP_RECEIVED": (409, envelope("OTP_RECEIVED")),
}
"""Answers that leave open how the activation stands."""


@pytest.mark.alike
@pytest.mark.parametrize("word", LOOKED_UP.values(), ids=LOOKED_UP.keys())
def test_an_answer_that_is_no_cancel_is_looked_into(opened, wire, word):
    Script(wire, getStatus=[WAIT, "STATUS_CANCEL"], setStatus=word)
    sms, ref = bought(opened, wire)
    assert ended(sms.cancel(ref)) == ("STATUS_CANCEL", None)
    assert sms.ledger().loc[0, "state"] == "over"

    Script(wire, getStatus=[WAIT, "STATUS_OK:7711"], setStatus=word)
    assert ended(sms.cancel(ref)) == ("STATUS_OK", "7711")
    assert sms.ledger().loc[0, "codes"] == ["7711"]


@pytest.mark.alike
@pytest.mark.parametrize("word", LOOKED_UP.values(), ids=LOOKED_UP.keys())
@pytest.mark.parametrize("after", [WAIT, "ERROR_SQL"])
def test_an_answer_that_is_no_cancel_is_never_taken_for_one(opened, wire, word, after):
    script = Script(wire, getStatus=[WAIT, after], setStatus=word)
    sms, ref = bought(opened, wire, retries=0)
    with pytest.raises(SmsError):
        sms.cancel(ref)
    assert script.times("setStatus") == 1
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("active", 0)


@pytest.mark.parametrize("word", ["ACCESS_READY", "ACCESS_ERROR_NUMBER_GET", "BAD_STATUS"])
def test_a_block_pays_for_no_number_without_a_code(opened, wire, word):
    script = Script(wire, getStatus=WAIT, setStatus=word)
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises(ApiError):
        in_a_block(sms)
    sent = [sent["status"] for sent in script.sent if sent["action"] == "setStatus"]
    assert set(sent) == {"8"}


def in_a_block(sms):
    def sync(client):
        with client.activation("tg", 2):
            pass

    async def run(client):
        async with client.activation("tg", 2):
            pass

    sms.run(lambda client: run(client) if hasattr(client, "aclose") else sync(client))


def test_a_block_finishes_what_turns_out_to_have_a_code(opened, wire):
    script = Script(
        wire,
        getStatus=[WAIT, "STATUS_OK:7711"],
        setStatus=["ACCESS_READY", "ACCESS_ACTIVATION"],
    )
    sms = opened(KEY, base_url=wire.url)
    in_a_block(sms)
    sent = [sent["status"] for sent in script.sent if sent["action"] == "setStatus"]
    assert sent == ["8", "6"]
    row = sms.ledger().iloc[0]
    assert (row["state"], row["codes"]) == ("finished", ["7711"])


TAKEN = {"204": (204, ""), "a success": '{"status":"success"}', "a word": "ACCESS_CANCEL"}


@pytest.mark.parametrize("answer", TAKEN.values(), ids=TAKEN.keys())
def test_a_cancel_may_be_taken_without_a_word(opened, wire, answer):
    Script(wire, getStatus=WAIT, setStatus=answer)
    sms, ref = bought(opened, wire)
    assert ended(sms.cancel(ref)) == ("ACCESS_CANCEL", None)
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("cancelled", row["cost"])


@pytest.mark.parametrize("answer", [(204, ""), '{"status":"success"}', "ACCESS_ACTIVATION"])
def test_so_may_a_finish(opened, wire, answer):
    Script(wire, getStatus="STATUS_OK:7711", setStatus=answer)
    sms, ref = bought(opened, wire)
    assert sms.finish(ref).loc[0, "status"] == "ACCESS_ACTIVATION"
    assert sms.ledger().loc[0, "state"] == "finished"


@pytest.mark.parametrize("answer", ["ACCESS_READY", "ACCESS_CANCEL"])
def test_an_answer_that_is_no_finish_is_no_finish(opened, wire, answer):
    Script(wire, getStatus="STATUS_OK:7711", setStatus=answer)
    sms, ref = bought(opened, wire)
    with pytest.raises(BadStatus, match=f"{answer}: activation {ref} has not finished"):
        sms.finish(ref)
    assert sms.ledger().loc[0, "state"] != "finished"


EARLY = {
    "EARLY_CANCEL_DENIED": ("EARLY_CANCEL_DENIED", 120),
    "CANNOT_BEFORE_2_MIN": ("CANNOT_BEFORE_2_MIN", 120),
    "409": ((409, envelope("EARLY_CANCEL_DENIED", minActivationTime=120)), 120),
    "403": ((403, "EARLY_CANCEL_DENIED"), 120),
    "400 of five minutes": ((400, envelope("EARLY_CANCEL_DENIED", minActivationTime=300)), 300),
    "seconds from now": ((409, envelope("EARLY_CANCEL_DENIED", retry_after_seconds=37)), 37),
}


@pytest.mark.parametrize(("word", "seconds"), EARLY.values(), ids=EARLY.keys())
def test_a_cancel_that_comes_too_early_is_denied_with_its_seconds(opened, wire, word, seconds):
    Script(wire, getStatus=WAIT, setStatus=word)
    sms, ref = bought(opened, wire)
    with pytest.raises(EarlyCancelDenied) as denied:
        sms.cancel(ref)
    assert denied.value.retry_after == seconds
    assert str(denied.value).endswith(f" sms.cancel('{ref}', when_allowed=True) waits for that.")
    assert sms.ledger().loc[0, "state"] == "active"


@pytest.mark.parametrize(("word", "_seconds"), EARLY.values(), ids=EARLY.keys())
def test_a_cancel_that_comes_too_early_may_be_waited_out(opened, wire, word, _seconds):
    Script(wire, getStatus=WAIT, setStatus=[word, word, "ACCESS_CANCEL"], **{LIST: "[]"})
    sms, ref = bought(opened, wire)
    assert ended(sms.cancel(ref, when_allowed=True)) == ("ACCESS_CANCEL", None)
    assert sms.ledger().loc[0, "state"] == "cancelled"


WAITS = {
    "since buying": ((409, envelope("EARLY_CANCEL_DENIED", minActivationTime=300)), 300),
    "since buying, in the word": ("CANNOT_BEFORE_2_MIN", 120),
    "since buying, as the row has it": ("EARLY_CANCEL_DENIED", 120),
    "from now": ((409, envelope("EARLY_CANCEL_DENIED", retry_after_seconds=37)), 37),
}


@pytest.mark.parametrize(("word", "seconds"), WAITS.values(), ids=WAITS.keys())
def test_a_cancel_waits_as_long_as_it_takes(opened, wire, monkeypatch, word, seconds):
    waited = []

    def no_code_within(self, ref, seconds):
        waited.append(seconds)
        yield from ()

    monkeypatch.setattr(activation_steps.ActivationSteps, "_code_within", no_code_within)
    Script(wire, getStatus=WAIT, setStatus=[word, "ACCESS_CANCEL"])
    sms, ref = bought(opened, wire)
    account_ledger = sms.client._session.ledgers.account_ledger
    monkeypatch.setattr(type(account_ledger), "clock_agrees", True)
    sms.cancel(ref, when_allowed=True)
    assert waited == [pytest.approx(seconds, abs=30)]
    assert waited[0] <= seconds


CODES = {
    "codes": ["1111", "2222"],
    "messages": [{"code": "1111", "text": "c 1111"}, {"code": "2222", "text": "c 2222"}],
    "other names": [{"smsCode": "1111"}, {"smsCode": "2222", "smsText": "c 2222"}],
}


@pytest.mark.alike
@pytest.mark.parametrize("data", CODES.values(), ids=CODES.keys())
@pytest.mark.parametrize("title", ["OTP_RECEIVED", "NEW_OTP_RECEIVED"])
@pytest.mark.parametrize("do", ["cancel", "finish", "again"])
def test_codes_that_come_with_a_refusal_are_kept(opened, wire, data, title, do):
    Script(wire, getStatus=WAIT, setStatus=(409, envelope(title, data=data)))
    sms, ref = bought(opened, wire)
    if do == "cancel":
        assert ended(sms.cancel(ref)) == ("STATUS_OK", "2222")
    else:
        with pytest.raises(CodeAlreadyReceived):
            getattr(sms, do)(ref)
    assert sms.ledger().loc[0, "codes"] == ["1111", "2222"]


# What a provider does not have ------------------------------------------------------------------


def test_what_cannot_be_cancelled_is_said_before_anything_is_sent(opened, wire):
    script = Script(wire)
    sms = opened(KEY, provider="onlinesim", base_url=wire.url)
    with pytest.raises(UsageProblem, match="cannot be cancelled at OnlineSim: 5 ends by itself"):
        sms.cancel("5")
    assert script.asked == []


@pytest.mark.parametrize(("provider", "status"), [("herosms", 1), ("onlinesim", 8), ("sms-man", 3)])
def test_a_status_that_a_provider_lacks_is_not_sent(opened, wire, provider, status):
    script = Script(wire)
    sms = opened(KEY, provider=provider, base_url=wire.url)
    with pytest.raises(UsageProblem, match=f"has no status {status}"):
        sms.set_status("5", status)
    assert script.asked == []


@pytest.mark.parametrize(("provider", "number"), [("herosms", "8"), ("sms-man", "-1")])
def test_a_cancel_is_sent_by_the_number_that_a_provider_takes(opened, wire, provider, number):
    script = Script(wire, getStatus=WAIT, setStatus="ACCESS_CANCEL")
    sms = opened(KEY, provider=provider, base_url=wire.url)
    assert ended(sms.cancel("5")) == ("ACCESS_CANCEL", None)
    assert script.sent[-1]["status"] == number


def test_a_status_that_nobody_documents_is_sent_as_asked(opened, wire):
    script = Script(wire, setStatus="ACCESS_CANCEL")
    opened(KEY, provider="tiger-sms", base_url=wire.url).set_status("5", -1)
    assert script.sent[-1]["status"] == "-1"
