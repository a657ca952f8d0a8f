"""What is checked before any action."""

from datetime import datetime

import pytest

from sms_notebook.sandbox.actions import ACTIONS
from sms_notebook.sandbox.provider import Sandbox

DOCUMENTED = (
    "getNumbersStatus getTopCountriesByService getTopCountriesByServiceRank getBalance "
    "getBalanceAndCashBack getOperators getActiveActivations getNumber getNumberV2 "
    "getMultiServiceNumber setStatus getStatus getStatusV2 getHistory "
    "getListOfTopCountriesByService getIncomingCallStatus getPrices getPricesExtended "
    "getPricesVerification getCountries getServicesList getExtraActivation checkExtraActivation "
    "parseCall getRentServicesAndCountries getRentNumber getRentStatus setRentStatus getRentList "
    "continueRentNumber getContinueRentPriceNumber continueRentInfo buyPartnerProduct"
)

GUESSED = (
    "service country operator id status activationId productId rent_time hours page size length "
    "limit offset start end maxPrice phoneException activationType multiService currency"
)


def test_there_are_exactly_the_33_documented_actions():
    documented = DOCUMENTED.split()
    assert list(ACTIONS) == documented
    assert len(documented) == 33


@pytest.mark.parametrize("action", ["", "getnumber", "getEverything", "__class__"])
def test_an_unknown_action_is_bad(shop, action):
    assert shop.ask(action) == "BAD_ACTION"


def test_no_action_is_bad(shop):
    assert shop.sandbox.answer({}).text == "BAD_ACTION"


@pytest.mark.parametrize("key", [{}, {"api_key": ""}, {"api_key": "wrong"}])
def test_a_wrong_key_is_noticed_before_everything_else(key):
    sandbox = Sandbox(api_key="right")
    assert sandbox.answer({**key, "action": "nonsense"}).text == "BAD_KEY"
    assert sandbox.answer({"api_key": "right", "action": "nonsense"}).text == "BAD_ACTION"


def test_without_a_key_of_its_own_the_sandbox_takes_any():
    assert Sandbox().answer({"action": "getBalance"}).text == "ACCESS_BALANCE:50.00"


def test_every_action_answers_without_any_parameter(market):
    for action in ACTIONS:
        answer = market.sandbox.answer({"action": action})
        assert answer.status == 200
        assert answer.text


def test_garbage_in_any_parameter_gets_an_answer(shop):
    names = GUESSED.split()
    for garbage in ("'", "-1", "9" * 5000, "٣", "NaN", "1e999", "\x00", "<b>", ","):
        params = dict.fromkeys(names, garbage)
        for action in ACTIONS:
            assert shop.sandbox.answer({**params, "action": action}).text


def test_a_share_beyond_one_is_no_success_rate():
    with pytest.raises(ValueError, match="success"):
        Sandbox(success=1.5)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "inf", "-5", "1e10", "1e999999", "much", ""])
@pytest.mark.parametrize("purse", ["balance", "cashback"])
def test_money_at_the_start_is_from_nothing_to_a_billion(purse, amount):
    with pytest.raises(ValueError, match="an amount from 0 to 1000000000, not"):
        Sandbox(**{purse: amount})


@pytest.mark.parametrize("start", ["1970-01-01", "2999-12-31T23:59:59.999999"])
def test_every_action_answers_at_both_ends_of_time(open_shop, start):
    shop = open_shop(start=datetime.fromisoformat(start))
    activation, rent = shop.buy(), shop.rent()
    for action in ACTIONS:
        for number in (activation, rent):
            params = {"action": action, "id": number, "service": "tg", "country": "2"}
            assert shop.sandbox.answer(params).status == 200
