"""Rents that end in the rent panel: given back in time, and only once that is confirmed."""

import re

from playwright.sync_api import expect

from .test_rent import rented, shown_in


def test_a_cancel_counts_down_and_a_late_one_is_not_offered(sms, show):
    rented(sms)
    shown = shown_in(show, sms)
    cancel = shown.button("Cancel", exact=True)
    expect(cancel).to_have_text(re.compile(r"Cancel \(for (20:00|19:5\d)\)"))
    assert cancel.bounding_box()["height"] < 35  # in one line
    sms.sandbox.step(1100)
    expect(cancel).to_contain_text("(for 1:")
    cancel.click()
    expect(shown.group("To confirm")).to_contain_text("and the money comes back.")
    shown.button("Confirm").click()
    shown.says("Cancelled: the money is back")
    expect(shown.row("+7 7").last).to_contain_text("Cancelled")
    rented(sms)
    expect(shown.button("Details")).to_have_count(2)
    sms.sandbox.step(1201)
    late = shown.row("+7 7").first
    expect(late.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    late.get_by_role("button", name="Finish").click()
    shown.button("Confirm").click()
    shown.says("Finished.")
    expect(shown.grid("Rents")).to_contain_text("Finished")
    expect(shown.grid("Rents")).not_to_contain_text("ended")  # its hours would have gone on
    expect(shown.button("Finish").first).to_be_disabled()


def test_a_rent_ends_only_once_that_is_confirmed(sms, show):
    ref = rented(sms, 48)
    shown = shown_in(show, sms)
    question = shown.group("To confirm")
    for dismissed in ("Escape", "Keep it"):
        shown.button("Finish").dblclick()
        expect(question).to_contain_text(
            re.compile(r"Finish \+7 7.*\? It ends now, with (2 d 0|1 d 23) h")
        )
        expect(question).to_contain_text("and stays paid for.")
        expect(question).to_be_focused()
        shown.shoot("rent-confirmation")
        if dismissed == "Escape":
            shown.page.keyboard.press("Escape")
        else:
            shown.button("Keep it").click()
        expect(question).to_be_hidden()
        expect(shown.button("Details")).to_be_focused()
    shown.button("Finish").click()
    sms.mask()  # the question names the number
    expect(question).to_be_hidden()
    sms.mask(on=False)
    expect(shown.grid("Rents")).not_to_contain_text("•")
    assert sms.ledger().loc[0, "state"] == "active"
    shown.button("Finish").click()
    expect(question).to_be_visible()
    sms.set_rent_status(ref, 1)  # elsewhere
    expect(question).to_be_hidden()
