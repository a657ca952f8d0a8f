"""What the reply of a purchase says is kept: ids and numbers, whatever else cannot be read."""

import warnings

import pytest

from sms_notebook import Client, PurchaseUncertain, SmsError

KEY = "0123456789abcdef0123456789abcdef"
PRICES = '{"2": {"tg": {"cost": 0.5, "count": 9}}, "tg": {"2": {"0.5": 9}}}'


@pytest.fixture
def at(wire):
    """Answer each action with a body, or a body and headers; nothing is listed."""
    clients = []

    def opened(bodies, provider=None, **options) -> Client:
        usual = {"getActiveActivations": '{"status":"success","activeActivations":[]}'}
        usual |= {"getHistory": "[]", "getPrices": PRICES, "getCurrentActivations": "NO_ACTIVATION"}
        usual |= bodies

        def answer(asked):
            if "action" not in asked.params:
                return wire.http("{}", 404)
            body = usual.get(asked.action, "BAD_ACTION")
            return wire.http(*body) if isinstance(body, tuple) else wire.http(body)

        wire.answer = answer
        named = {} if provider is None else {"provider": provider}
        clients.append(Client(KEY, base_url=wire.url, retries=0, **named, **options))
        return clients[-1]

    yield opened
    for client in clients:
        client.close()


UNREADABLE = {
    "a phone that is none": '{"activationId":"700","phoneNumber":"soon","activationCost":0.5}',
    "cut short": '{"activationId":"700","phoneNumber":"7700111',
    "other names": '{"status":"success","order":{"activation_id":700,"msisdn":null}}',
    "a text whose phone is none": "ACCESS_NUMBER:700:Just a moment",
}


@pytest.mark.parametrize("reply", UNREADABLE)
def test_an_id_in_a_reply_that_cannot_be_read_makes_it_bought(reply, at, wire):
    sms = at({"getNumberV2": UNREADABLE[reply]})
    number = sms.order("tg", 2, key="mine")
    assert number.loc[0, "activation_id"] == "700"
    assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == "700"
    assert wire.actions().count("getNumberV2") == 1
    row = sms.ledger().iloc[0]
    assert (row["state"], row["activation_id"]) == ("active", "700")


BROKEN_OFF = {
    "in the price": ('{"activationId":"700","phoneNumber":"7700111","activationCo', "7700111"),
    "in the number": ('{"activationId":"700","phoneNumber":"77001', None),
    "in the number of a text": ("ACCESS_NUMBER:700:77001", None),
}


@pytest.mark.parametrize("where", BROKEN_OFF)
def test_what_had_come_of_a_reply_that_broke_off_is_kept(where, opened, wire):
    begun, phone = BROKEN_OFF[where]
    wire.answer = lambda _asked: wire.http(begun, content_length="400")
    sms = opened(KEY, base_url=wire.url, provider="smsbower", retries=0)
    number = sms.order("tg", 2, key="mine")
    assert number.loc[0, "activation_id"] == "700"
    assert number["phone_number"].dropna().tolist() == ([phone] if phone else [])
    assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == "700"
    assert wire.actions().count("getNumberV2") == 1


def test_an_id_that_may_not_be_whole_is_none(opened, wire):
    wire.answer = lambda _asked: wire.http("ACCESS_NUMBER:700", content_length="400")
    sms = opened(KEY, base_url=wire.url, provider="smsbower", retries=0)
    with pytest.raises(PurchaseUncertain):
        sms.order("tg", 2, key="mine")
    assert sms.ledger()["activation_id"].isna().all()


def test_its_number_is_looked_up_where_it_is_listed(at, wire):
    listed = (
        '{"status":"success","activeActivations":[{"activationId":"700","serviceCode":"tg",'
        '"phoneNumber":"77001112233","activationCost":"0.5","countryCode":"2"}]}'
    )
    sms = at({"getNumberV2": UNREADABLE["cut short"]})
    before = wire.answer

    def answer(asked):
        is_bought = "getNumberV2" in wire.actions()
        return wire.http(listed) if is_bought and "Active" in asked.action else before(asked)

    wire.answer = answer
    number = sms.order("tg", 2)
    assert number.loc[0, ["phone_number", "cost"]].tolist() == ["77001112233", 0.5]


@pytest.mark.parametrize("reply", UNREADABLE)
def test_a_door_that_cannot_return_it_says_what_was_bought(reply, at):
    sms = at({"getNumber": UNREADABLE[reply], "getNumberV2": UNREADABLE[reply]})
    with pytest.raises(PurchaseUncertain, match=r"bought 700 .*ledger") as said:
        sms.get_number_v2("tg", 2)
    assert said.value.found[0].activation_id == "700"
    assert sms.ledger()["state"].tolist() == ["active"]
    assert sms.reconcile().empty


OPEN = {
    "a number and no id": '{"status":"success","msisdn":"77001112233","ready":true}',
    "an id that may be cut short": "ACCESS_NUMBER:70",
    "an unknown word with a number": "SOMETHING_HAPPENED:700123",
    "two ids": '{"rows":[{"activationId":"1"},{"activationId":"2"}]}',
    "a firewall's words": "ACCESS_NUMBER:Just a moment:default-src 'self'",
}


@pytest.mark.parametrize("reply", OPEN)
def test_without_a_sure_id_the_order_stays_open(reply, at):
    sms = at({"getNumberV2": OPEN[reply]})
    with pytest.raises(PurchaseUncertain) as said:
        sms.get_number_v2("tg", 2)
    assert sms.ledger()["state"].tolist() == ["uncertain"]
    if reply == "a number and no id":
        assert "77001112233" in str(said.value)
        assert "77001112233" in sms.ledger().loc[0, "error"]


def test_an_id_that_another_order_has_is_not_ours(at):
    sms = at({"getNumber": "ACCESS_NUMBER:700:77001112233", "getNumberV2": '{"activationId":700'})
    sms.get_number("tg", 2)
    sms2 = at({"getNumberV2": UNREADABLE["cut short"]})
    with pytest.raises(PurchaseUncertain):
        sms2.get_number_v2("tg", 2)
    assert sms2.ledger()["state"].tolist() == ["active", "uncertain"]


def test_a_number_that_sleeps_is_bought(at):
    sms = at({"getExtraActivation": "ASLEEP:6:79991234567:1893456000"}, "daisysms-io")
    assert sms.get_extra_activation(5).loc[0, "activation_id"] == "6"
    row = sms.ledger().iloc[0]
    assert (row["activation_id"], row["phone_number"], row["state"]) == (
        "6",
        "79991234567",
        "active",
    )


def test_a_rent_in_the_shape_of_an_activation_is_bought(at):
    reply = (
        '{"activationId":"700","phoneNumber":"6281110001234","activationCost":1.25,"currency":840,'
        '"activationTime":"2026-11-28T16:00:00+00:00","activationEndTime":"2026-11-29T16:00:00+00:00",'
        '"subtype":2}'
    )
    sms = at({"getRentNumber": reply})
    sms.get_rent_number("tg", 24, country=6)
    row = sms.ledger().iloc[0]
    assert (row["rent_id"], row["phone_number"]) == ("700", "6281110001234")


def test_what_it_really_cost_stands_in_a_header(at, wire):
    sms = at({"getNumber": "ACCESS_NUMBER:700:77001112233"}, "daisysms-io")
    honest = wire.answer
    wire.answer = lambda asked: honest(asked).replace(
        b"Connection: close", b"Connection: close\r\nX-Price: 0.37"
    )
    sms.get_number("tg", 187)
    row = sms.ledger().iloc[0]
    assert (row["cost"], row["currency"]) == (0.37, "USD")


def test_until_when_it_lives_is_kept(at):
    reply = (
        '{"activationId":"700","phoneNumber":"6281110001234","activationCost":0.05,'
        '"activationEndTime":"2026-11-28T16:20:00+00:00"}'
    )
    sms = at({"getNumberV2": reply})
    sms.get_number_v2("tg", 6)
    [number] = sms._session.ledgers.account_ledger.numbers()
    assert number.ends_at.isoformat() == "2026-11-28T16:20:00+00:00"


@pytest.mark.parametrize("door", ["order", "get_number", "get_number_v2"])
def test_a_parameter_that_is_ignored_is_named_once_and_the_number_is_bought(door, at):
    sms = at(
        {
            "getNumber": "ACCESS_NUMBER:700:6281110001234",
            "getNumberV2": '{"activationId":700,"phoneNumber":"6281110001234"}',
        },
        "tiger-sms",
    )
    with pytest.warns(UserWarning, match="Tiger SMS takes no notice of operator") as said:
        getattr(sms, door)("tg", 6, operator="any")
    assert len(said) == 1
    assert said[0].filename == __file__
    assert sms.ledger()["state"].tolist() == ["active"]


def test_an_order_id_goes_only_where_it_is_looked_at(at, wire):
    bodies = {"getNumberV2": '{"activationId":700,"phoneNumber":"6281110001234"}'}
    sms = at(bodies, "tiger-sms")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sms.get_number_v2("tg", 6)
    with pytest.warns(UserWarning, match="order_id"):
        sms.get_number_v2("tg", 6, order_id="mine")
    assert all("orderId" not in asked.params for asked in wire.asked)
    at(bodies, "virtualsms").get_number_v2("tg", 6)
    assert "orderId" in wire.asked[-1].params


def test_an_id_that_is_not_honoured_is_no_order_of_ours(at, wire):
    sms = at({"getNumberV2": "ORDER_ALREADY_EXISTS"}, "tiger-sms")
    with pytest.raises(SmsError):
        sms.order("tg", 6, key="mine")
    assert sms.ledger()["state"].tolist() == ["refused"]
