"""A masked recording holds no true number, code or text, and flows that join on them still work."""

import json
import re

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_notebook.sandbox import Sandbox
from sms_notebook.transport.standins import StandIns


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


def test_nothing_true_is_in_it_and_the_flow_is_the_same(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape, record_masked=True)
    true = flow(sms, shop.send_sms, shop.step)
    secrets = secrets_of(true)
    assert len(secrets) > 15
    text = tape.read_text(encoding="utf-8")
    assert json.loads(text.partition("\n")[0])["masked"] is True
    everything = [text, *(json.loads(line).get("body", "") for line in text.splitlines())]
    for secret in secrets:
        for place in everything:
            assert secret not in place, secret

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


def test_two_recordings_have_different_stand_ins():
    body = b"ACCESS_NUMBER:635468024:79991231234"
    assert len({StandIns().in_reply("getNumber", body) for _ in range(20)}) > 10


shapes = st.from_regex(r"[1-9][0-9]{9,13}", fullmatch=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(shapes, unique=True, min_size=1, max_size=30))
def test_different_numbers_have_different_stand_ins_of_the_same_shape(numbers):
    stand_ins = StandIns()
    others = []
    for number in numbers:
        body = json.dumps({"activationId": 1, "phoneNumber": int(number)}).encode()
        others.append(json.loads(stand_ins.in_reply("getNumberV2", body))["phoneNumber"])
    assert len(set(others)) == len(numbers)
    for number, other in zip(numbers, others, strict=True):
        assert str(other) != number
        assert len(str(other)) == len(number)
        assert str(other)[:4] == number[:4]


def test_a_refusal_that_tells_the_code_is_masked_and_other_refusals_stay():
    stand_ins = StandIns()
    told = b'{"status":"error","message":"ACTIVATION_HAS_CODE","info":{"data":[{"code":"54321"}]}}'
    assert b"54321" not in stand_ins.in_reply("setStatus", told)
    for body in (b"BAD_KEY", b"WRONG_MAX_PRICE:0.86", b"BANNED:'2026-01-01 10-00-00'"):
        assert stand_ins.in_reply("getNumber", body) == body
    named = b'{"status": "error", "code": "BAD_KEY"}'
    assert stand_ins.in_reply("getStatusV2", named) == named


def test_replies_that_cannot_be_read_lose_their_numbers():
    stand_ins = StandIns()
    for body in (b'{"phoneNumber":"79991231234', b"<p>79991231234</p>"):
        assert b"79991231234" not in stand_ins.in_reply("getNumberV2", body)
    assert b"79991231234" not in stand_ins.in_reply("ownAction", b"DONE:79991231234")


def test_a_number_elsewhere_in_a_reply_is_the_same_stand_in():
    stand_ins = StandIns()
    body = {
        "activationId": 7,
        "phoneNumber": "79991231234",
        "full": "+79991231234",
        "n": 79991231234,
    }
    said = json.loads(stand_ins.in_reply("getNumberV2", json.dumps(body).encode()))
    assert said["full"] == f"+{said['phoneNumber']}"
    assert said["n"] == int(said["phoneNumber"])
    assert said["activationId"] == 7


def test_ids_and_prices_are_not_touched(shop):
    stand_ins = StandIns()
    answer = Sandbox(speed=0).answer({"action": "getPrices", "service": "tg"}).text.encode()
    assert json.loads(stand_ins.in_reply("getPrices", answer)) == json.loads(answer)
