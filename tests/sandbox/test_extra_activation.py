import pytest


def finished_parent(shop, *, online=True):
    for _ in range(100):
        number = shop.buy_finished()
        offline = shop.ask("checkExtraActivation", activationId=number) == "SIM_OFFLINE"
        if offline is not online:
            return number
    raise AssertionError("no such number among a hundred")


def test_a_successful_activation_can_be_had_again(shop):
    parent = finished_parent(shop)
    offer = shop.ask_json("checkExtraActivation", activationId=parent)
    assert list(offer) == ["status", "cost", "service", "phone", "country"]
    assert (offer["service"], offer["country"]) == ("tg", 2)
    before = shop.balance()
    reply = shop.ask("getExtraActivation", activationId=parent)
    extra, phone = reply.removeprefix("ACCESS_NUMBER:").split(":")
    assert int(phone) == offer["phone"]
    assert shop.balance() == before - offer["cost"]
    row = shop.ask_json("getActiveActivations")["activeActivations"][0]
    assert (row["activationId"], row["repeated"]) == (extra, "1")
    shop.sandbox.step(30)
    assert shop.ask("getStatus", id=extra).startswith("STATUS_OK:")
    assert shop.ask("setStatus", id=extra, status=6) == "ACCESS_ACTIVATION"
    assert shop.ask("getExtraActivation", activationId=extra).startswith("ACCESS_NUMBER:")


@pytest.mark.parametrize("parent", ["", "abc", "12345", "-1"])
@pytest.mark.parametrize("action", ["getExtraActivation", "checkExtraActivation"])
def test_an_unknown_parent_is_wrong(shop, action, parent):
    assert shop.ask(action, activationId=parent) == "WRONG_ACTIVATION_ID"


@pytest.mark.parametrize("action", ["getExtraActivation", "checkExtraActivation"])
def test_a_number_that_is_active_or_had_no_code_is_not_available(silent_shop, action):
    number = silent_shop.buy()
    assert silent_shop.ask(action, activationId=number) == "RENEW_ACTIVATION_NOT_AVAILABLE"
    silent_shop.sandbox.step(1200)
    assert silent_shop.ask(action, activationId=number) == "RENEW_ACTIVATION_NOT_AVAILABLE"


def test_an_offline_card_makes_it_impossible(shop):
    parent = finished_parent(shop, online=False)
    assert shop.ask("checkExtraActivation", activationId=parent) == "SIM_OFFLINE"
    assert shop.ask("getExtraActivation", activationId=parent) == "NEW_ACTIVATION_IMPOSSIBLE"


def test_the_same_number_is_not_activated_twice_at_once(shop):
    parent = finished_parent(shop)
    assert shop.ask("getExtraActivation", activationId=parent).startswith("ACCESS_NUMBER:")
    assert shop.ask("getExtraActivation", activationId=parent) == "NEW_ACTIVATION_IMPOSSIBLE"


def test_a_blocked_account_cannot_have_it_again(shop):
    parent = finished_parent(shop)
    shop.sandbox.account.state = "blocked"
    assert shop.ask("getExtraActivation", activationId=parent) == "NEW_ACTIVATION_IMPOSSIBLE"


def test_an_extra_activation_is_not_free(shop):
    parent = finished_parent(shop)
    shop.sandbox.account.balance *= 0
    assert shop.ask("getExtraActivation", activationId=parent) == "NO_BALANCE"
