import asyncio
from datetime import timedelta

import httpx
import pytest

from sms_notebook.sandbox import Gateway, serve
from sms_notebook.sandbox.server import API_PATH, make_app

from .conftest import BUY, KEY, START, standing_sandbox


@pytest.fixture
def sandbox():
    return standing_sandbox()


@pytest.fixture
def control(sandbox):
    with (
        serve(sandbox) as url,
        httpx.Client(base_url=url.removesuffix(API_PATH), trust_env=False) as client,
    ):
        yield client


def buy(control):
    reply = control.get(API_PATH, params={"api_key": KEY, **BUY}).text
    return reply.split(":")[1]


def test_the_front_page_says_what_this_is_in_three_lines(control):
    reply = control.get("/")
    assert reply.headers["content-type"].startswith("text/plain")
    assert len(reply.text.splitlines()) == 3
    assert "no real money" in reply.text


def test_the_state_shows_time_money_and_counts(control, sandbox):
    buy(control)
    state = control.get("/sandbox/state").json()
    assert state["now"] == START.isoformat()
    assert state["speed"] == 0
    assert state["account"] == "active"
    assert state["balance"] == str(sandbox.account.balance)
    assert state["cashback"] == "0.00"
    assert (state["requests"], state["purchases"]) == (1, 1)
    assert KEY not in str(state)


def test_purchases_are_listed_to_the_cent(control, sandbox):
    activation = buy(control)
    (row,) = control.get("/sandbox/purchases").json()
    (bought,) = sandbox.purchases()
    assert row["id"] == activation
    assert row["action"] == "getNumber"
    assert row["cost"] == str(bought.cost)
    assert row["refunded"] == "0.00"
    assert row["at"] == START.isoformat()


def test_a_step_moves_the_clock(control, sandbox):
    state = control.post("/sandbox/step", params={"seconds": "90"}).json()
    assert state["now"] == (START + timedelta(seconds=90)).isoformat()
    assert sandbox.clock.now() == START + timedelta(seconds=90)


def test_the_speed_can_be_changed(control, sandbox):
    assert control.post("/sandbox/speed", params={"value": "60"}).json()["speed"] == 60
    assert sandbox.clock.speed == 60


def test_faults_are_set_line_by_line_and_cleared_by_an_empty_body(control):
    state = control.post("/sandbox/faults", content="NO_NUMBERS:1\n\nlatency:0:2\n").json()
    assert state["faults"] == ["NO_NUMBERS:1", "latency:0:2"]
    assert control.get(API_PATH, params={"api_key": KEY, **BUY}).text == "NO_NUMBERS"
    state = control.post("/sandbox/faults").json()
    assert state["faults"] == []
    assert state["fired"] == {"NO_NUMBERS": 1}


def test_an_sms_can_be_sent_by_hand(control):
    activation = buy(control)
    message = {"id": activation, "text": "Your code is 4321", "code": "4321"}
    assert control.post("/sandbox/sms", params=message).status_code == 200
    status = {"api_key": KEY, "action": "getStatus", "id": activation}
    assert control.get(API_PATH, params=status).text == "STATUS_OK:4321"


BAD_REQUESTS = {
    "/sandbox/step": "seconds is a number from 0 to 31622400",
    "/sandbox/step?seconds=-1": "seconds is a number from 0 to 31622400",
    "/sandbox/step?seconds=1e300": "seconds is a number from 0 to 31622400",
    "/sandbox/step?seconds=nan": "seconds is a number from 0 to 31622400",
    "/sandbox/speed?value=fast": "value is a number from 0 to 1000000",
    "/sandbox/sms?text=hello": "id and text are needed",
    "/sandbox/sms?id=999&text=hello": "no SMS can be sent to activation 999",
}


@pytest.mark.parametrize(("path", "line"), BAD_REQUESTS.items())
def test_a_bad_control_request_says_what_is_wrong(control, path, line):
    reply = control.post(path)
    assert (reply.status_code, reply.json()) == (400, {"error": line})


def test_a_step_beyond_the_end_of_the_clock_says_so(sandbox):
    sandbox.step(974 * 365.2425 * 86400)
    with serve(sandbox) as url:
        reply = httpx.post(httpx.URL(url).join("/sandbox/step?seconds=31622400"), trust_env=False)
    assert reply.status_code == 400
    assert reply.json() == {"error": "the clock ends with the year 2999"}


def test_a_bad_fault_changes_nothing(control):
    control.post("/sandbox/faults", content="NO_NUMBERS:1")
    reply = control.post("/sandbox/faults", content="bogus:1")
    assert reply.status_code == 400
    assert "unknown fault 'bogus'" in reply.json()["error"]
    assert control.get("/sandbox/state").json()["faults"] == ["NO_NUMBERS:1"]


def test_a_head_request_buys_nothing(control, sandbox):
    assert control.head(API_PATH, params={"api_key": KEY, **BUY}).status_code == 405
    assert sandbox.purchases() == ()


def test_a_huge_form_is_refused(control):
    assert control.post(API_PATH, data={"x": "y" * 100_000}).status_code == 413


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (("127.0.0.1", 1), 200),
        (("::1", 1), 200),
        (("::ffff:127.0.0.1", 1), 200),
        (("203.0.113.5", 1), 403),
        (("::ffff:203.0.113.5", 1), 403),
        (("testclient", 1), 403),
    ],
)
def test_only_this_machine_gets_to_the_control(sandbox, client, status):
    async def ask(path):
        transport = httpx.ASGITransport(make_app(Gateway(sandbox)), client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await http.get(path, params={"api_key": KEY, "action": "getBalance"})

    assert asyncio.run(ask("/sandbox/state")).status_code == status
    assert asyncio.run(ask(API_PATH)).text == "ACCESS_BALANCE:50.00"


def test_a_forwarded_address_is_not_believed(control):
    headers = {"X-Forwarded-For": "203.0.113.5"}
    assert control.get("/sandbox/state", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80", "LOCALHOST", "[::1]:8700", "[::1]"])
def test_every_name_of_this_machine_opens_the_control(control, host):
    assert control.get("/sandbox/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "a@[::1", "", "x:y"],
)
def test_a_foreign_name_that_leads_here_does_not_open_the_control(control, sandbox, host):
    reply = control.post("/sandbox/step?seconds=90", headers={"Host": host})
    line = "the control is asked as 127.0.0.1, localhost or [::1] only"
    assert (reply.status_code, reply.json()) == (403, {"error": line})
    assert sandbox.clock.now() == START


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example"],
)
def test_a_foreign_web_page_does_not_get_to_the_control(control, sandbox, origin):
    reply = control.post("/sandbox/step?seconds=90", headers={"Origin": origin})
    assert (reply.status_code, reply.json()) == (403, {"error": "the control is not for web pages"})
    assert sandbox.clock.now() == START


def test_a_page_of_the_server_itself_is_no_foreign_one(control):
    origin = str(control.base_url).rstrip("/")
    assert control.get("/sandbox/state", headers={"Origin": origin}).status_code == 200
