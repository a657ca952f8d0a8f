"""The order panel: pick, see the price, buy once."""

import time

import pytest

from sms_notebook import Client, PurchaseUncertain
from sms_notebook.panels import OrderPanel
from sms_notebook.panels.offers import PriceOffer, chart
from sms_notebook.panels.picker import Choice, Picker, country_choices
from sms_notebook.sandbox import Faults, Gateway, Sandbox


def loaded(look, sms, **options):
    seen = look(OrderPanel(sms, every=0.2, **options))
    seen.shows("Pick a service")
    return seen


def pick(seen, service="tg", country="2"):
    seen.named("Name or code").value = service
    seen.named("Name, ISO").value = country
    seen.until(lambda: not seen.named("Order").disabled)


def test_order_by_clicking_and_the_code_appears(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    assert seen.named("Order").description == "Order for 0.86"
    assert "can be bought now" in seen.html()
    assert "<svg" in seen.html()
    assert " %</td>" in seen.html() or "not known" in seen.html()
    seen.click("Order")
    assert seen.named("Order").disabled
    seen.says("Ordered +7 ")
    assert "for 0.86 USD" in seen.status()
    ref = sms.ledger().loc[0, "activation_id"]
    seen.shows(f"id {ref}", 1.5)
    sms.sandbox.send_sms(ref, "Your code is 01234")
    seen.shows('value="01234"')
    seen.shows("balance 49.14")


def test_a_double_click_buys_once(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    button = seen.named("Order")
    for pause in (0, 0, 0.1, 0.3, 0.5):
        button.click()
        time.sleep(pause)
    seen.says("Ordered")
    assert len(sms.sandbox.purchases()) == 1
    seen.until(lambda: not button.disabled)
    button.click()
    seen.until(lambda: len(sms.sandbox.purchases()) == 2)


def test_never_more_is_paid_than_the_button_says(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    seen.named("The price shown").value = "0.10"
    assert seen.named("Order").description == "Order for at most 0.10"
    seen.click("Order")
    seen.until(lambda: "smsn-bad" in seen.status())
    assert "0.86" in seen.status()
    assert not sms.sandbox.purchases()


def test_an_operator_is_asked_for(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    operators = seen.named("Operator")
    seen.until(lambda: ["kcell", "kcell", []] in operators.choices)
    operators.value = "kcell"
    seen.click("Order")
    seen.says("Ordered")
    assert sms.ledger().loc[0, "operator"] == "kcell"


def test_no_money_and_no_numbers_are_said(look):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, balance="0.10"), faults)) as sms:
        seen = loaded(look, sms)
        pick(seen)
        seen.click("Order")
        seen.until(lambda: "smsn-bad" in seen.status())
        assert "balance" in seen.status().lower() or "money" in seen.status().lower()
        faults.set(["NO_NUMBERS@getNumberV2:1"])
        seen.until(lambda: not seen.named("Order").disabled)
        seen.click("Order")
        seen.says("No number is left")
        for word in ("NO_NUMBERS", "get_", "max_price"):  # those of the wire and of Python
            assert word not in seen.status()


def test_the_budget_is_told_and_kept(look):
    with Client(sandbox=Sandbox(speed=0), budget="1.00") as sms:
        seen = loaded(look, sms)
        seen.shows("1.00 left of today's budget".replace("'", "&#x27;"))
        pick(seen)
        seen.click("Order")
        seen.shows("0.14 left of today")
        seen.until(lambda: not seen.named("Order").disabled)
        seen.click("Order")
        seen.says("left of today")
        assert len(sms.sandbox.purchases()) == 1


def test_offline_at_the_start_is_said(look):
    faults = Faults(["503-before:1"])
    with Client(sandbox=Gateway(Sandbox(speed=0), faults), retries=0) as sms:
        seen = look(OrderPanel(sms))
        seen.shows("could not be loaded")
        seen.until(lambda: "smsn-bad" in seen.status())


def test_without_a_country_the_cheapest_are_shown(sms, look):
    seen = loaded(look, sms)
    seen.named("Name or code").value = "tg"
    seen.shows("the cheapest of")
    assert seen.named("Order").disabled
    assert seen.named("Order").description == "Order"


def test_names_of_strangers_are_text(sms, look, monkeypatch):
    frame = sms.get_countries()
    frame.loc[0, "eng"] = "<img src=x onerror=alert(1)>"
    services = sms.get_services_list()
    services.loc[0, "name"] = "<script>alert(1)</script>"
    monkeypatch.setattr(sms, "get_countries", lambda: frame)
    monkeypatch.setattr(sms, "get_services_list", lambda: services)
    sms._session.catalogue.services = dict(zip(services["service"], services["name"], strict=True))
    sms._session.catalogue.countries = dict(zip(frame["country"], frame["eng"], strict=True))
    seen = loaded(look, sms)
    seen.named("Name or code").value = str(services.loc[0, "service"])
    seen.until(lambda: "offers" in seen.html() or "Nothing for" in seen.html())
    assert "<script" not in seen.html()
    assert "<img" not in seen.html()


def test_closing_and_opening_again_leaves_nothing(sms, look):
    panel = OrderPanel(sms)
    for _ in range(5):
        seen = look(panel)
        seen.shows("Pick a service")
        panel.close()
        assert not panel._watch.is_open


def test_what_is_picked_stays_while_it_is_offered():
    picked = []
    picker = Picker("Service", "hint", picked.append)
    telegram, twist = Choice("tg", "Telegram (tg)", ("tg",)), Choice("ts", "Twist (ts)")
    picker.fill([telegram, twist])
    picker.value = "tg"
    picker.fill([telegram])
    assert picker.value == "tg"
    picker.fill([twist])
    assert picker.value is None
    picker.value = "never offered"
    assert picker.value is None
    assert picked == ["tg", None]
    picker.layout.close()
    picker.close()


def test_a_country_is_offered_with_all_its_names(sms):
    kazakhstan = next(one for one in country_choices(sms.get_countries()) if one.value == "2")
    assert kazakhstan.label == "Kazakhstan (KZ, 2)"
    assert {"2", "KZ", "Kazakhstan", "\u041a\u0430\u0437\u0430\u0445\u0441\u0442\u0430\u043d"} <= {
        *kazakhstan.words
    }


def test_taking_a_choice_back_shows_what_was_there_before(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    seen.named("Name, ISO").value = None
    seen.shows("the cheapest of")
    assert seen.named("Order").disabled
    seen.named("Name or code").value = None
    seen.shows("Pick a service")


def test_a_chart_is_made_of_numbers_only():
    drawn = chart([PriceOffer(2, 0.86, 100, None), PriceOffer(2, 1.19, 50, None)])
    assert drawn.startswith("<svg")
    assert "2 offers from 0.86 to 1.19" in drawn
    assert "price 0.86" in chart([PriceOffer(2, 0.86, 100, None)])


def test_a_mistake_in_a_callback_is_shown_and_not_swallowed(sms, look, monkeypatch, caplog):
    seen = loaded(look, sms)
    pick(seen)
    monkeypatch.setattr(sms, "order", lambda *_, **__: 1 / 0)
    seen.click("Order")
    seen.says("This did not work (ZeroDivisionError)")
    assert "A panel failed" in caplog.text
    monkeypatch.setattr(seen.panel, "_price", lambda: 1 / 0)
    seen.until(lambda: not seen.panel._busy)
    seen.panel.say("")
    seen.named("Order").click()
    seen.says("ZeroDivisionError")


@pytest.mark.parametrize(
    ("click", "said"), [("It is this one", "claimed"), ("Nothing was bought", None)]
)
def test_a_person_says_what_became_of_an_order_that_nobody_can_settle(click, said, look):
    shop, faults = Sandbox(speed=0), Faults(["drop-after@getNumber:1"])
    sms = Client(sandbox=Gateway(shop, faults))
    with pytest.raises(PurchaseUncertain):
        sms.get_number("tg", 2)  # nobody looked what there was before
    faults.clear()
    seen = loaded(look, sms)
    seen.shows("Nobody knows what became of an order of tg")
    seen.click(click)
    seen.says("Written down")
    seen.until(lambda: "Nobody knows" not in seen.html())
    row = sms.ledger().iloc[-1]
    assert row["state"] == ("active" if said else "dismissed")
    if said:
        assert (row["activation_id"], row["certainty"]) == (shop.purchases()[0].id, said)
    sms.close()
