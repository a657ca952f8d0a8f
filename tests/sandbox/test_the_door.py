"""What is checked before any action."""

from time import perf_counter

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


def test_every_action_answers_without_any_parameter(shop):
    for action in ACTIONS:
        answer = shop.sandbox.answer({"action": action})
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


def test_asking_is_cheap(shop):
    number = shop.buy()
    params = {"action": "getStatus", "id": number}
    best = 1.0
    for _ in range(5):
        begin = perf_counter()
        for _ in range(200):
            shop.sandbox.answer(params)
        best = min(best, (perf_counter() - begin) / 200)
    assert best < 50e-6
