"""Real money is spent only after a person has seen the price and said yes."""

import pytest

from sms_notebook.sandbox import Sandbox, serve

BUYS = {
    "order tg KZ": "Buy a number for Telegram in Kazakhstan for 0.86? [y/N] ",
    "order Telegram Kazakhstan": "Buy a number for Telegram in Kazakhstan for 0.86? [y/N] ",
    "order tg KZ --max-price 2": "Buy a number for Telegram in Kazakhstan for 2 at most? [y/N] ",
    "order tg KZ UZ": "Buy a number for Telegram in Kazakhstan, else Uzbekistan for 0.27 to 0.86? ",
    "order tg UZ,KZ --max-price 1": "Buy a number for Telegram in Uzbekistan, else Kazakhstan for 1",
    "order tg KZ --type call": "Buy a number for Telegram in Kazakhstan for ",
    "multi tg,wa KZ": "Buy a number for Telegram and Whatsapp in Kazakhstan for ",
    "rent order full KZ --hours 24": "Buy 24 hours of a number for ",
    "rent extend $line 4": "Buy 4 more hours of rent ",
    "reuse $done": "Buy another activation on the number of ",
    "partner buy 1": "Buy partner software 1 (its price is not known)? [y/N] ",
    "call getNumber service=tg country=2": "Buy a number for Telegram in Kazakhstan for 0.86? [y/N] ",
    "call getRentNumber service=full country=2": "Buy 2 hours of a number for ",
}


@pytest.fixture
def shop(live):
    """The live shell, with a rent, and a number that has got its code."""
    live.run("%sms order tg KZ --yes -o order\n%sms rent order full KZ --yes -o rent")
    live.run("done, line = order.activation_id[0], rent.rent_id[0]")
    live.store.send_sms(live.names["done"], "Your code is 12345")
    live.run("%sms finish $done;")
    live.before = len(live.store.purchases())
    return live


def bought(shop) -> int:
    return len(shop.store.purchases()) - shop.before


@pytest.mark.parametrize("line", BUYS)
def test_a_purchase_says_what_it_will_cost_and_is_made_on_yes(shop, person, line):
    person.answers = ["y"]
    shop.run(f"%sms {line}")
    [question] = person.asked
    assert question.startswith(BUYS[line])
    assert bought(shop) == (2 if line.startswith("multi") else 1)


@pytest.mark.parametrize("answer", ["", "n", "no", "ja", "yes please", KeyboardInterrupt()])
def test_anything_but_yes_buys_nothing(shop, person, answer):
    person.answers = [answer]
    assert shop.fails("%sms order tg KZ") == (
        "UsageProblem: %sms: not bought, as you said: a number for Telegram in Kazakhstan for 0.86."
    )
    assert not bought(shop)


@pytest.mark.parametrize("answer", ["y", "Y", " yes ", "YES"])
def test_yes_in_any_case(shop, person, answer):
    person.answers = [answer]
    shop.run("%sms order tg KZ")
    assert bought(shop) == 1


def test_where_nobody_can_answer_nothing_is_bought(shop, person):
    for line in BUYS:
        person.answers = [EOFError()]
        said = shop.fails(f"%sms {line}")
        assert said.startswith("UsageProblem: %sms: nobody can be asked here whether to buy ")
        assert said.endswith(" Nothing was bought; --yes buys without asking.")
    assert not bought(shop)


def test_yes_on_the_line_is_an_answer(shop, person):
    for number, line in enumerate(BUYS, start=1):
        shop.run(f"%sms {line} --yes")
        assert bought(shop) >= number, line
    assert not person.asked


def test_the_setting_is_an_answer_too(shop, person):
    shop.run("%config SmsMagics.confirm = False\n%sms order tg KZ")
    assert not person.asked
    assert bought(shop) == 1


def test_a_key_that_stands_for_it_already_asks_nothing_and_buys_nothing(shop, person):
    person.answers = ["y"]
    first = shop.run("%sms order tg KZ --key monday")
    again = shop.run("%sms order tg KZ --key ' monday '")
    assert again["activation_id"].equals(first["activation_id"])
    assert len(person.asked) == bought(shop) == 1


def test_the_key_of_an_order_does_not_stand_for_a_rent(shop, person):
    person.answers = ["y", "n"]
    shop.run("%sms order tg KZ --key monday")
    assert "not bought, as you said" in shop.fails("%sms rent order tg KZ --key monday")
    assert bought(shop) == 1


def test_a_mistake_is_told_before_anybody_is_asked(shop, person):
    assert "unknown service 'telegrm'" in shop.fails("%sms order telegrm KZ --max-price 1")
    assert "unknown country" in shop.fails("%sms order tg Atlantis")
    assert not person.asked
    assert not bought(shop)


def test_a_value_from_a_variable_is_never_an_answer(shop, person):
    shop.names["country"] = "--yes"
    assert "unknown country '--yes'" in shop.fails("%sms order tg {country}")
    assert not bought(shop)


def test_names_of_the_provider_control_no_terminal(shop, person):
    shop.run("%sms services;\n%sms countries;")
    catalogue = shop.session.client._session.catalogue
    catalogue.services["tg"] = "Tele\x1b[2Jgram"
    person.answers = ["n"]
    shop.fails("%sms order tg KZ")
    assert person.asked[0].startswith("Buy a number for Tele\\x1b[2Jgram in Kazakhstan")


def test_a_price_that_the_provider_does_not_tell_is_asked_about_too(shop, person, monkeypatch):
    person.answers = ["n"]
    answer = shop.store.answer
    monkeypatch.setattr(
        shop.store,
        "answer",
        lambda params: (
            answer({"action": "getX", "api_key": params["api_key"]})
            if params["action"] == "getPrices"
            else answer(params)
        ),
    )
    assert "(365sms does not tell its price)" in shop.fails("%sms order tg KZ")
    assert not bought(shop)


def test_on_the_sandbox_nothing_is_asked(ip, person):
    for line in ("order tg KZ", "rent order full KZ", "partner buy 1", "multi tg,wa KZ"):
        ip.run(f"%sms {line}")
    assert not person.asked


def test_on_a_sandbox_of_this_machine_nothing_is_asked_unless_it_has_a_key(ip, person, monkeypatch):
    with serve(Sandbox(speed=0, balance="100")) as url:
        ip.run(f"%sms provider --base-url {url};\n%sms order tg KZ;")
        assert not person.asked
        # What listens here and takes a key may be a tunnel to a real provider.
        monkeypatch.setenv("SMS_BASE_URL", url)
        monkeypatch.setenv("SMS_API_KEY", "0123456789")
        ip.run("%sms provider sandbox;\n%sms budget 50;")
        person.answers = ["n"]
        ip.run(f"%sms provider --base-url {url};")
        assert "not bought" in ip.fails("%sms order tg KZ")
        ip.run("%sms provider sandbox;")


def test_looking_is_free(shop, person):
    for line in ("reuse $done --check", "rent price $line 4", "call getBalance", "rent offers"):
        shop.run(f"%sms {line}")
    assert not person.asked
    assert not bought(shop)


@pytest.mark.parametrize(
    "line",
    [
        "order tg --country KZ --country UZ",
        "order tg KZ --max-price 0.90 --max-price 5",
        "order tg KZ --key a --key=b --yes",
        "prices tg -n 5 --limit 3",
        "webhooks start --port 0 --source 192.0.2.1 --source 192.0.2.2",
        "call getNumberV2 country=2 service=tg service=wa",
    ],
)
def test_an_option_with_two_values_is_no_option_with_the_last_one(ip, line):
    assert " stands there twice" in ip.fails(f"%sms {line}")
    assert not ip.sandbox.purchases()


def test_the_same_said_twice_is_the_same(ip):
    ip.run("%sms order tg --country KZ --country KZ --yes --yes --key a --key a")
    assert len(ip.sandbox.purchases()) == 1
