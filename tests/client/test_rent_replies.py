"""What else the replies about rents that are activations say, also in odd shapes."""

import json

import pytest

from sms_notebook import BadRentTime, Client, CodeAlreadyReceived

KEY = "0123456789abcdef0123456789abcdef"


def test_messages_that_come_along_with_a_refusal_are_kept_once(wire):
    otp = {
        "id": "3400000001",
        "phoneFrom": "Telegram",
        "code": "482917",
        "text": "Telegram code 482917",
        "service": "tg",
        "date": "2026-11-28T19:01:00+03:00",
        "type": "sms",
    }
    there = []

    def answer(asked):
        if asked.action == "getAllSms":
            return wire.http(json.dumps({"data": there, "meta": {"total": len(there)}}))
        refusal = {"title": "NEW_OTP_RECEIVED", "details": "…", "info": {"data": [otp]}}
        return wire.http(json.dumps(refusal), 409)

    wire.answer = answer
    with Client(KEY, provider="herosms", base_url=wire.url) as sms:
        ledger = sms._session.ledgers.account_ledger
        with pytest.raises(CodeAlreadyReceived):
            sms.set_rent_status("700000001", 1)
        assert [message.text for message in ledger.messages(["700000001"])] == [otp["text"]]
        there[:] = [otp]
        assert sms.get_rent_status("700000001")["text"].tolist() == [otp["text"]]
        assert len(ledger.messages(["700000001"])) == 1
    assert wire.actions()[:3] == ["getAllSms", "finishActivation", "getAllSms"]


def test_options_of_other_units_and_odd_options_are_read(wire):
    options = [
        {"price": 0.5, "duration": {"unit": "minute", "value": 20}},
        {"price": 1.5, "duration": {"unit": "days", "value": "1"}},
        {"price": 9, "duration": {"unit": "moon", "value": 1}},
        None,
        {"price": 0.9, "duration": {"unit": "minute", "value": 120}},
    ]
    wire.says(json.dumps({"data": {"options": options}}))
    with Client(KEY, provider="herosms", base_url=wire.url) as sms:
        assert sms.check_extra_activation("7").loc[0, "cost"] == 0.5
        assert sms.check_extra_activation("7", hours=2).loc[0, "cost"] == 0.9
        assert sms.continue_rent_info("7", 24).loc[0, "price"] == 1.5
        with pytest.raises(BadRentTime) as refused:
            sms.continue_rent_info("7", 48)
        assert refused.value.available == (2, 24)
    assert set(wire.actions()) == {"reactivateOptions", "prolongOptions"}
