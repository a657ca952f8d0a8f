"""The account: what there is to spend, what was spent, and what waits to be settled."""

import re

import pandas as pd
import pytest
from panels.conftest import state_of_all, until
from panels.host import LOW_CONTRAST
from playwright.sync_api import expect

import sms_notebook.panels.account as account_section
from sms_notebook import Client, Dashboard, OrderPanel, PurchaseUncertain, RentPanel
from sms_notebook.sandbox import Faults, Gateway, Sandbox


def account(panel):
    return panel.widget.account


def test_many_wishes_to_know_the_balance_are_one_question(sms):
    panel = Dashboard(sms)
    asked = []
    ask = sms.get_balance
    sms.get_balance = lambda: asked.append(1) or ask()
    try:
        until(lambda: account(panel).get("balance") == 50.0)
        before = len(asked)
        sms.order("tg", "KZ")
        for _ in range(30):
            panel.money_moved()
        until(lambda: account(panel)["balance"] == 49.14)
        assert len(asked) - before <= 2
    finally:
        panel.close()


def test_charts_come_though_the_kernel_hears_late_which_tab_was_opened(sms):
    panel = Dashboard(sms)
    try:
        until(lambda: account(panel).get("balance") == 50.0)
        assert account(panel)["spending"] is None
        panel.section("account").do_refresh()
        until(lambda: account(panel)["spending"] == [])
    finally:
        panel.close()


def test_balance_budget_and_charts_are_drawn_of_the_ledger(show):
    with Client(sandbox=Sandbox(speed=0, success=0), budget="20") as sms:
        shown = show(Dashboard(sms, every=0.2))
        shown.tab("Account").click()
        expect(shown.page.get_by_text("Nothing was bought in the last 30 days.")).to_be_visible()
        ref = sms.order("tg", "KZ").loc[0, "activation_id"]
        sms.sandbox.send_sms(ref, "Your code is 01234")
        sms.wait_code(ref)
        sms.order("wa", "GB")
        account = shown.region("Account")
        spent = round(float(sms.ledger()["cost"].sum()), 2)
        until(lambda: shown.panel.widget.account["spent"] == spent)
        expect(account).to_contain_text(f"Balance{50 - spent:.2f} USD")
        expect(account).to_contain_text(f"Left today{20 - spent:.2f} USD")
        chart = shown.img("Spent per day (UTC)")
        expect(chart).to_have_accessible_name(
            re.compile(rf"{spent:.2f} USD in all: .*{spent:.2f} USD$")
        )
        by = shown.img("Codes of numbers by service")
        expect(by).to_have_accessible_name(
            re.compile("Telegram 1 of 1; Whatsapp 0 of 1, 1 waiting$")
        )
        shown.combobox("Codes by").select_option("country")
        expect(shown.img("Codes of numbers by country: Kazakhstan 1 of 1")).to_be_visible()
        account.get_by_text("Figures as a table").last.click()
        cell = shown.table("Codes of numbers").get_by_role("rowheader", name="Kazakhstan")
        expect(cell).to_be_visible()
        assert shown.page.locator(".smsn").evaluate(LOW_CONTRAST) == []
        shown.shoot("account-light")


def test_a_balance_that_is_not_known_is_said_to_be_so(show):
    faults = Faults(["ERROR_SQL@getBalance:1"])
    with Client(sandbox=Gateway(Sandbox(speed=0, success=0), faults), retries=0) as sms:
        shown = show(Dashboard(sms))
        shown.tab("Account").click()
        account = shown.region("Account")
        expect(account).to_contain_text("Balancenot known")
        expect(account.locator(".smsn-trouble")).not_to_be_empty()
        expect(account).to_contain_text("Spent today (UTC)0.00 USD")  # of the ledger
        faults.clear()
        shown.button("Ask again").click()
        expect(account).to_contain_text("Balance50.00 USD")


@pytest.mark.parametrize("panel", [Dashboard, OrderPanel, RentPanel])
@pytest.mark.parametrize("click", ["It is this one", "Nothing was bought"])
def test_a_person_says_what_became_of_an_order_that_nobody_can_settle(show, panel, click):
    shop, faults = Sandbox(speed=0, success=0), Faults(["drop-after@getNumber:1"])
    with Client(sandbox=Gateway(shop, faults)) as sms:
        with pytest.raises(PurchaseUncertain):
            sms.get_number("tg", 2)  # nobody looked what there was before
        faults.clear()
        shown = show(panel(sms, every=0.2), width=320 if panel is RentPanel else 1000)
        if panel is Dashboard:
            shown.tab("Account").click()
        open_orders = shown.region("Waits to be settled")
        expect(open_orders).to_contain_text(
            "Nobody knows what became of an order of Telegram in Kazakhstan"
        )
        expect(shown.combobox("It may be")).to_contain_text("+7")
        shown.shoot(f"open-{panel.__name__}")
        shown.button(click).dblclick()
        shown.says("Written down.")
        expect(open_orders).to_be_hidden()
        row = sms.ledger().iloc[-1]
        if click == "Nothing was bought":
            assert row["state"] == "dismissed"
            return
        assert (row["state"], row["certainty"]) == ("active", "claimed")
        assert row["activation_id"] == shop.purchases()[0].id
        if panel is Dashboard:
            shown.tab("Watch").click()
            expect(shown.row("+7 7").first).to_be_visible()


def test_an_order_that_is_lost_while_it_is_open_waits_there(show):
    shop, faults = Sandbox(speed=0, success=0), Faults()
    with Client(sandbox=Gateway(shop, faults), retries=0) as client:
        panel = Dashboard(client, every=0.2)
        shown = show(panel)
        shown.tab("Account").click()
        expect(shown.region("Account")).to_contain_text("Balance50.00 USD")
        faults.set(["drop-after@getNumber:1"])
        panel.buy("Ordering…", lambda: client.get_number("tg", 2), lambda _: None)
        expect(shown.page.get_by_text("Nobody knows what became").first).to_be_visible()


@pytest.mark.parametrize("fault", ["503-before:1", "503-after@getNumberV2:1"])
def test_what_is_said_of_a_lost_order_stays_until_it_is_looked_up(show, monkeypatch, fault):
    monkeypatch.setattr(account_section, "_AGAIN", 0.1)
    shop, faults = Sandbox(speed=0, success=0), Faults()
    with Client(sandbox=Gateway(shop, faults), retries=0) as client:
        panel = OrderPanel(client, every=0.2)
        shown = show(panel)
        expect(shown.page.get_by_text("Balance 50.00 USD")).to_be_visible()
        said = []
        panel.widget.observe(lambda change: said.append(change["new"]["text"]), "status")
        faults.set([fault, "503-before@getBalance:1", "503-before@getActiveActivations:1"])
        panel.section("order").do_buy("tg", "2", None, "0.86")
        shown.says("Sent once, outcome unknown")
        shown.says("It is looked up by itself; what stays open waits below to be settled.")
        asked, reconcile = [], client.reconcile
        client.reconcile = lambda **how: asked.append(how) or reconcile(**how)
        until(lambda: len(asked) > 2)
        faults.clear()
        expect(shown.region("Waits to be settled")).to_contain_text("Telegram in Kazakhstan")
        assert [text[:7] for text in said] == ["Orderin", "Sent on"]


BOUGHT = "Looked up: the order of Telegram in Kazakhstan bought +7 700 275 3027."
GUESS = " That is inferred: it is only the one purchase that fits."


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ({}, BOUGHT),
        ({"certainty": "inferred"}, f"{BOUGHT}{GUESS}"),
        ({"country": pd.NA}, BOUGHT.replace(" in Kazakhstan", "")),
        (
            {"service": pd.NA, "country": pd.NA, "phone_number": pd.NA},
            "Looked up: the order bought what it was for.",
        ),
        (
            {"result": "not bought"},
            "Looked up: the order of Telegram in Kazakhstan bought nothing.",
        ),
    ],
    ids=str,
)
def test_what_a_look_settles_is_said(found, line):
    shop, faults = Sandbox(speed=0, success=0), Faults(["drop-after@getNumber:1"])
    with Client(sandbox=Gateway(shop, faults)) as sms:
        with pytest.raises(PurchaseUncertain):
            sms.get_number("tg", 2)
        faults.clear()
        reconcile, order = sms.reconcile, sms.ledger().loc[0, "order_id"]
        ref = shop.purchases()[0].id
        sms.reconcile = lambda wait: reconcile(wait=wait, claim={order: ref}).assign(**found)
        panel = OrderPanel(sms, every=60)
        assert until(lambda: panel.widget.status.get("text")) == line
        panel.close()


def test_a_rent_that_is_claimed_is_among_the_rents():
    shop, faults = Sandbox(speed=0), Faults(["drop-after@getRentNumber:1"])
    with Client(sandbox=Gateway(shop, faults)) as sms:
        with pytest.raises(PurchaseUncertain):
            sms.get_rent_number("full", 24, country=2)
        faults.clear()
        panel = RentPanel(sms, every=60)
        [waiting] = until(lambda: account(panel)["open"])
        [candidate] = waiting["candidates"]
        odd = ({"order": waiting["order"], "ref": "1"}, {"order": "x", "ref": candidate["id"]}, {})
        given = {"order": waiting["order"], "ref": candidate["id"]}
        for sent in (*odd, given):  # the odd ones are not from our page
            content = {"part": "account", "action": "claim", "given": sent}
            panel.widget._handle_custom_msg(content, [])
        until(lambda: [line["id"] for line in panel.widget.rent["rents"]] == [candidate["id"]])
        until(lambda: not account(panel)["open"])
        row = sms.ledger().iloc[-1]
        assert (row["state"], row["rent_id"]) == ("active", candidate["id"])
        panel.close()


def test_it_fits_and_what_waits_is_masked(show):
    shop, faults = Sandbox(speed=0, success=0), Faults(["drop-after@getNumber:1"])
    with Client(sandbox=Gateway(shop, faults)) as sms:
        with pytest.raises(PurchaseUncertain):
            sms.get_number("tg", 2)
        faults.clear()
        sms.order("wa", "GB")
        phone = shop.purchases()[0].phone_number
        shown = show(Dashboard(sms, every=0.2), width=320, color_scheme="dark")
        shown.tab("Account").click()
        expect(shown.combobox("It may be")).to_contain_text(f"{phone}"[-4:])
        shown.shoot("account-320-dark")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert shown.page.locator(".smsn").evaluate(LOW_CONTRAST) == []
        sms.mask()
        expect(shown.combobox("It may be")).to_contain_text("•••")
        until(lambda: phone not in state_of_all())
        sms.mask(False)
        expect(shown.combobox("It may be")).not_to_contain_text("•••")
