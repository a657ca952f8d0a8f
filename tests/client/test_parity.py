"""Both clients are the same but for the waiting, to people, to editors and to type checkers."""

import asyncio
import inspect
import json
import pydoc
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from sms_notebook import AsyncClient, Client
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.sandbox import Sandbox

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
METHODS = {action.method: action for action in ACTIONS.values()}
ORDERS = {"order", "activation", "rent", "extend", "reconcile", "ledger", "reopen_ledger"}
WAITING = {"wait_code", "again", "finish", "cancel", "watch", "events", "webhooks"}
KNOWING = {"provider", "sandbox", "is_closed", "names", "with_names", "has", "check"}
KNOWING |= {"budget", "set_budget"}
COMPARING = {"compare", "advise"}
MORE = {action.method for action in BEYOND.values()}
MASKING = {"mask", "is_masked", "shown"}
BENDING = {"with_options", "iter_history", "iter_rent_messages"}
BOTH = BENDING | KNOWING | COMPARING | MASKING | MORE | ORDERS | WAITING
BESIDES = {
    Client: {"about", "call", "close"} | BOTH,
    AsyncClient: {"call", "aclose", "close"} | BOTH,
}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_offers_the_33_actions_and_what_is_built_on_them(kind):
    assert len(METHODS) == 33
    public = {name for name in dir(kind) if not name.startswith("_")}
    assert public == METHODS.keys() | BESIDES[kind]


@pytest.mark.parametrize("method", METHODS)
def test_signature_and_documentation_are_the_same(method):
    one, other = getattr(Client, method), getattr(AsyncClient, method)
    assert inspect.signature(one) == inspect.signature(other)
    assert inspect.getdoc(one) == inspect.getdoc(other)
    assert one.__name__ == other.__name__ == method
    parameters = inspect.signature(one).parameters.values()
    assert not [p for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("method", METHODS)
def test_help_says_what_comes_back(method, kind):
    text = pydoc.render_doc(getattr(kind, method), renderer=pydoc.plaintext)
    action = METHODS[method]
    assert action.name in text
    for column in (column.name for column in action.schema.columns):
        assert column in text, column
    for parameter in list(inspect.signature(getattr(kind, method)).parameters)[1:]:
        assert parameter in text.partition("Parameters")[2]
    assert "Raises" in text
    assert ">>> " in text


def test_making_a_client_takes_the_same_arguments():
    assert inspect.signature(Client) == inspect.signature(AsyncClient)


def test_raw_calls_take_the_same_arguments():
    one, other = inspect.signature(Client.call), inspect.signature(AsyncClient.call)
    assert list(one.parameters.values()) == list(other.parameters.values())


def session(ask, sandbox):
    """Call every action once or more; yield the frames."""
    yield ask("get_balance")
    yield ask("get_balance_and_cash_back")
    yield ask("get_countries")
    yield ask("get_services_list", country=2, lang="en")
    yield ask("get_operators", country="UA")
    yield ask("get_numbers_status", country="Kazakhstan")
    yield ask("get_top_countries_by_service", "tg", free_price=True)
    yield ask("get_top_countries_by_service_rank", "tg")
    yield ask("get_list_of_top_countries_by_service", "Telegram", length=3)
    yield ask("get_prices", "tg")
    yield ask("get_prices_extended", "tg", 2, free_price=True)
    yield ask("get_prices_verification", "tg")
    first = ask("get_number", "tg", 2)
    yield first
    yield ask("get_number_v2", "wa", "KZ", order_id="one")
    yield ask("get_multi_service_number", ["ig", "fb"], 2)
    number = first.loc[0, "activation_id"]
    yield ask("get_status", number)
    sandbox.send_sms(number, "Your code is 12345")
    yield ask("get_status", number)
    yield ask("get_status_v2", number)
    yield ask("get_active_activations")
    yield ask("set_status", number, 6)
    yield ask("check_extra_activation", number)
    yield ask("get_extra_activation", number)
    yield ask("get_history")
    called = ask("get_number", "tg", 2, activation_type=1).loc[0, "activation_id"]
    yield ask("get_incoming_call_status", called)
    voice = ask("get_number", "tg", 2, activation_type=2, language="en").loc[0, "activation_id"]
    sandbox.step(600)
    yield ask("get_status_v2", voice)
    yield ask("parse_call", voice, "ru")
    yield ask("get_rent_services_and_countries", country=2)
    rent = ask("get_rent_number", "full", 4, country=2)
    yield rent
    rented = rent.loc[0, "rent_id"]
    yield ask("get_rent_status", rented)
    yield ask("get_rent_list")
    yield ask("continue_rent_info", rented, 4, need_history=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield ask("get_continue_rent_price_number", rented, 4)
    yield ask("continue_rent_number", rented, 4)
    yield ask("set_rent_status", rented, 1)
    yield ask("buy_partner_product", 1)


def shop() -> Sandbox:
    return Sandbox(seed=5, speed=0, start=START, success=1.0, balance="500")


def frames_of_sync() -> list[pd.DataFrame]:
    sandbox = shop()
    with Client(sandbox=sandbox) as sms:
        return list(session(lambda name, *a, **k: getattr(sms, name)(*a, **k), sandbox))


def frames_of_async() -> list[pd.DataFrame]:
    sandbox = shop()
    with asyncio.Runner() as runner:
        sms = AsyncClient(sandbox=sandbox)
        ask = lambda name, *a, **k: runner.run(getattr(sms, name)(*a, **k))  # noqa: E731 - one line, used once
        frames = list(session(ask, sandbox))
        runner.run(sms.aclose())
    return frames


def test_the_same_calls_give_the_same_frames():
    ours, theirs = frames_of_sync(), frames_of_async()
    assert {frame.attrs["action"] for frame in ours} == ACTIONS.keys()
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        attrs = [{k: v for k, v in f.attrs.items() if k != "fetched_at"} for f in (one, other)]
        assert attrs[0] == attrs[1]
        one.attrs = other.attrs = {}
        pd.testing.assert_frame_equal(one, other)


USER_CODE = """
import pandas as pd
from sms_notebook import AsyncClient, Client

sms = Client()
reveal_type(sms.get_prices("tg", 2))
reveal_type(sms.get_number("tg", 2, max_price=0.5).loc[0, "activation_id"])
answer: pd.DataFrame = sms.get_prices(service="tg", country="KZ")
sms.get_prices(servise="tg")
sms.get_number("tg")
sms.get_nunber("tg", 2)
sms.set_status("5", "cancel")


async def main() -> None:
    async with AsyncClient() as asms:
        reveal_type(asms)
        reveal_type(await asms.get_prices("tg"))
        await asms.get_prices(servise="tg")
        frame: pd.DataFrame = asms.get_prices("tg")
"""


def test_an_editor_knows_what_comes_back_and_what_is_misspelt(tmp_path):
    path = tmp_path / "user_code.py"
    path.write_text(USER_CODE, encoding="utf-8")
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--outputjson", "--pythonpath", sys.executable, path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    said = json.loads(done.stdout)["generalDiagnostics"]
    lines = USER_CODE.splitlines()
    told = {lines[one["range"]["start"]["line"]].strip(): one for one in said}

    def message(line: str) -> str:
        return told.pop(line)["message"]

    assert message('reveal_type(sms.get_prices("tg", 2))').endswith('is "DataFrame"')
    assert message('reveal_type(await asms.get_prices("tg"))').endswith('is "DataFrame"')
    assert message("reveal_type(asms)").endswith('is "AsyncClient"')
    assert 'No parameter named "servise"' in message('sms.get_prices(servise="tg")')
    assert 'No parameter named "servise"' in message('await asms.get_prices(servise="tg")')
    assert 'missing for parameter "country"' in message('sms.get_number("tg")')
    assert "get_nunber" in message('sms.get_nunber("tg", 2)')
    assert '"int"' in message('sms.set_status("5", "cancel")')
    assert "Coroutine" in message('frame: pd.DataFrame = asms.get_prices("tg")')
    left = [line for line, one in told.items() if one["severity"] == "error"]
    assert left == []
