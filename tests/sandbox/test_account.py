from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sms_notebook.sandbox.account import BAN_SECONDS, CANCELS_BEFORE_BAN

BUYING = (
    ("getNumber", {"service": "tg", "country": 2}),
    ("getNumberV2", {"service": "tg", "country": 2}),
    ("getMultiServiceNumber", {"multiService": "tg,wa", "country": 2}),
)


def cancel_many(shop, count, **params):
    for _ in range(count):
        number = shop.buy(**params)
        shop.sandbox.step(120)
        assert shop.ask("setStatus", id=number, status=8) == "ACCESS_CANCEL"


@pytest.mark.parametrize(("action", "params"), BUYING)
def test_a_blocked_account_buys_nothing(open_shop, action, params):
    shop = open_shop(account="blocked")
    assert shop.ask(action, **params) == "CHANNELS_LIMIT"
    assert shop.message("getRentNumber", service="full") == "CHANNELS_LIMIT"


@pytest.mark.parametrize(("action", "params"), BUYING)
def test_a_banned_account_hears_until_when(shop, action, params):
    shop.sandbox.account.ban(datetime(2026, 3, 1, 13, 5, 9, tzinfo=UTC))
    assert shop.ask(action, **params) == "BANNED:'2026-03-01 13-05-09'"
    assert shop.message("getRentNumber", service="full") == "CHANNELS_LIMIT"
    shop.sandbox.step(3910)
    assert shop.sandbox.account.state == "active"
    assert "BANNED" not in shop.ask(action, **params)


def test_an_account_can_be_banned_from_the_beginning(open_shop):
    shop = open_shop(account="banned")
    reply = shop.ask("getNumber", service="tg", country=2)
    assert reply == "BANNED:'2026-03-02 12-00-00'"


def test_an_inactive_account_cannot_rent(open_shop):
    shop = open_shop(account="inactive")
    assert shop.message("getRentNumber", service="full") == "ACCOUNT_INACTIVE"


def test_an_unknown_state_is_refused(open_shop, shop):
    with pytest.raises(ValueError, match="account"):
        open_shop(account="happy")
    with pytest.raises(ValueError, match="account"):
        shop.sandbox.account.state = "happy"


def test_many_cancels_in_a_row_are_answered_with_a_ban(silent_shop):
    cancel_many(silent_shop, CANCELS_BEFORE_BAN)
    until = silent_shop.sandbox.clock.now() + timedelta(seconds=BAN_SECONDS)
    reply = silent_shop.ask("getNumber", service="tg", country=2)
    assert reply == f"BANNED:'{until:%Y-%m-%d %H-%M-%S}'"
    silent_shop.sandbox.step(BAN_SECONDS)
    assert silent_shop.buy()


def test_a_code_in_between_forgives_the_cancels(silent_shop):
    cancel_many(silent_shop, CANCELS_BEFORE_BAN - 1)
    silent_shop.buy_finished()
    cancel_many(silent_shop, 1)
    assert silent_shop.buy()


def test_a_user_is_banned_without_the_account(silent_shop):
    cancel_many(silent_shop, CANCELS_BEFORE_BAN, userId="bad")
    reply = silent_shop.ask("getNumber", service="tg", country=2, userId="bad")
    assert reply.startswith("BANNED:'")
    assert silent_shop.buy(userId="good")
    assert silent_shop.buy()


def test_cashback_counts_only_when_it_is_spent(open_shop):
    shop = open_shop(balance="10", cashback="2.50")
    assert shop.ask("getBalance") == "ACCESS_BALANCE:10.00"
    assert shop.ask("getBalanceAndCashBack") == "ACCESS_BALANCE:10.00"
    shop.sandbox.account.spends_cashback = True
    assert shop.ask("getBalance") == "ACCESS_BALANCE:10.00"
    assert shop.ask("getBalanceAndCashBack") == "ACCESS_BALANCE:12.50"


def test_cashback_is_spent_first_and_stays_on(open_shop):
    price = open_shop().ask_json("getPricesExtended", service="tg", country=2)["2"]["tg"]["cost"]
    shop = open_shop(balance="10", cashback=price + Decimal("0.02"))
    shop.buy(useCashBack="true")
    assert shop.balance() == 10
    assert shop.sandbox.account.cashback == Decimal("0.02")
    shop.buy(useCashBack="false")
    assert shop.sandbox.account.cashback == 0
    assert shop.balance() == 10 - price + Decimal("0.02")


def test_a_refund_goes_back_to_where_the_money_came_from(open_shop):
    shop = open_shop(balance="10", cashback="0.03", success=0.0)
    shop.buy(useCashBack="true")
    assert shop.sandbox.account.cashback == 0
    shop.sandbox.step(1200)
    assert shop.sandbox.account.cashback == Decimal("0.03")
    assert shop.balance() == 10


def test_cashback_cannot_make_up_for_an_empty_balance_unless_asked(open_shop):
    shop = open_shop(balance="0", cashback="5")
    assert shop.ask("getNumber", service="tg", country=2) == "NO_BALANCE"
    assert shop.buy(useCashBack="true")


def test_a_finished_purchase_brings_cashback(shop):
    number = shop.buy()
    cost = shop.sandbox.purchases()[0].cost
    assert shop.sandbox.account.cashback == 0
    shop.sandbox.step(30)
    shop.ask("setStatus", id=number, status=6)
    assert shop.sandbox.account.cashback == pytest.approx(
        cost * Decimal("0.05"), abs=Decimal("0.005")
    )
