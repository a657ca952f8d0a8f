"""What holds for each dialect: its name, its seed, its lists, faults of the connection."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from terminal import refused, running

from sms_notebook.sandbox import AsyncSandboxTransport, Fault, Sandbox
from sms_notebook.sandbox.actions import ACTIONS
from sms_notebook.sandbox.dialects import DIALECTS, TITLES, dialect_named
from sms_notebook.sandbox.dialects.dialect import REST_PATH
from sms_notebook.sandbox.wire import SandboxRequest

from .conftest import API, KEY, REST, START

HEADERS = {"authorization": f"ApiKey {KEY}"}
NAMES = tuple(DIALECTS)
PROVIDERS = NAMES[1:]
ALL_ACTIONS = {action for dialect in DIALECTS.values() for action in dialect.actions}
PARAMS = {
    "service": "tg",
    "country": "6",
    "id": "1",
    "status": "8",
    "duration": "24",
    "services": "tg",
    "countries": "6",
}
GUESSED = (
    "service country operator id status activationId duration page size limit offset start end "
    "maxPrice max_price minPrice phoneException providerIds exceptProviderIds fixedPrice currency "
    "services countries poolProvider format text full_text freePrice orderId from to sort[id]"
)


def test_the_dialects():
    assert " ".join(NAMES) == (
        "reference herosms smsbower tiger-sms grizzlysms smshub virtualsms sms-man vak-sms "
        "daisysms-io"
    )
    assert list(TITLES) == list(NAMES)


def test_the_reference_has_the_documented_actions_and_is_what_is_meant_if_not_said():
    assert DIALECTS["reference"].actions is ACTIONS
    assert Sandbox().dialect.name == "reference"


@pytest.mark.parametrize("name", ["hero-sms", "", "HeroSMS", "nonsense"])
def test_an_unknown_dialect_is_refused_in_one_line_that_names_them_all(name):
    with pytest.raises(ValueError, match="there is no dialect") as caught:
        Sandbox(dialect=name)
    line = str(caught.value)
    assert "\n" not in line
    assert all(known in line for known in NAMES)


def test_a_slip_gets_a_hint():
    with pytest.raises(ValueError, match=r"Did you mean herosms\?"):
        dialect_named("hero-sms")


def answers(name: str, seed: int) -> list[str]:
    sandbox = Sandbox(dialect=name, seed=seed, speed=0, start=START, success=1.0)
    found = []
    for round_number in range(3):
        for action in sorted(DIALECTS[name].actions):
            params = {**PARAMS, "action": action, "country": "6"}
            for payment in sandbox.purchases()[-1:]:
                params["id"] = payment.id
            answer = sandbox.answer(params)
            found.append(f"{round_number} {action} {answer.status} {answer.text}")
        sandbox.step(200)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_repeats_a_run_to_the_byte(name):
    assert answers(name, 1) == answers(name, 1)
    assert answers(name, 1) != answers(name, 2)


@pytest.mark.parametrize("name", PROVIDERS)
def test_garbage_in_any_parameter_gets_an_answer(open_counter, name):
    counter = open_counter(name)
    for garbage in ("'", "-1", "9" * 5000, "٣", "NaN", "1e999", "\x00", "<b>", ",", "Infinity"):
        params = {**dict.fromkeys(GUESSED.split(), garbage), "api_key": KEY}
        for action in ALL_ACTIONS:
            answer = counter.sandbox.answer({**params, "action": action})
            assert answer.text or answer.status == 204
        for path in ("activations", "activations/history"):
            request = SandboxRequest(params, path=REST_PATH + path, headers=HEADERS)
            assert counter.sandbox.respond(request).text


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_it_lacks_buys_nothing_and_is_refused(open_counter, name):
    counter = open_counter(name)
    for action in ALL_ACTIONS - DIALECTS[name].actions.keys():
        assert "BAD_ACTION" in counter.text(action, **PARAMS), action
    assert counter.bought() == 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_money_of_a_cancelled_number_comes_back(open_counter, name):
    counter = open_counter(name)
    number = counter.buy(country=187 if name == "daisysms-io" else 6)
    paid = counter.sandbox.account.balance
    counter.sandbox.step(300)
    status = "-1" if name == "sms-man" else "8"
    assert counter.text("setStatus", id=number, status=status) == "ACCESS_CANCEL"
    assert paid < counter.sandbox.account.balance == 1000


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_number_without_a_code_ends_by_itself_with_the_money_back(open_counter, name):
    counter = open_counter(name)
    counter.buy()
    counter.sandbox.step(61 * 60)
    assert counter.sandbox.account.balance == 1000


@pytest.mark.parametrize("name", PROVIDERS)
def test_faults_of_the_connection_are_those_of_all(open_counter, name):
    counter = open_counter(name)
    counter.gateway.faults.set(["drop-after@getNumber:1"])
    with pytest.raises(httpx.RemoteProtocolError):
        counter.ask("getNumber", service="tg", country=6)
    assert counter.bought() == 1
    counter.gateway.faults.set(["503-before@getNumber:1"])
    assert counter.ask("getNumber", service="tg", country=6).status_code == 503
    counter.gateway.faults.set(["html-after@getNumber:1"])
    assert "<html>" in counter.text("getNumber", service="tg", country=6)
    assert counter.bought() == 2


def test_a_fault_may_name_what_only_one_dialect_knows():
    assert str(Fault("NEW_OTP_RECEIVED", 1.0)) == "NEW_OTP_RECEIVED:1"
    assert str(Fault.parse("NO_BALANCE@getCurrentActivations:1"))
    with pytest.raises(ValueError, match="there is no action"):
        Fault.parse("NO_BALANCE@getNothing:1")


@pytest.mark.parametrize("name", PROVIDERS)
def test_further_parameters_of_the_query_do_no_harm(open_counter, name):
    assert open_counter(name).text("getBalance", ref="1", setting="x").startswith("ACCESS_BALANCE:")


def test_the_async_transport_passes_method_path_and_headers_on(open_counter):
    counter = open_counter("herosms")

    async def ask() -> None:
        transport = AsyncSandboxTransport(counter.gateway)
        async with httpx.AsyncClient(transport=transport) as http:
            reply = await http.get(f"{REST}activations", headers=HEADERS)
            assert reply.json()["meta"]["total"] == 0
            reply = await http.post(API, params={"api_key": KEY, "action": "getBalance"})
            assert reply.status_code == 405

    asyncio.run(ask())


LISTS = {
    "reference": ("getActiveActivations", "getHistory"),
    "herosms": ("getActiveActivations", "getHistory"),
    "tiger-sms": ("getActiveActivations",),
    "grizzlysms": ("getActiveActivations",),
    "smshub": ("getCurrentActivations",),
    "virtualsms": ("getActiveActivations",),
}
LISTED = [(name, action) for name, actions in LISTS.items() for action in actions]


@pytest.mark.parametrize(("name", "action"), LISTED)
def test_a_list_may_be_late(open_counter, name, action):
    at_once, late = open_counter(name), open_counter(name, list_lag=30.0)
    assert at_once.buy() in at_once.text(action)
    number = late.buy()
    late.sandbox.step(29)
    assert number not in late.text(action)
    assert late.text("getStatus", id=number) == "STATUS_WAIT_CODE"
    late.sandbox.step(1)
    assert number in late.text(action)


def test_late_lists_of_rents_and_of_the_second_surface(open_counter):
    hero = open_counter("herosms", list_lag=30.0)
    hero.buy()
    assert hero.http.get(f"{REST}activations", headers=HEADERS).json()["meta"]["total"] == 0
    hero.sandbox.step(30)
    assert hero.http.get(f"{REST}activations", headers=HEADERS).json()["meta"]["total"] == 1
    reference = open_counter("reference", list_lag=30.0)
    rented = reference.json("getRentNumber", service="full", rent_time=4)["phone"]["id"]
    assert reference.json("getRentList")["message"] == "NO_NUMBERS"
    reference.sandbox.step(30)
    assert str(rented) in reference.text("getRentList")


PAGED = {
    ("herosms", "getActiveActivations"): ("start", "limit"),
    ("herosms", "getHistory"): ("offset", "size"),
    ("tiger-sms", "getActiveActivations"): ("start", "limit"),
    ("reference", "getHistory"): ("offset", "limit"),
}


@pytest.mark.parametrize(("name", "action"), PAGED)
def test_a_page_may_be_small(open_counter, name, action):
    start, size = PAGED[name, action]
    counter = open_counter(name, list_page=2)
    numbers = {counter.buy() for _ in range(3)}

    def page(**params):
        text = counter.text(action, **params)
        return {number for number in numbers if number in text}

    assert len(page()) == len(page(**{size: 100})) == 2
    assert page() | page(**{start: 2}) == numbers


@pytest.mark.parametrize("option", [{"list_lag": -1}, {"list_lag": 4000}, {"list_page": 0}])
def test_lists_have_limits(option):
    with pytest.raises(ValueError, match=r"lists lag|a list's page"):
        Sandbox(**option)


@pytest.mark.parametrize("name", ["herosms", "virtualsms"])
def test_a_terminal_serves_a_dialect_at_its_path(name):
    with running("sandbox", "--api-key", KEY, "--dialect", name) as server:
        assert server.url.endswith(DIALECTS[name].path)
        params = {"api_key": "wrong", "action": "getBalance"}
        assert httpx.get(server.url, params=params, trust_env=False).status_code == 401


def test_a_terminal_refuses_an_unknown_dialect_in_one_line():
    line = refused("sandbox", "--dialect", "hero-sms")
    assert all(name in line for name in NAMES)


def test_help_explains_every_dialect():
    command = [sys.executable, "-m", "sms_notebook", "sandbox", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(name in text and title in text for name, title in TITLES.items())


SUITE = """
import httpx
import pytest


@pytest.mark.sms_sandbox(dialect="herosms")
def test_speaks(sms_sandbox, sms_server):
    sms_sandbox.reply("Your code is 01234", "Your code is 56789")
    query = {"api_key": sms_server.key, "service": "tg", "country": 6}
    def ask(action, **params):
        params = {**query, "action": action, **params}
        return httpx.get(sms_server.url, params=params, trust_env=False)
    number = ask("getNumberV2").json()["activationId"]
    assert ask("getStatus", id=number).text == "STATUS_OK:01234"
    assert ask("setStatus", id=number, status=3).text == "ACCESS_RETRY_GET"
    assert ask("getStatus", id=number).text == "STATUS_OK:56789"
    assert ask("getRentList").status_code == 404


def test_speaks_as_the_reference(sms_sandbox):
    assert sms_sandbox.dialect.name == "reference"
"""


def test_the_plugin_for_pytest_takes_a_dialect(tmp_path):
    (tmp_path / "test_it.py").write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    root = str(Path(__file__).parents[2])
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert "2 passed" in run.stdout, run.stdout + run.stderr


def test_a_dialect_is_visible():
    assert repr(Sandbox(dialect="smshub")) == ("<Sandbox smshub: no real money, balance 50.00 USD>")
    assert json.loads(Sandbox(dialect="herosms").answer({"action": "x"}).text)["title"]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_limit_is_there_is_an_answer(open_counter, name):
    counter = open_counter(name)
    for limit in ("maxPrice", "max_price", "minPrice"):
        for amount in ("1e30", "1e-30", "1e99999", "1e999999999999999999999", "sNaN"):
            for currency in ({}, {"currency": "USD"}):
                params = {"service": "tg", "country": 4, limit: amount, **currency}
                assert counter.ask("getNumber", **params).status_code < 500
