import json
import time

import httpx
import pytest

from .conftest import BUY, KEY

DROPS = (httpx.RemoteProtocolError, httpx.ReadError)


def test_an_honest_purchase_answers_as_providers_do(door):
    before = door.bought()
    reply = door.buy()
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=UTF-8"
    assert reply.text.startswith("ACCESS_NUMBER:")
    assert door.bought() == before + 1


def test_a_wrong_key_is_refused(door):
    assert door.get(api_key="wrong", action="getBalance").text == "BAD_KEY"


def test_a_form_is_read_like_a_query(door):
    before = door.bought()
    reply = door.send("POST", params={"api_key": KEY}, data=BUY)
    assert reply.text.startswith("ACCESS_NUMBER:")
    assert door.bought() == before + 1


def test_the_key_is_read_from_the_query_only(door):
    assert door.send("POST", data={"api_key": KEY, "action": "getBalance"}).text == "BAD_KEY"


def test_query_and_form_are_put_together(door):
    reply = door.send(
        "POST",
        params={"api_key": KEY, "action": "getNumber"},
        data={"service": "tg", "country": "2"},
    )
    assert reply.text.startswith("ACCESS_NUMBER:")


def test_the_body_of_a_get_is_not_read(door):
    reply = door.send(
        "GET",
        params={"api_key": KEY, "action": "getBalance"},
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=b"action=getNumber&service=tg&country=2",
    )
    assert reply.text.startswith("ACCESS_BALANCE:")


@pytest.mark.parametrize(("moment", "effect"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_gives_no_reply(door, moment, effect):
    before = door.bought()
    door.faults.set([f"drop-{moment}:1"])
    with pytest.raises(DROPS):
        door.buy()
    assert door.bought() == before + effect


@pytest.mark.parametrize(("moment", "effect"), [("before", 0), ("after", 1)])
def test_a_cut_reply_is_an_incomplete_body(door, moment, effect):
    before = door.bought()
    door.faults.set([f"cut-{moment}:1"])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        door.buy()
    assert door.bought() == before + effect


@pytest.mark.parametrize(("moment", "effect"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("status", [500, 502, 503, 520, 599])
def test_a_server_error_has_its_status(door, status, moment, effect):
    before = door.bought()
    door.faults.set([f"{status}-{moment}:1"])
    reply = door.buy()
    assert reply.status_code == status
    assert "<html" in reply.text
    assert door.bought() == before + effect


@pytest.mark.parametrize(("moment", "effect"), [("before", 0), ("after", 1)])
def test_an_html_page_comes_with_status_200(door, moment, effect):
    before = door.bought()
    door.faults.set([f"html-{moment}:1"])
    reply = door.buy()
    assert reply.status_code == 200
    assert reply.text.startswith("<!DOCTYPE html>")
    assert "ACCESS_NUMBER" not in reply.text
    assert door.bought() == before + effect


@pytest.mark.parametrize(("text", "wait"), [("429:1", "1"), ("429:1:30", "30")])
def test_too_many_requests_says_how_long_to_wait(door, text, wait):
    before = door.bought()
    door.faults.set([text])
    reply = door.buy()
    assert reply.status_code == 429
    assert reply.headers["retry-after"] == wait
    assert door.bought() == before


REFUSALS = {
    "ERROR_SQL:1": "ERROR_SQL",
    "NO_NUMBERS@getNumber:1": "NO_NUMBERS",
    "SERVER_ERROR:1": "SERVER_ERROR",
    "BANNED:1:2030-01-31 12:00:00": "BANNED:2030-01-31 12:00:00",
    "BANNED:1": "BANNED:'2025-03-02 12-00-00'",
    "WRONG_MAX_PRICE:1:0.25": "WRONG_MAX_PRICE:0.25",
}


@pytest.mark.parametrize(("text", "answer"), REFUSALS.items())
def test_a_code_is_answered_in_plain_text_and_nothing_is_bought(door, text, answer):
    before = door.bought()
    door.faults.set([text])
    reply = door.buy()
    assert (reply.status_code, reply.text) == (200, answer)
    assert door.bought() == before


@pytest.mark.parametrize("action", ["getRentNumber", "getRentStatus", "buyPartnerProduct"])
def test_rent_and_partner_actions_answer_a_code_in_json(door, action):
    door.faults.set(["SERVER_ERROR:1"])
    reply = door.get(action=action, service="tg", id="1", productId="1")
    assert json.loads(reply.text) == {"status": "error", "message": "SERVER_ERROR"}


def test_a_bad_key_is_plain_text_even_for_rent(door):
    door.faults.set(["BAD_KEY:1"])
    assert door.get(action="getRentList").text == "BAD_KEY"


def test_the_maximum_of_hours_comes_in_info(door):
    door.faults.set(["MAX_HOURS_EXCEED:1:72"])
    assert json.loads(door.get(action="continueRentNumber").text)["info"] == {"max": 72}


def test_a_fault_of_one_action_leaves_the_others_alone(door):
    door.faults.set(["drop-before@getNumber:1"])
    assert door.get(action="getBalance").text.startswith("ACCESS_BALANCE:")


def test_a_late_reply_arrives_late(door):
    door.faults.set(["latency:1:0.15"])
    began = time.monotonic()
    assert door.get(action="getBalance").text.startswith("ACCESS_BALANCE:")
    assert time.monotonic() - began >= 0.15


def test_a_reply_later_than_the_time_out_has_bought_all_the_same(door):
    before = door.bought()
    door.faults.set(["latency:1:3000"])
    with pytest.raises(httpx.ReadTimeout):
        door.buy(timeout=0.1)
    assert door.bought() == before + 1


def test_latency_and_another_fault_come_together(door):
    door.faults.set(["latency:1:0.1", "502-before:1"])
    began = time.monotonic()
    assert door.buy().status_code == 502
    assert time.monotonic() - began >= 0.1


def test_the_door_stays_open_after_a_drop(door):
    door.faults.set(["drop-after:1"])
    with pytest.raises(DROPS):
        door.buy()
    door.faults.clear()
    assert door.get(action="getBalance").status_code == 200
