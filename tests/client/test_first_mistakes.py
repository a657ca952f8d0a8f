"""The mistakes that newcomers made first, and the line that each gives."""

import pytest

from sms_notebook import AsyncClient, Client, UsageProblem
from sms_notebook.sandbox import Sandbox


@pytest.fixture
def sms():
    with Client(sandbox=Sandbox(speed=0)) as client:
        yield client


LINES = {
    "sms.get_operators('KZ')": (
        "get_operators: too many positional arguments. "
        "It takes (*, country=…); write country=… by name."
    ),
    "sms.get_prices(servise='tg')": (
        "get_prices: got an unexpected keyword argument 'servise'. "
        "It takes (service=…, country=…). Did you mean service?"
    ),
    "sms.get_prices('KZ', 'Telegram')": (
        "unknown country 'Telegram': that is a service. The service comes first, then the country."
    ),
    "sms.get_number('KZ', 2)": (
        "unknown service 'KZ': that is a country. The service comes first, then the country."
    ),
    "sms.get_prices('tg', '+7')": (
        "unknown country +7: the protocol has ids of its own, not dial codes. "
        "Did you mean 0 (Russia), 2 (Kazakhstan)? sms.get_countries() lists them."
    ),
    "sms.get_prices('tg', 'United States')": (
        "country 'United States' is ambiguous: 12 (USA (virtual)), 187 (USA). "
        "Pass one of these ids."
    ),
    "sms.get_status(sms.get_countries())": (
        "activation_id stands for one number, and this frame has 204 rows. "
        "Pick one, as in frame.iloc[[0]]."
    ),
    "sms.set_status(1, 'cancel')": "status takes a whole number: 1, 3, 6 or 8, not 'cancel'.",
    "sms.get_number('tg', 2, max_price=-1)": (
        "max_price takes an amount above zero, such as 0.25, not -1."
    ),
    "sms.get_history(start='yesterday')": (
        "start is no time: 'yesterday'. Give a datetime with a zone, "
        "a text such as '2026-11-01T00:00+00:00', or seconds since 1970."
    ),
}


@pytest.mark.parametrize("code", LINES)
def test_a_mistake_is_one_line_that_says_what_to_do(code, sms):
    with pytest.raises(UsageProblem) as problem:
        eval(code, {"sms": sms})  # noqa: S307 - the table above
    assert str(problem.value) == LINES[code]
    assert not sms.sandbox.purchases()


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("UK", 16),
        ("England", 16),
        ("DEU", 43),
        ("Czech Republic", 63),
        ("UAE", 95),
        ("Holland", 48),
        ("Russian Federation", 0),
        ("Казахстан", 2),
        ("uzbekistan", 40),
    ],
)
def test_a_country_is_found_by_what_people_call_it(name, country, sms):
    assert sms.get_operators(country=name)["country"].unique().tolist() == [country]


@pytest.mark.parametrize(
    ("asked", "meant"), [("getNumber", "get_number"), ("get_nubmer", "get_number")]
)
def test_a_misspelt_method_names_the_right_one(asked, meant, sms):
    with pytest.raises(AttributeError, match=rf"Client has no '{asked}'\. Did you mean {meant}\?"):
        getattr(sms, asked)


def test_a_forgotten_await_shows_which_call_it_was():
    coroutine = AsyncClient().get_balance()
    assert "AsyncClient.get_balance" in repr(coroutine)
    coroutine.close()


def test_a_change_whose_reply_was_lost_says_that_it_may_have_been_made(opened, wire):
    wire.says("", 500)
    sms = opened(base_url=wire.url)
    with pytest.raises(
        Exception, match=r"may have been made all the same\. Look with sms\.get_status\(\)"
    ):
        sms.set_status(1, 8)
    assert wire.actions() == ["setStatus"]
