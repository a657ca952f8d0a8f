"""A masked recording holds no true number, code or text, and flows that join on them still work."""

import base64
import json
import re
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook import MalformedReply
from sms_notebook.cassettes.format import Exchange, packed, written
from sms_notebook.cassettes.pseudonyms import Pseudonyms
from sms_notebook.sandbox import Sandbox


def digits_in(text: str) -> str:
    return re.sub(r"\W", "", text)


def flow(sms, send, step) -> dict[str, pd.DataFrame]:
    """Do what people do with numbers; return what they see of it."""
    seen = {}
    seen["order"] = sms.order("tg", 2, key="mine")
    ref = seen["order"].loc[0, "activation_id"]
    send(ref, "Telegram code 54321\nor https://t.me/login/54321")
    seen["code"] = sms.wait_code(ref, every=0.1)
    seen["status"] = sms.get_status(ref)
    seen["details"] = sms.get_status_v2(ref)
    sms.again(ref)
    send(ref, "Your code: 987-654")
    seen["second"] = sms.wait_code(ref, every=0.1)
    seen["active"] = sms.get_active_activations()
    sms.finish(ref)
    seen["history"] = sms.get_history()
    seen["raw"] = sms.call("getNumber", service="wa", country=2)
    call = sms.get_number("tg", 2, activation_type=1).loc[0, "activation_id"]
    voice = sms.get_number("tg", 2, activation_type=2, language="en").loc[0, "activation_id"]
    step(600)
    seen["caller"] = sms.get_incoming_call_status(call)
    seen["called"] = sms.get_status(call)
    seen["voice"] = sms.get_status_v2(voice)
    seen["rent"] = sms.rent("full", 2, 4, key="line")
    line = seen["rent"].loc[0, "rent_id"]
    send(line, "From the rent: 135790")
    seen["messages"] = sms.get_rent_status(line)
    seen["rents"] = sms.get_rent_list()
    seen["product"] = sms.get_prices("tg", 2)
    seen["ledger"] = sms.ledger()
    return seen


def secrets_of(seen: dict) -> set[str]:
    """Return every number, code and text that was seen."""
    columns = ("phone_number", "phone_from", "phone", "code", "text", "url", "sms", "sms_code")
    found = set()
    for frame in seen.values():
        if isinstance(frame, str):
            found.add(frame.rpartition(":")[2])
            continue
        for name in columns:
            if name in frame:
                found.update(str(value) for value in frame[name].dropna())
    return found


def shows(secret: str, text: str) -> bool:
    """Tell whether a text shows a secret; a few digits within others are there by chance."""
    if secret.isdigit() and len(secret) < 7:
        return re.search(rf"(?<![\d.]){secret}(?!\d)", text) is not None
    return secret in text


def test_nothing_true_is_in_it_and_the_flow_is_the_same(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape, record_masked=True)
    true = flow(sms, shop.send_sms, shop.step)
    secrets = secrets_of(true)
    assert len(secrets) > 15
    text = tape.read_text(encoding="utf-8")
    assert json.loads(text.partition("\n")[0])["masked"] is True
    everything = [text, *(json.loads(line).get("body", "") for line in text.splitlines())]
    for secret in secrets:
        assert not [place for place in everything if shows(secret, place)], secret

    replay = played()
    seen = flow(replay, lambda *_: None, lambda _: None)
    for name in seen:
        if name != "raw":
            assert seen[name].dtypes.equals(true[name].dtypes)
            assert len(seen[name]) == len(true[name])
    phone = seen["order"].loc[0, "phone_number"]
    assert phone != true["order"].loc[0, "phone_number"]
    assert phone[:4] == true["order"].loc[0, "phone_number"][:4]
    assert len(phone) == len(true["order"].loc[0, "phone_number"])
    assert phone.isdigit()
    assert phone in set(seen["active"]["phone_number"]) & set(seen["history"]["phone_number"])
    assert phone in set(seen["ledger"]["phone_number"])
    code = seen["code"].loc[0, "code"]
    assert re.fullmatch(r"\d{5}", code)
    assert code == seen["status"].loc[0, "code"] == seen["details"].loc[0, "code"]
    assert code in seen["details"].loc[0, "text"]
    assert code != seen["second"].loc[0, "code"]
    mine = seen["ledger"][seen["ledger"]["key"] == "mine"].iloc[0]
    assert mine["codes"] == [code, seen["second"].loc[0, "code"]]
    past = seen["history"].set_index("phone_number").loc[phone, "sms"]
    assert code in past
    assert seen["second"].loc[0, "code"] in past
    assert seen["caller"].loc[0, "phone"].endswith(seen["called"].loc[0, "code"])
    assert seen["voice"].loc[0, "code"] in seen["voice"].loc[0, "text"]
    assert re.search(r"Masked message \d+: \d{6}", seen["messages"].loc[0, "text"])
    assert seen["rent"].loc[0, "phone_number"] in set(seen["rents"]["phone_number"])
    pd.testing.assert_frame_equal(seen["product"], true["product"])


def test_a_recording_can_be_masked_afterwards(opened, played, shop, tape, tmp_path):
    sms = opened(sandbox=shop, record=tape)
    sms.order("tg", 2, key="mine")
    shared = tmp_path / "shared.jsonl"
    bought = played(record=shared, record_masked=True).order("tg", 2, key="mine")
    assert bought.loc[0, "phone_number"] in tape.read_text(encoding="utf-8")
    assert bought.loc[0, "phone_number"] not in shared.read_text(encoding="utf-8")


def test_two_recordings_have_different_pseudonyms():
    body = b"ACCESS_NUMBER:635468024:79991231234"
    assert len({Pseudonyms().in_reply("getNumber", body) for _ in range(20)}) > 10


shapes = st.from_regex(r"[1-9][0-9]{9,13}", fullmatch=True)


@given(st.lists(shapes, unique=True, min_size=1, max_size=30))
def test_different_numbers_have_different_pseudonyms_of_the_same_shape(numbers):
    pseudonyms = Pseudonyms()
    others = []
    for number in numbers:
        body = json.dumps({"activationId": 1, "phoneNumber": int(number)}).encode()
        others.append(json.loads(pseudonyms.in_reply("getNumberV2", body))["phoneNumber"])
    assert len(set(others)) == len(numbers)
    for number, other in zip(numbers, others, strict=True):
        assert str(other) != number
        assert len(str(other)) == len(number)
        assert str(other)[:4] == number[:4]


def test_a_refusal_that_tells_the_code_is_masked_and_other_refusals_stay():
    pseudonyms = Pseudonyms()
    told = b'{"status":"error","message":"ACTIVATION_HAS_CODE","info":{"data":[{"code":"54321"}]}}'
    assert b"54321" not in pseudonyms.in_reply("setStatus", told)
    for body in (b"BAD_KEY", b"WRONG_MAX_PRICE:0.86", b"BANNED:'2026-01-01 10-00-00'"):
        assert pseudonyms.in_reply("getNumber", body) == body
    named = b'{"status": "error", "code": "BAD_KEY"}'
    assert pseudonyms.in_reply("getStatusV2", named) == named


def test_replies_that_cannot_be_read_lose_their_numbers():
    pseudonyms = Pseudonyms()
    for body in (b'{"phoneNumber":"79991231234', b"<p>79991231234</p>"):
        assert b"79991231234" not in pseudonyms.in_reply("getNumberV2", body)
    assert b"79991231234" not in pseudonyms.in_reply("ownAction", b"DONE:79991231234")


def test_a_number_elsewhere_in_a_reply_is_the_same_stand_in():
    pseudonyms = Pseudonyms()
    body = {
        "activationId": 7,
        "phoneNumber": "79991231234",
        "full": "+79991231234",
        "n": 79991231234,
    }
    said = json.loads(pseudonyms.in_reply("getNumberV2", json.dumps(body).encode()))
    assert said["full"] == f"+{said['phoneNumber']}"
    assert said["n"] == int(said["phoneNumber"])
    assert said["activationId"] == 7


def test_ids_and_prices_are_not_touched(shop):
    pseudonyms = Pseudonyms()
    answer = Sandbox(speed=0).answer({"action": "getPrices", "service": "tg"}).text.encode()
    assert json.loads(pseudonyms.in_reply("getPrices", answer)) == json.loads(answer)


# What nobody described ----------------------------------------------------------------------------

NUMBER, CODE = "79991231234", "QWERTY-Жщ"
TEXT = f"Use {CODE} to sign in, or 47119020"
ADDRESS = "https://t.me/login/aZbYcX"
UNKNOWN = [
    *(
        {"status": "error", "message": "code 1|2|3|4|5|6 has come"},
        {"error": "the code is 4 7 1 1 9 0"},
    ),
    *({"moreSms": [TEXT, CODE]}, {"links": [ADDRESS, {"href": ADDRESS}]}, {TEXT: 1}, {CODE: TEXT}),
    *({NUMBER: {"code": CODE, "text": TEXT}}, {NUMBER: TEXT}, {"data": {NUMBER: [TEXT]}}),
    *({"tel": int(NUMBER)}, {"tel": float(NUMBER)}, {"tel": f"+7 (999) 123-12-34 {NUMBER}"}),
    *({"x": {"y": [{"body": TEXT}]}}, {"status": "error", "message": f"the code {CODE} has come"}),
    *(
        {"status": "error", "error": CODE},
        {"info": TEXT},
        {"details": {"a": CODE}},
        {"status": TEXT},
    ),
    *(
        {"operator": TEXT},
        {"name": TEXT},
        {"android": TEXT},
        {"smsCodes": [CODE]},
        [TEXT],
        [[CODE]],
    ),
]
TEXTS = [
    *(
        TEXT,
        CODE,
        NUMBER,
        f"STATUS_OK:{CODE}",
        f"STATUS_WAIT_RETRY:{CODE}",
        f"STATUS_CANCEL:{CODE}",
    ),
    *(f"DONE:{CODE}", f"FULL_SMS:{TEXT}", f"ACCESS_NUMBER:1:{NUMBER}:{CODE}", f"NO_NUMBERS:{TEXT}"),
    *(f"OTP_RECEIVED:{CODE}", f"ACCESS_BALANCE:{CODE}", f"<html><p>{TEXT} {NUMBER}</p></html>"),
    *(
        f'{{"text":"{TEXT}',
        f'["{CODE}" "{TEXT}"]',
        f'[{{"phone":"{NUMBER}","a',
        f"ok {CODE} {NUMBER}",
    ),
]


def spellings(secret: str) -> set[bytes]:
    """Return a secret as it is, in JSON, percent-encoded, and in base64 wherever it begins."""
    content = secret.encode()
    coded = {base64.b64encode(b" " * shift + content) for shift in range(3)}
    middles = {text[4 : len(text) // 4 * 4 - 4] for text in coded}
    plain = {secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret)}
    return {text.encode() for text in plain} | {text for text in middles if len(text) > 8}


def recorded(action: str, *bodies: bytes) -> bytes:
    """Return the lines of a masked recording of replies."""
    pseudonyms = Pseudonyms()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    lines = b""
    for body in bodies:
        text, is_packed = packed(pseudonyms.in_reply(action, body))
        lines += written(Exchange("a", action, {}, now, now, body=text, packed=is_packed))
    return lines


PARTS = ("QWERTY", "47119020", "aZbYcX", "123-12-34", "1|2|3|4|5|6", "4 7 1 1 9 0")
ANYTHING = ["getStatusV2", "getActiveActivations", "setStatus", "getBalance", "getOperators", "own"]


@pytest.mark.parametrize("action", ANYTHING)
def test_what_nobody_described_is_replaced_whole(action):
    bodies = [json.dumps(value).encode() for value in UNKNOWN] + [text.encode() for text in TEXTS]
    for body in [*bodies, b"\xff" + TEXT.encode(), TEXT.encode("utf-16")]:
        lines = recorded(action, body)
        for secret in (NUMBER, CODE, TEXT, *PARTS):
            assert not [text for text in spellings(secret) if text in lines], (secret, body, lines)


letters = st.text("QWXZЖЩ漢🙂１٢|:-", min_size=4, max_size=9).filter(
    lambda text: sum(map(str.isalnum, text)) > 2
)


@given(
    st.sampled_from(ANYTHING),
    st.from_regex(r"7999[1-9][0-9]{6}", fullmatch=True),
    letters,
    st.recursive(
        st.sampled_from(["@number", "@code", "@text", 7, None]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["moreSms", "phone", "sms", "code", "text", "x", "@number", "0"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
    st.integers(0, 60),
)
def test_no_recording_holds_a_number_a_code_or_a_text(action, number, code, value, cut):
    text = f"{code} is for {number}"
    body = json.dumps(value, ensure_ascii=False)
    for name, true in (("@number", number), ("@code", code), ("@text", text)):
        body = body.replace(name, json.dumps(true, ensure_ascii=False)[1:-1])
    seen = json.dumps({"phoneNumber": number, "smsCode": code, "smsText": text})
    bodies = (seen, body, body[:cut], f"STATUS_OK:{code}", text, f"<p>{text}</p>")
    lines = recorded(action, *(text.encode() for text in bodies))
    assert not [
        found for true in (number, code, text) for found in spellings(true) if found in lines
    ]


@pytest.mark.parametrize(
    "body",
    [f'{{"sms":{{"text":"{TEXT}', f"{{{TEXT}}}", f"<html>{TEXT}</html>", TEXT, "[" * 5000],
)
def test_a_reply_that_cannot_be_read_is_recorded_as_such(opened, played, wire, tape, body):
    sms = opened("0" * 32, base_url=wire.url, record=tape, record_masked=True, retries=0)
    wire.says(body)
    with pytest.raises(MalformedReply) as before:
        sms.get_status_v2("1")
    replay = played()
    with pytest.raises(MalformedReply, match="left out of a masked recording") as after:
        replay.get_status_v2("1")
    assert after.value.is_cut == before.value.is_cut


def test_a_broken_text_plays_as_it_was_read(opened, played, wire, tape):
    sms = opened("0" * 32, base_url=wire.url, record=tape, record_masked=True, retries=0)
    wire.says(b'{"sms": {"code": "4711", "text": "caf\xc3 \\ud83d 4711 it\\\'s"}, "call": null}')
    assert sms.get_status_v2("1").loc[0, "code"] == "4711"
    message = played().get_status_v2("1").loc[0]
    assert message["code"] != "4711"
    assert message["text"] == f"Masked message 1: {message['code']}"


def test_an_address_for_webhooks_is_not_recorded_and_the_order_plays(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape, record_masked=True)
    ref = sms.rent("full", 2, 4, url="https://me.example/hooks/aZbYcX").loc[0, "rent_id"]
    assert "aZbYcX" not in tape.read_text(encoding="utf-8")
    again = played().rent("full", 2, 4, url="https://me.example/hooks/aZbYcX")
    assert again.loc[0, "rent_id"] == ref
