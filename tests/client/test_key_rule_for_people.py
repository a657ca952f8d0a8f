"""The API key is found nowhere: wrong arguments, copies, and what IPython prints."""

import asyncio
import copy
import io
import pickle
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

import httpx
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from sms_notebook import (
    AsyncClient,
    Client,
    PurchaseUncertain,
    UsageProblem,
)
from sms_notebook.providers.key import ApiKey

BALANCE = "ACCESS_BALANCE:1.00"


def key() -> str:
    return "f3647b8a9f0e1d6c483f2b55e1a7c0d9"[::-1]  # so that no source line shows it


SECRETS = (key,)
pytestmark = pytest.mark.usefixtures("watch")


# Wrong arguments ---------------------------------------------------------------------------------

MISTAKES = {
    "unknown provider": lambda kind: kind(key(), provider="nope"),
    "no provider": lambda kind: kind(key()),
    "time-out": lambda kind: kind(key(), provider="herosms", timeout=-1),
    "retries": lambda kind: kind(key(), provider="herosms", retries="2"),
    "method": lambda kind: kind(key(), provider="smsbower", method="POST"),
    "sandbox": lambda kind: kind(key(), sandbox=5),
    "blank inside": lambda kind: kind(f"{key()} {key()}", provider="herosms"),
    "line break inside": lambda kind: kind(f"{key()}\n{key()}", provider="herosms"),
    "not ASCII": lambda kind: kind(f"{key()}é", provider="herosms"),
    "in quotes of bytes": lambda kind: kind(key().encode() + b"\n", provider="nope"),
    "in the address": lambda kind: kind(base_url=f"https://x.example/?api_key={key()}"),
    "as the user": lambda kind: kind(base_url=f"https://{key()}@x.example/"),
    "as the address": lambda kind: kind(base_url=key()),
    "as the port": lambda kind: kind(base_url=f"https://x.example:{key()}/"),
    "as the provider": lambda kind: kind(provider=key()),
    "swapped with the provider": lambda kind: kind("herosms", provider=key()),
    "in quotes": lambda kind: kind(f'"{key()}"', provider="herosms"),
    "provider of another kind": lambda kind: kind(key(), provider=5),
    "address of another kind": lambda kind: kind(key(), base_url=httpx.URL("https://x.example")),
    "misspelt": lambda kind: kind(apikey=key()),
    "positional": lambda kind: kind("herosms", key()),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_not_in_an_error_about_the_arguments(kind, name, watch):
    failure = watch.failure_of(MISTAKES[name], kind)
    assert isinstance(failure, UsageProblem | TypeError)
    assert "\n" not in str(failure)
    watch.check(failure)


@pytest.mark.parametrize("variable", ["SMS_API_KEY", "SMS_PROVIDER", "SMS_BASE_URL"])
def test_not_in_an_error_about_the_environment(variable, monkeypatch, watch):
    monkeypatch.setenv("SMS_API_KEY", key())
    monkeypatch.setenv(variable, f"{key()} ")
    watch.check(watch.failure_of(Client))


@pytest.mark.parametrize(
    "line",
    ['api_key = "KEY', "api_key = KEY", 'base_url = "https://x.example/?key=KEY"', 'KEY = "x"',
     'provider = "KEY"', 'api_key = ["KEY"]', 'api_key = "KEY KEY"'],
)  # fmt: skip
def test_not_in_an_error_about_the_config_file(line, watch, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(line.replace("KEY", key()), encoding="utf-8")
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.setenv("SMS_NOTEBOOK_HOME", str(tmp_path))
    watch.check(watch.failure_of(Client, provider=None if "provider" in line else "herosms"))


OWN_ACTION = {"action": "x"}  # by name it would be the method's own parameter
WRONG_CALLS = {
    "unknown service": lambda sms: sms.get_prices("telegrm", 2),
    "unknown country": lambda sms: sms.get_prices("tg", "Kazakstan"),
    "wrong keyword": lambda sms: sms.get_prices(servce="tg"),
    "too many": lambda sms: sms.get_balance(1, 2),
    "missing": lambda sms: sms.get_number(),
    "wrong kind": lambda sms: sms.get_number("tg", 2, max_price="much"),
    "raw without a name": lambda sms: sms.call(""),
    "raw with the key": lambda sms: sms.run(lambda c: c.call("getBalance", api_key=key())),
    "raw with an action": lambda sms: sms.call("getBalance", **OWN_ACTION),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_not_in_an_error_about_a_call(name, opened, wire, watch):
    wire.says("[]")
    failure = watch.failure_of(WRONG_CALLS[name], opened(key(), base_url=wire.url))
    assert isinstance(failure, UsageProblem)
    watch.check(failure)


def test_not_after_close(opened, wire, watch):
    sms = opened(key(), base_url=wire.url)
    wire.says(BALANCE)
    sms.get_balance()
    sms.close() if isinstance(sms.client, Client) else sms.aclose()
    watch.check(watch.failure_of(sms.get_balance), sms)


# Keeping and copying -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_is_not_pickled_or_copied(kind, watch):
    sms = kind(key(), provider="herosms")
    for ask in (pickle.dumps, copy.copy, copy.deepcopy):
        failure = watch.failure_of(ask, sms)
        assert isinstance(failure, TypeError)
        watch.check(failure)
    sms.close() if kind is Client else asyncio.run(sms.aclose())


def test_what_a_client_is_made_of_shows_no_key_and_is_not_pickled(watch):
    with Client(key(), provider="herosms") as sms:
        for part in watch.reachable(sms):
            if isinstance(part, ApiKey):
                assert isinstance(watch.failure_of(pickle.dumps, part), TypeError)
                assert isinstance(watch.failure_of(copy.deepcopy, part), TypeError)
                assert f"{part} {part!r} {part:}" == "ApiKey(***) ApiKey(***) ApiKey(***)"
                break
        else:
            pytest.fail("a client has a key")
        watch.check(sms)
        watch.check_text(f"{sms} {sms!r} {vars(sms)} {dir(sms)}")


def test_an_uncertain_purchase_is_pickled_with_its_order(opened, wire, watch):
    wire.says("<html>", 502)
    failure = watch.failure_of(opened(key(), base_url=wire.url).get_number, "tg", 2)
    assert isinstance(failure, PurchaseUncertain)
    assert pickle.loads(pickle.dumps(failure)).order == failure.order  # noqa: S301 - likewise


# IPython -----------------------------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path) -> Iterator[InteractiveShell]:
    """IPython in its most talkative mode."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.xmode = "Verbose"
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.ipython_dir = str(tmp_path)
    shell = InteractiveShell(config=config)
    yield shell
    shell.history_manager.enabled = False


def printed(shell: InteractiveShell, cell: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        shell.run_cell(cell)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("sms", "with a key"),
        ("vars(sms)", "ApiKey(***)"),
        ("sms.get_balance()", "BadKey"),
        ("sms.get_number('tg', 2)\n", "PurchaseUncertain"),
        ("sms.get_number('tg', 2)\n%tb", "PurchaseUncertain"),
        ("try:\n    sms.get_balance()\nexcept Exception as e:\n    1/0", "ZeroDivisionError"),
        ("sms.call('getX', api_key=key())", "UsageProblem"),
        ("Client(key(), provider='nope')", "UsageProblem"),
        ("Client(base_url='https://x.example/?key=' + key())", "UsageProblem"),
        ("sms?", "Client"),
        ("%whos", "Client"),
    ],
)
def test_not_in_what_ipython_prints(cell, shown, shell, wire, watch):
    def answer(asked):
        if asked.action == "getNumber":
            return b""
        return wire.http(f"BAD_KEY:{key()}", 401)

    wire.answer = answer
    with Client(key(), base_url=wire.url, retries=0) as sms:
        shell.user_ns.update(sms=sms, key=key, Client=Client)
        text = printed(shell, cell) + printed(shell, "%tb Verbose" if "%tb" in cell else "1")
    assert shown in text
    watch.check_text(text)


def test_not_in_a_verbose_traceback_of_an_interrupted_cell(shell, wire, watch, failing_network):
    failing_network(lambda request: KeyboardInterrupt(str(request.url)), key())
    with Client(key(), base_url=wire.url, retries=0) as sms:
        shell.user_ns.update(sms=sms)
        text = printed(shell, "sms.get_number('tg', 2)")
    assert "KeyboardInterrupt" in text
    watch.check_text(text)


PASTED = {
    "service": lambda kind, k: kind.get_prices(k, 2),
    "country": lambda kind, k: kind.get_prices("tg", k),
    "services": lambda kind, k: kind.get_numbers([k, k], 2),
    "price": lambda kind, k: kind.get_number("tg", 2, max_price=k),
    "id": lambda kind, k: kind.get_status(k + "!"),
    "several ids": lambda kind, k: kind.get_status([k, k]),
    "status": lambda kind, k: kind.set_status("5", k),
    "seconds": lambda kind, k: kind.wait_code("5", timeout=k),
    "pause": lambda kind, k: kind.wait_code("5", every=k),
    "count": lambda kind, k: kind.order("tg", 2, count=k),
    "hours": lambda kind, k: kind.rent("tg", hours=k),
    "time": lambda kind, k: kind.get_history(start=k),
    "a wrong name": lambda kind, k: getattr(kind, f"get_{k}"),
    "a parameter": lambda kind, k: kind.call("getNumber", service=[[k]]),
    "a raw purchase": lambda kind, k: kind.call("getNumber", service=k),
    "a report": lambda kind, k: kind.about.quote(k, k),
}


@pytest.mark.parametrize("name", PASTED)
@pytest.mark.parametrize("form", ["{}", "'{}'", "key={}", "{}/x", "{}.txt"])
def test_not_where_it_is_pasted_for_an_argument(name, form, wire, watch):
    wire.says("[]")
    with Client(key(), base_url=wire.url, retries=0) as sms:
        try:
            PASTED[name](sms, form.format(key()))
        except Exception as failure:  # noqa: BLE001 - whatever it is
            watch.check_text(f"{failure} {failure!r}")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "option",
    [
        "timeout",
        "retries",
        "method",
        "budget",
        "sandbox",
        "record",
        "replay",
        "record_masked",
    ],
)
def test_not_where_it_is_pasted_for_an_option(kind, option, watch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in (key(), f"{key()}/x", [key()], key().encode()):
        try:
            kind(provider="sandbox", **{option: value})
        except Exception as failure:  # noqa: BLE001 - whatever it is
            watch.check_text(f"{failure} {failure!r}")
