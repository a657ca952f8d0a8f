"""The numbers in a panel: codes appear by themselves, and nothing else is sent to the page."""

import re
import time

from panels.conftest import state_of_all, until, widgets_alive
from panels.host import LOW_CONTRAST
from panels.numbers import EVERY, number_of, order, rows
from playwright.sync_api import expect

from sms_notebook import Client, Dashboard, WatchPanel
from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.watching.loop import LOOP


def test_a_new_code_goes_to_the_top_is_told_and_copied_with_one_key(sms, show):
    first, second = order(sms), order(sms, "wa")
    shown = show(WatchPanel(sms, every=EVERY))
    expect(shown.grid("Numbers").get_by_role("row")).to_have_count(3)
    expect(rows(shown).first).to_have_attribute("data-key", second)
    row = shown.row(number_of(sms, first))
    row.focus()
    sms.sandbox.send_sms(first, "Your code is 01234")
    expect(row.get_by_text("01234", exact=True)).to_be_visible()
    expect(rows(shown).first).to_have_attribute("data-key", first)
    expect(row).to_be_focused()  # though it was moved
    expect(row).to_contain_text("Telegram · Kazakhstan")
    expect(row).to_contain_text("Code received")
    expect(shown.log("Codes")).to_have_text(re.compile(r"^01234 for \+7 .*Kazakhstan$"))
    expect(shown.page).to_have_title("(1) 01234 · Notebook")
    row.press("c")
    shown.says("Copied the code of +7")
    assert shown.page.evaluate("navigator.clipboard.readText()") == "01234"
    expect(shown.page).to_have_title("Notebook")  # somebody pressed a key
    shown.load()
    expect(shown.log("Codes")).to_contain_text("01234")
    expect(shown.page).to_have_title("Notebook")  # it is no news any more


def test_numbers_are_found_narrowed_and_sorted_and_stay_so_after_a_reload(sms, show):
    telegram, whatsapp, instagram = (order(sms, one) for one in ("tg", "wa", "ig"))
    sms.sandbox.send_sms(whatsapp, "Your code is 777888")
    shown = show(WatchPanel(sms, every=EVERY))
    expect(rows(shown)).to_have_count(3)
    field = shown.textbox("Filter numbers")
    bare = sms.ledger().set_index("activation_id").loc[telegram, "phone_number"]
    for typed, found in (
        ("TELEGRAM kaz", telegram),
        (bare[3:9], telegram),
        (f"+7 {bare[1:4]}", telegram),
        ("777888", whatsapp),
        (instagram, instagram),
    ):
        field.fill(typed)
        expect(rows(shown)).to_have_count(1)
        expect(rows(shown)).to_have_attribute("data-key", found)
    field.fill("nothing like that")
    expect(shown.page.get_by_text("No number fits the filter.")).to_be_visible()
    field.fill("")
    shown.combobox("State").select_option("With a code")
    expect(rows(shown)).to_have_count(1)
    shown.combobox("State").select_option("All")
    head = shown.columnheader("Number")
    head.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(rows(shown)).to_have_count(3)
    names = [one.get_attribute("aria-label") for one in rows(shown).all()]
    assert names == sorted(names)
    field.fill("tele")
    until(lambda: shown.panel.widget.watch_choice.get("filter") == "tele")
    shown.load()
    expect(field).to_have_value("tele")
    expect(rows(shown)).to_have_count(1)
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_rows_stay_where_they_are_while_somebody_aims(sms, show):
    first, second = order(sms), order(sms, "wa")
    shown = show(WatchPanel(sms, every=EVERY))
    expect(rows(shown)).to_have_count(2)
    shown.page.evaluate(
        """() => { const body = document.querySelector('.smsn-numbers');
        const move = () => body.dispatchEvent(new PointerEvent('pointermove'));
        window.aiming = setInterval(move, 50); move(); }"""
    )
    sms.sandbox.send_sms(first, "Your code is 01234")
    expect(shown.row(number_of(sms, first)).get_by_text("01234", exact=True)).to_be_visible()
    expect(rows(shown).first).to_have_attribute("data-key", second)
    shown.page.evaluate("clearInterval(window.aiming)")
    expect(rows(shown).first).to_have_attribute("data-key", first)


def test_switching_the_mask_leaves_nothing_true_in_page_and_state(sms, show):
    number = order(sms)
    bare = str(sms.ledger().loc[0, "phone_number"])
    panel = WatchPanel(sms, every=EVERY)
    shown = show(panel)
    expect(shown.row("+7")).to_be_visible()
    sms.sandbox.send_sms(number, "Your code is 24680. Do not share it.")
    expect(shown.page).to_have_title("(1) 24680 · Notebook")
    shown.row("+7").focus()
    shown.textbox("Filter numbers").fill(bare)
    shown.button("Details").click()
    shown.checkbox("Select +7").check()
    expect(shown.list("Messages")).to_contain_text("Do not share")
    shown.button("Copy code").click()
    shown.says("Copied the code of +7")
    sms.mask()
    secrets = (bare, bare[1:4] + " " + bare[4:7], "24680", "Do not share")
    assert not any(one in str(panel._repr_mimebundle_()) for one in secrets)  # not even now
    model = "JSON.stringify([...'watch watch_choice status tabs'.split(' ')].map(model.get))"
    until(lambda: shown.page.evaluate("model.get('is_masked')"))

    def is_hidden():
        fields = "[...document.querySelectorAll('input')].map((one) => one.value).join()"
        page = shown.page.content() + shown.page.evaluate(f"{model} + {fields} + document.title")
        return not any(one in page + state_of_all() for one in secrets)

    until(is_hidden)
    expect(shown.row("+7")).to_contain_text("•••")
    expect(shown.button("Copy code")).to_be_disabled()
    expect(shown.log("Codes")).to_have_text("")
    expect(shown.list("Messages")).to_be_hidden()
    sms.mask(False)
    expect(shown.row("+7").get_by_text("24680", exact=True)).to_be_visible()


def test_thirty_are_low_and_many_cost_no_more_than_what_changed(show):  # 200: the bench
    with Client(sandbox=Sandbox(speed=0, success=0, balance="1000")) as sms:
        numbers = [order(sms) for _ in range(30)]
        shown = show(WatchPanel(sms, every=EVERY))
        expect(rows(shown)).to_have_count(30)
        height = shown.page.locator(".smsn").bounding_box()["height"]
        print(f"30 numbers: {height:.0f} px")
        assert height <= 1400
        shown.shoot("thirty-light")
        numbers += [order(sms) for _ in range(50)]
        expect(shown.grid("Numbers")).to_have_attribute("aria-rowcount", "81")
        assert rows(shown).count() < 60
        time.sleep(1.5)  # some ticks, until all was told
        before = len(shown.host.updates)
        time.sleep(1.2)
        assert shown.host.updates[before:] == []
        sms.sandbox.send_sms(numbers[12], "Your code is 55555")
        expect(shown.grid("Numbers").get_by_text("55555", exact=True)).to_be_visible()
        time.sleep(1.0)
        sent = shown.host.updates[before:]
        print(f"80 numbers, one code: {len(sent)} updates ({', '.join(sent)})")
        assert len(sent) <= 3
        expect(rows(shown).first).to_have_attribute("data-key", numbers[12])
        rows(shown).first.press("End")
        expect(shown.page.locator(f"[data-key='{numbers[0]}']")).to_be_focused()


def test_offline_is_said_and_passes(show):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, success=0), faults)) as sms:
        shown = show(WatchPanel(sms, every=EVERY))
        empty = shown.page.get_by_text("No active numbers. One that is ordered appears here")
        expect(empty).to_be_visible()
        order(sms)
        expect(shown.row("+7")).to_be_visible()
        expect(empty).to_be_hidden()
        faults.set(["503-before:1"])
        expect(shown.alert().filter(has_text="No news just now")).to_be_visible()
        faults.clear()
        expect(shown.page.get_by_text("No news just now")).to_be_hidden()


def test_only_the_numbers_that_were_asked_for_and_those_added(sms, show):
    mine, other = order(sms), order(sms, "wa")
    panel = WatchPanel(sms, mine, every=EVERY)
    shown = show(panel)
    expect(rows(shown)).to_have_count(1)
    panel.add(other)
    expect(rows(shown)).to_have_count(2)
    sms.sandbox.step(1201)
    expect(shown.row("+7").filter(has_text="Cancelled")).to_have_count(2)
    expect(shown.row("+7").filter(has_text=" left")).to_have_count(0)


def test_everything_is_done_by_keys_and_fits_a_narrow_page(sms, show):
    refs = [order(sms) for _ in range(3)]
    shown = show(WatchPanel(sms, every=EVERY), width=320)
    expect(rows(shown)).to_have_count(3)
    rows(shown).first.focus()
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Space")
    expect(shown.checkbox("Select +7").nth(1)).to_be_checked()
    stops = []
    for _ in range(4):
        shown.page.keyboard.press("Tab")
        stops.append(shown.page.evaluate("document.activeElement.textContent"))
    # After the box; then out of the grid. A page counts on until it knows that time stands still.
    assert [stop.partition(" (in ")[0] for stop in stops[1:3]] == ["Cancel", "Details"]
    shown.page.keyboard.press("Shift+Tab")
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_text(f"id {refs[1]}")).to_be_visible()
    wide = "document.documentElement.scrollWidth"
    assert shown.page.evaluate(wide) <= 320
    shown.shoot("narrow-light")


def test_closing_ends_the_watch_and_leaves_nothing(sms):
    before = widgets_alive()
    order(sms)
    panel = WatchPanel(sms, every=EVERY)
    for _ in range(20):
        assert panel.widget is panel.widget
        time.sleep(0.05)
        panel.close()
    assert not panel.is_open
    assert widgets_alive() == before
    until(lambda: not sms._poller_handle.poller._subscriptions)
    assert not panel._running
    assert LOOP.loop.is_running()


def test_a_webhook_is_on_the_screen_at_once(sms, show):
    number = order(sms)
    sms.webhooks.start(port=0)
    shown = show(WatchPanel(sms, every=60.0))
    expect(shown.row("+7")).to_be_visible()
    sms.sandbox.send_sms(number, "Your code is 24680")
    began = time.monotonic()
    expect(shown.row("+7").get_by_text("24680", exact=True)).to_be_visible()
    print(f"from the SMS to the screen by webhook: {time.monotonic() - began:.2f} s")


def test_without_a_kernel_a_terminal_shows_something_true(sms):
    number = order(sms)
    sms.sandbox.send_sms(number, "Your code is 66666")
    sms.get_active_activations()
    bundle = WatchPanel(sms)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "+7 " in bundle["text/plain"]
    assert "66666" in bundle["text/plain"]
    assert "<td>66666</td>" in bundle["text/html"]


def test_no_number_no_code_and_no_button_is_cut_at_any_width(sms, show):
    first, second, _ = (
        sms.order("tg", country).loc[0, "activation_id"] for country in ("CN", "BR", "KZ")
    )
    shown = show(Dashboard(sms, every=EVERY))
    shown.pick("Service", "tg")
    sms.sandbox.send_sms(first, "Your code is 12345678")
    sms.sandbox.send_sms(second, "Your code is 1234-5678-90")
    expect(shown.page.get_by_text("12345678", exact=True)).to_be_visible()
    expect(shown.row("Kazakhstan").first).to_be_attached()
    shown.fits_everywhere()


def test_its_states_in_light_and_dark_wide_and_narrow(sms, show):
    numbers = [order(sms, service) for service in ("tg", "wa", "ig", "go", "fb", "tg")]
    sms.sandbox.step(130)
    numbers += [order(sms) for _ in range(3)]
    sms.sandbox.step(10)
    shown = show(WatchPanel(sms, every=EVERY))
    expect(rows(shown)).to_have_count(9)
    sms.sandbox.send_sms(numbers[2], "Your code is 01234")
    sms.sandbox.send_sms(numbers[4], "Your code is 556677. See https://example.org/x?y=1 for more")
    sms.sandbox.send_sms(numbers[3], "Welcome! No digits here.")
    expect(shown.grid("Numbers").get_by_text("Welcome!")).to_be_visible()
    expect(shown.grid("Numbers").get_by_text("556677")).to_be_visible()
    shown.row(number_of(sms, numbers[5])).get_by_role("button", name="Cancel").click()
    expect(shown.grid("Numbers").get_by_text("Cancelled")).to_be_visible()
    shown.button("Cancel").filter(has_text="(in").first.click()
    expect(shown.button("Undo")).to_be_visible()
    shown.row(number_of(sms, numbers[4])).get_by_role("button", name="Details").click()
    expect(shown.list("Messages")).to_contain_text("556677")
    shown.checkbox("Select all").check()
    shown.button("Cancel selected").click()
    for scheme in ("light", "dark"):
        shown.page.emulate_media(color_scheme=scheme)
        for width in (1000, 700, 320):
            shown.page.set_viewport_size({"width": width, "height": 900})
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
            assert shown.page.locator(".smsn").evaluate(LOW_CONTRAST) == []
            shown.shoot(f"watch-{scheme}-{width}")
