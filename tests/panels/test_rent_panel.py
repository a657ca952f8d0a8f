"""The rent panel: rent, read, extend with the price before it, end."""

import threading
import time

from sms_notebook import Client
from sms_notebook.panels import RentPanel
from sms_notebook.sandbox import Faults, Gateway, Sandbox


def loaded(look, sms):
    seen = look(RentPanel(sms, every=0.2))
    seen.shows("Pick a country")
    return seen


def pick(seen, country="2", service="full"):
    seen.named("Name, ISO").value = country
    seen.shows("services can be rented")
    seen.named("Name or code").value = service
    seen.until(lambda: not seen.named("Rent").disabled)


def rented(look, sms, hours=24):
    ref = str(sms.rent("full", "Kazakhstan", hours).loc[0, "rent_id"])
    seen = loaded(look, sms)
    seen.shows(f"rent {ref}")
    return ref, seen


def test_rent_by_clicking_and_messages_arrive(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    assert seen.named("Rent").description == "Rent for 15.06 USD"
    for _ in range(3):
        seen.named("Rent").click()  # a double click rents once
    seen.says("for 15.06 USD")
    assert len(sms.sandbox.purchases()) == 1
    ref = sms.ledger().loc[0, "rent_id"]
    seen.shows(f"rent {ref}", 2)
    seen.shows("No messages yet")
    seen.shows("left</span>")
    sms.sandbox.send_sms(ref, "Your code is 01234")
    seen.shows("Your code is 01234")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(ref, "Your code is <b>56789</b>")
    seen.shows("&lt;b&gt;56789&lt;/b&gt;")
    assert seen.html().index("56789") < seen.html().index("01234")
    seen.shows("2 messages")


def test_hours_operator_and_calls_change_the_price(sms, look):
    seen = loaded(look, sms)
    pick(seen)
    seen.panel._hours.value = 48
    seen.until(lambda: "15.06" not in seen.named("Rent").description and seen.panel._prices)
    assert seen.named("Rent for").description != "Rent for 15.06 USD"
    seen.until(lambda: ["kcell", "kcell", []] in seen.named("Operator").choices)
    seen.panel._operator.value = "kcell"
    seen.panel._calls.value = True
    seen.until(lambda: not seen.named("Rent").disabled)
    seen.click("Rent")
    seen.says("Rented +7 ")
    assert sms.ledger().loc[0, "operator"] == "kcell"


def test_an_extension_is_priced_then_paid_once(sms, look):
    ref, seen = rented(look, sms)
    assert seen.named("Extend").disabled
    seen.click("See price")
    seen.shows("24 hours more cost 6.03 USD; 1320 hours at most.")
    assert "Not extended so far" in seen.html()
    assert seen.named("Extend").description == "Extend for 6.03 USD"
    before = sms.ledger()["cost"].sum()
    for _ in range(3):
        seen.named("Extend").click()
    seen.says("Extended by 24 hours for 6.03 USD")
    assert round(float(sms.ledger()["cost"].sum() - before), 2) == 6.03
    assert seen.named("Extend").disabled
    seen.shows("1 d 23 h left")
    seen.click("See price")
    seen.shows("Extensions so far")
    assert "<td>6.03</td>" in seen.html()
    seen.named("Hours more").value = 48
    assert seen.named("Extend").disabled
    assert ref


def test_more_than_the_maximum_is_refused_with_the_maximum(sms, look):
    _, seen = rented(look, sms)
    seen.named("Hours more").value = 1344
    seen.click("See price")
    seen.says("Ask for 1320 hours at most")
    assert seen.named("Extend").disabled


def test_cancel_within_twenty_minutes(sms, look):
    _, seen = rented(look, sms)
    assert seen.named("Cancel").description == "Cancel (for 20 min)"
    seen.click("Cancel")
    seen.says("Cancelled: the money is back")
    seen.until(lambda: seen.named("Cancel").disabled)
    seen.shows(">Cancelled<")


def test_no_cancel_after_twenty_minutes_but_finish(sms, look):
    _, seen = rented(look, sms)
    sms.sandbox.step(1201)
    seen.until(lambda: seen.named("Cancel").disabled)
    seen.click("Finish")
    seen.says("Finished.")
    seen.shows(">Finished<")


def test_no_money_and_nothing_to_rent_are_said(look):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, balance="0.10"), faults)) as sms:
        seen = loaded(look, sms)
        pick(seen)
        seen.click("Rent")
        seen.until(lambda: "smsn-bad" in seen.status())
        faults.set(["NO_NUMBERS@getRentServicesAndCountries:1"])
        seen.panel._hours.value = 48
        seen.shows("Nothing to rent like that")
        assert seen.named("Rent").disabled


def test_empty_and_snapshot(sms, look):
    seen = loaded(look, sms)
    seen.shows("No rents.")
    assert "nothing as of" in seen.panel._repr_mimebundle_()["text/plain"]
    sms.rent("full", "Kazakhstan", 4)
    bundle = seen.panel._repr_mimebundle_()
    assert "Full rent" in bundle["text/plain"]
    assert "<td>active</td>" in bundle["text/html"]


def test_messages_from_before_are_there_when_it_is_opened_again(sms, look):
    ref, seen = rented(look, sms)
    sms.sandbox.send_sms(ref, "Your code is 01234")
    seen.shows("01234")
    for _ in range(3):
        seen.panel.close()
        time.sleep(0.1)
        again = look(seen.panel)
        again.shows("Your code is 01234")


def test_hours_that_come_after_the_click_are_those_whose_price_is_told(sms, look, monkeypatch):
    """A page sends a click before a field that it has not sent yet."""
    _, seen = rented(look, sms)
    ask, may_answer = sms.continue_rent_info, threading.Event()

    def slowly(*args, **options):
        assert may_answer.wait(5)
        return ask(*args, **options)

    monkeypatch.setattr(sms, "continue_rent_info", slowly)
    seen.click("See price")
    seen.named("Hours more").value = 48
    may_answer.set()
    seen.shows("48 hours more cost")
    assert seen.named("Extend").description == "Extend for 12.05 USD"
    seen.named("Hours more").value = 72
    assert seen.named("Extend").disabled


def test_rents_that_are_activations_by_clicking(look):
    with Client(sandbox=Sandbox(dialect="herosms", speed=0, success=0.0, balance="1000")) as sms:
        seen = loaded(look, sms)
        hours = seen.panel._hours
        assert list(hours.options) == [24, 72, 168, 336, 720, 1440, 2160, 4320]
        pick(seen, country="6")
        seen.click("Rent")
        seen.says("Rented +62 ")
        ref = sms.ledger().loc[0, "rent_id"]
        seen.shows(f"rent {ref}", 2)
        sms.sandbox.send_sms(ref, "Your code is 01234")
        seen.shows("Your code is 01234")
        seen.named("Hours more").value = 72
        seen.click("See price")
        seen.shows("72 hours more cost")
        seen.shows("2160 hours at most")
        seen.click("Extend for")
        seen.says("Extended by 72 hours")
        assert len(sms.sandbox.purchases()) == 2
        seen.click("Finish")
        seen.says("Finished.")
        seen.shows(">Finished<")
        assert set(sms.ledger()["state"]) == {"finished"}
