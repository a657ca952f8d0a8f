"""The list of active numbers is a shortcut, never a gate: getStatus decides in its place."""

import json
import re

import pytest

from sms_notebook import (
    ActivationOver,
    BadAction,
    BadKey,
    Client,
    CodeTimeout,
    ConnectionFailed,
)
from sms_notebook.watching import open_questions, queries, tracker

from .conftest import QUICK, begin, crossed, take, until
from .script import LIST, Script

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
KEY = "0123456789abcdef0123456789abcdef"
LATE = ["STATUS_WAIT_CODE", "STATUS_OK:777"]


def rows(*fields, **envelope):
    return json.dumps({"status": "success", **envelope, "activeActivations": fields})


def row(ref="5", **fields):
    return {"activationId": ref, "phoneNumber": "79990000001", "serviceCode": "tg", **fields}


SILENT = {
    "empty body": "",
    "500": (500, "Internal Server Error"),
    "503 in HTML": (503, "<html>busy</html>"),
    "cut": '{"status":"success","activeActivations":[{"activationId":"5"',
    "HTML": "<html><title>Just a moment</title></html>",
    "a success without a list": '{"status":"success"}',
    "rows of another shape": '{"status":"success","activeActivations":[1,2]}',
    "NO_ACTIVATIONS": "NO_ACTIVATIONS",
    "none": '{"status":"success","data":[],"activeActivations":{"rows":[]}}',
    "none in words": '{"status":"fail","msg":"no_activations"}',
    "null": "null",
    "BAD_ACTION": "BAD_ACTION",
    "404 BAD_ACTION": (404, '{"title":"BAD_ACTION","details":"Method Not Found"}'),
    "BAD_KEY of the list alone": "BAD_KEY",
    "401 of the list alone": (401, '{"status":0,"message":"No access","data":[]}'),
    "ERROR_SQL": "ERROR_SQL",
    "another number": rows(row("6", smsCode="999")),
    "a null among them": rows(None, row("6")),
    "without a code field": rows(row(activationStatus="1")),
    "HTML for a code": rows(row(code='<img src="/assets/ico/loading.gif">', status="2")),
    "under array": '{"status":"success","array":[{"id":"5","phone":"79990000001","status":"0"}],'
    '"quant":"1"}',
    "under activations": json.dumps({"status": "success", "activations": [row()]}),
    "a bare list": json.dumps([row(smsCode=None)]),
    "an empty code": rows(row(smsCode="", smsText="")),
}


@pytest.mark.parametrize("listed", SILENT.values(), ids=SILENT.keys())
def test_a_code_that_no_list_shows_comes_by_its_status(opened, wire, listed):
    script = Script(wire, getStatus=LATE, **{LIST: listed})
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert script.times("getStatus") >= 2


SHOWN = {
    "sms": rows(row(sms=[{"code": "777", "text": "c 777"}])),
    "otpList": json.dumps({"status": "success", "data": [row(otpList=[{"smsCode": "777"}])]}),
    "code": json.dumps({"status": "success", "data": [row(status="6", code="777")]}),
    "beside an empty twin": json.dumps(
        {"status": "success", "data": [row(smsCode="777")], "activeActivations": {"rows": []}}
    ),
    "by id": json.dumps({"status": "success", "activeActivations": {"5": row(smsCode=["777"])}}),
}


@pytest.mark.parametrize("listed", SHOWN.values(), ids=SHOWN.keys())
def test_a_code_that_the_list_shows_comes_from_there(opened, wire, listed):
    Script(wire, getStatus=LATE, **{LIST: listed})
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert sms.get_active_activations().loc[0, "sms_code"] == "777"


def test_a_list_that_never_shows_a_code_does_not_hide_it(opened, wire):
    script = Script(wire, getStatus=LATE, **{LIST: rows(row(smsCode=None, smsText=None))})
    sms = opened(KEY, base_url=wire.url)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert script.times(LIST) <= 2 * tracker.ASK_EVERY + 2


def test_a_list_that_says_enough_spares_questions(wire):
    script = Script(
        wire, getStatus="STATUS_WAIT_CODE", **{LIST: rows(row(smsCode=None, smsText=None))}
    )
    with Client(KEY, base_url=wire.url) as sms:
        waits = begin(sms.wait_code, "5", every=QUICK)
        until(lambda: script.times("getStatus") > 3)
        lists, states = script.times(LIST), script.times("getStatus")
        until(lambda: script.times("getStatus") >= states + 3)
        assert script.times(LIST) - lists >= 3 * (tracker.ASK_EVERY - 1)
    waits.exception(60)


def test_a_list_that_hangs_holds_up_no_status(opened, wire, monkeypatch):
    monkeypatch.setattr(open_questions, "PATIENCE", QUICK)
    script = Script(wire, getStatus=[*["STATUS_WAIT_CODE"] * 5, "STATUS_OK:777"], **{LIST: None})
    sms = opened(KEY, base_url=wire.url, timeout=60)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert script.times(LIST) == 1  # it is not asked for again while it hangs
    assert script.times("getStatus") == 6


def test_a_list_that_comes_late_is_taken_all_the_same(wire, monkeypatch):
    monkeypatch.setattr(open_questions, "PATIENCE", QUICK)
    script = Script(wire, getStatus="STATUS_WAIT_CODE", **{LIST: rows(row(smsCode="777"))})
    say, is_late = wire.answer, []

    def answer(asked):
        if asked.action == LIST and not is_late:
            is_late.append(asked)
            return slowly(say(asked))
        return say(asked)

    def slowly(reply):
        until(lambda: script.times("getStatus") > 3)
        yield reply

    wire.answer = answer
    with (
        Client(KEY, base_url=wire.url) as sms,
        sms.watch(every=QUICK) as watch,
        sms.watch("5", every=QUICK),
    ):
        events = take(watch, 2)
    assert [(event.kind, event.code) for event in events] == [("new", None), ("code", "777")]


def test_a_number_that_hangs_holds_up_no_other(opened, wire, monkeypatch):
    monkeypatch.setattr(open_questions, "PATIENCE", QUICK)
    script = Script(
        wire,
        getStatus_1=None,
        getStatus_2=[*["STATUS_WAIT_CODE"] * 5, "STATUS_OK:777"],
        **{LIST: "NO_ACTIVATIONS"},
    )
    with Client(KEY, base_url=wire.url, timeout=60) as sms:
        stuck = begin(sms.wait_code, "1", every=QUICK)
        until(lambda: script.times("getStatus"))
        assert sms.wait_code("2", timeout=60, every=QUICK).loc[0, "code"] == "777"
        assert not stuck.done()
    stuck.exception(60)


ODD = {
    "unknown": "NO_ACTIVATION",
    "404": (404, '{"title":"NOT_FOUND","details":"Activation Not Found"}'),
    "HTML": "<html>?</html>",
    "empty": "",
    "odd": "SOMETHING_ELSE",
    "an odd state": "STATUS_PENDING",
    "prose": "try again later",
    "JSON": '{"a":1}',
    "500": (500, ""),
    "ERROR_SQL": "ERROR_SQL",
    "ERROR_API": "ERROR_API",
    "BAD_KEY": "BAD_KEY",
    "BAD_ACTION": "BAD_ACTION",
    "BANNED": "BANNED:2026-01-01 00:00:00",
}


NO_LIST = {name: SILENT[name] for name in ("NO_ACTIVATIONS", "500", "BAD_ACTION")}


@pytest.mark.parametrize(("odd", "listed"), crossed(ODD, NO_LIST))
def test_what_is_said_of_one_number_is_its_own_trouble(wire, odd, listed):
    script = Script(wire, getStatus=odd, getStatus_2="STATUS_WAIT_CODE", **{LIST: listed})
    with Client(KEY, base_url=wire.url) as sms:
        others = [begin(sms.wait_code, "2", every=QUICK)]
        until(lambda: script.times("getStatus") > 1)
        others += [begin(sms.wait_code, str(ref), every=QUICK) for ref in range(10, 22)]
        until(lambda: script.times("getStatus") > 60)
        assert not others[0].done()
        script.set(getStatus_2="STATUS_OK:777")
        assert others[0].result(60).loc[0, "code"] == "777"
    for other in others[1:]:
        assert other.exception(60) is not None


def test_a_number_that_the_list_shows_is_not_unknown(opened, wire):
    script = Script(
        wire, getStatus="NO_ACTIVATION", **{LIST: rows(row(smsCode=None, smsText=None))}
    )
    sms = opened(KEY, base_url=wire.url)
    waits = begin(sms.wait_code, "5", every=QUICK)
    until(lambda: script.times("getStatus") > 6)
    assert not waits.done()
    script.set(**{LIST: rows(row(smsCode="777", smsText=None))})
    assert waits.result(60).loc[0, "code"] == "777"


@pytest.mark.parametrize("word", ["NO_ACTIVATION", (404, '{"title":"NOT_FOUND","details":"x"}')])
def test_a_number_that_was_there_is_over_only_after_several_answers(opened, wire, word):
    said = ["STATUS_WAIT_CODE", word, word, "STATUS_WAIT_CODE", word, "STATUS_OK:777"]
    Script(wire, getStatus=said, **{LIST: "NO_ACTIVATIONS"})
    sms = opened(KEY, base_url=wire.url)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
    gone = ["STATUS_WAIT_CODE", word]
    script = Script(wire, getStatus=gone, **{LIST: "NO_ACTIVATIONS"})
    with pytest.raises(ActivationOver):
        sms.wait_code("6", timeout=60, every=QUICK)
    assert script.times("getStatus") == 4


def test_a_number_bought_a_moment_ago_may_be_unknown_at_first(opened, wire):
    Script(wire, getStatus=["NO_ACTIVATION", "NO_ACTIVATION", "STATUS_OK:777"], **{LIST: "[]"})
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "777"


@pytest.mark.parametrize("listed", ["NO_ACTIVATIONS", rows(row(smsCode=None)), "BAD_ACTION"])
def test_a_state_that_nobody_knows_ends_no_wait(opened, wire, listed):
    said = ["STATUS_PENDING", "STATUS_WAIT_CODE", *["STATUS_ODD"] * 4, "STATUS_OK:777"]
    Script(wire, getStatus=said, **{LIST: listed})
    sms = opened(KEY, base_url=wire.url)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"


@pytest.mark.parametrize("word", ["STATUS_CANCEL", "STATUS_CANCELED", "STATUS_EXPIRED"])
def test_a_cancelled_number_is_over_at_once(opened, wire, word):
    script = Script(wire, getStatus=word, **{LIST: rows(row(code="<img>"))})
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises(ActivationOver):
        sms.wait_code("5", timeout=60, every=QUICK)
    assert script.times("getStatus") == 1


class TestVagueBadAction:
    """VAK-SMS says BAD_ACTION to a wrong key and to an unknown id too."""

    def test_a_vague_refusal_marks_no_action_as_missing(self, opened, wire):
        said = ["BAD_ACTION", "STATUS_WAIT_CODE", "BAD_ACTION", "BAD_ACTION", "STATUS_OK:777"]
        prices = '{"2":{"tg":{"cost":0.5,"count":9}}}'
        Script(wire, getStatus=said, getNumber="ACCESS_NUMBER:5:79990000001", getPrices=prices)
        sms = opened(KEY, provider="vak-sms", base_url=wire.url)
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "777"

    def test_one_unknown_number_ends_alone(self, wire):
        script = Script(wire, getStatus="BAD_ACTION", getStatus_2="STATUS_WAIT_CODE")
        with Client(KEY, provider="vak-sms", base_url=wire.url) as sms:
            other = begin(sms.wait_code, "2", every=QUICK)
            until(lambda: script.times("getStatus") > 1)
            with pytest.raises(BadAction):
                sms.wait_code("1", timeout=60, every=QUICK)
            assert not other.done()
            script.set(getStatus_2="STATUS_OK:777")
            assert other.result(60).loc[0, "code"] == "777"
            assert script.times(LIST) == 0

    def test_the_list_is_asked_for_again_after_a_vague_refusal(self, opened, wire):
        script = Script(
            wire,
            getStatus="STATUS_WAIT_CODE",
            **{LIST: ["BAD_ACTION", "BAD_ACTION", rows(row(smsCode="777"))]},
        )
        sms = opened(KEY, provider="tiger-sms", base_url=wire.url)
        assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
        assert script.times(LIST) == 3


@pytest.mark.parametrize("word", ["BAD_KEY", (401, "BAD_KEY")])
def test_a_wrong_key_ends_all_waits(wire, word):
    Script(wire, getStatus=word, **{LIST: word})
    with Client(KEY, base_url=wire.url) as sms:
        waits = [begin(sms.wait_code, str(ref), every=QUICK) for ref in range(12)]
        assert {type(one.exception(60)) for one in waits} == {BadKey}


@pytest.mark.parametrize("name", ["smsbower", "sms-man", "365sms", "daisysms-io"])
def test_a_provider_without_a_list_is_never_asked_for_it(opened, wire, name):
    script = Script(wire, getStatus=LATE)
    sms = opened(KEY, provider=name, base_url=wire.url)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert set(script.asked) == {"getStatus"}


class TestPages:
    """HeroSMS and Tiger SMS list 100 at most."""

    @pytest.mark.parametrize("name", ["herosms", "tiger-sms"])
    def test_all_pages_are_read(self, wire, name):
        script = Script(wire, getStatus="STATUS_WAIT_CODE")
        there = [row(str(ref), smsCode="777" if ref == 230 else None) for ref in range(250)]
        answer = wire.answer

        def by_page(asked):
            if asked.action == LIST:
                start, limit = int(asked.params["start"]), int(asked.params["limit"])
                script.set(
                    **{LIST: json.dumps({"status": "success", "data": there[start:][:limit]})}
                )
            return answer(asked)

        wire.answer = by_page
        with (
            Client(KEY, provider=name, base_url=wire.url) as sms,
            sms.watch("230", every=QUICK) as watch,
        ):
            assert take(watch, 1)[0].code == "777"
        pages = [sent["start"] for sent in script.sent if sent["action"] == LIST]
        assert pages[:3] == ["0", "100", "200"]

    def test_a_list_that_repeats_its_page_comes_to_an_end(self, wire):
        there = json.dumps({"status": "success", "data": [row(str(ref)) for ref in range(100)]})
        script = Script(wire, getStatus=LATE, **{LIST: there})
        with Client(KEY, provider="herosms", base_url=wire.url) as sms:
            assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
        assert script.times(LIST) <= 2 * script.times("getStatus")

    def test_the_reference_is_asked_without_pages(self, opened, wire):
        script = Script(wire, getStatus=LATE, **{LIST: rows(row())})
        opened(KEY, base_url=wire.url).wait_code("5", timeout=60, every=QUICK)
        (asked, *_) = [sent for sent in script.sent if sent["action"] == LIST]
        assert {"start", "limit"}.isdisjoint(asked)

    def test_a_person_may_ask_for_a_page(self, opened, wire):
        script = Script(wire, **{LIST: rows(row())})
        opened(KEY, base_url=wire.url).get_active_activations(start=100, limit=50)
        (asked,) = script.sent
        assert (asked["start"], asked["limit"]) == ("100", "50")


def test_a_list_that_asks_for_patience_is_rested(opened, wire, monkeypatch):
    monkeypatch.setattr(queries, "SLOWEST", QUICK)
    script = Script(
        wire, getStatus=[*["STATUS_WAIT_CODE"] * 3, "STATUS_OK:777"], **{LIST: (429, "")}
    )
    sms = opened(KEY, base_url=wire.url)
    assert sms.wait_code("5", timeout=60, every=QUICK).loc[0, "code"] == "777"
    assert script.asked[:4] == [LIST, "getStatus", LIST, "getStatus"]


def test_nothing_is_said_to_be_wrong_where_the_status_is_enough(opened, wire):
    Script(wire, getStatus="STATUS_WAIT_CODE", **{LIST: (500, "")})
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises(CodeTimeout) as late:
        sms.wait_code("5", timeout=0.4, every=QUICK)
    assert re.search("last question", str(late.value)) is None


def test_a_list_alone_keeps_no_wait_going(opened, wire, monkeypatch):
    Script(wire, getStatus=(500, ""), **{LIST: "NO_ACTIVATIONS"})
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises((CodeTimeout, ConnectionFailed)):
        sms.wait_code("5", timeout=0.4, every=QUICK)


def test_many_numbers_that_hang_hold_up_no_other(wire, monkeypatch):
    monkeypatch.setattr(open_questions, "PATIENCE", QUICK)
    hanging = [str(ref) for ref in range(100, 130)]
    silent = {f"getStatus_{ref}": None for ref in hanging}
    Script(wire, getStatus_2=LATE, **silent, **{LIST: "NO_ACTIVATIONS"})
    with (
        Client(KEY, base_url=wire.url, timeout=60) as sms,
        sms.watch([*hanging, "2"], every=QUICK) as watch,
    ):
        assert [event.code for event in take(watch, 1)] == ["777"]


def test_an_end_that_hangs_holds_up_no_other_end(wire, monkeypatch):
    monkeypatch.setattr(open_questions, "PATIENCE", QUICK)
    script = Script(
        wire,
        getStatus_1="STATUS_CANCEL",
        getStatus_2="STATUS_WAIT_CODE",
        **{LIST: "NO_ACTIVATIONS"},
    )
    script.set(getHistory=[None, "[]"])
    with Client(KEY, base_url=wire.url, timeout=60) as sms:
        stuck = begin(sms.wait_code, "1", every=QUICK)
        until(lambda: script.times("getHistory"))
        other = begin(sms.wait_code, "2", every=QUICK)
        until(lambda: script.times("getStatus") > 3)
        script.set(getStatus_2="STATUS_CANCEL")
        with pytest.raises(ActivationOver):
            other.result(10)
        assert not stuck.done()
    stuck.exception(60)
