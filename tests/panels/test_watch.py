"""The numbers in a panel: codes appear by themselves, and nothing else is sent to the page."""

import logging
import re
import time

from panels.conftest import state_of_all, until
from playwright.sync_api import expect

from sms_notebook import Client, WatchPanel
from sms_notebook.sandbox import Faults, Gateway, Sandbox

EVERY = 0.2


def order(sms, service="tg"):
    return str(sms.order(service, "Kazakhstan").loc[0, "activation_id"])


def number_of(sms, ref):
    """Return a number as it is written in a row."""
    bare = sms.ledger().set_index("activation_id").loc[ref, "phone_number"]
    return re.compile(r"\+7 " + r"\s?".join(bare[1:]) + "$")


def rows(shown):
    return shown.page.locator(".smsn-numbers [data-key]")


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


def test_another_code_and_finish(sms, show):
    number = order(sms)
    sms.sandbox.send_sms(number, "Your code is 11111")
    shown = show(WatchPanel(sms, every=EVERY))
    row = shown.row("+7")
    expect(row.get_by_text("11111", exact=True)).to_be_visible()
    row.get_by_role("button", name="Another code").click()
    shown.says("One more code was asked for")
    expect(row).to_contain_text("Waiting for another code")
    expect(row).to_contain_text("before: 11111")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(number, "Your code is 22222")
    expect(row.get_by_text("22222", exact=True)).to_be_visible()
    row.get_by_role("button", name="Finish").dblclick()
    shown.says("Finished: the number is paid for")
    for name in ("Finish", "Another code", "Cancel"):
        expect(row.get_by_role("button", name=name)).to_be_disabled()
    expect(row.get_by_text("22222", exact=True)).to_be_visible()


def test_a_cancel_before_its_time_is_scheduled_and_can_be_undone(sms, show):
    number = order(sms)
    shown = show(WatchPanel(sms, every=EVERY))
    row = shown.row("+7")
    row.get_by_role("button", name="Cancel (in 2:00)", exact=True).click()
    expect(row).to_contain_text("Cancels in 2:00")
    shown.says("is cancelled as soon as that is allowed, while this panel is open")
    sms.sandbox.step(65)
    expect(row).to_contain_text("Cancels in 55 s")
    expect(row.get_by_role("button", name="Cancel")).to_be_hidden()
    row.get_by_role("button", name="Undo").click()
    shown.says("It is not cancelled.")
    sms.sandbox.step(60)
    cancel = row.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_visible()
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"
    other = order(sms, "wa")
    early = shown.button("Cancel (in 2:00)")
    early.press("Enter")
    expect(shown.button("Undo")).to_be_focused()
    sms.sandbox.step(121)
    expect(shown.row(number_of(sms, other))).to_contain_text("Cancelled")
    shown.says("Cancelled: the money is back")
    shown.page.evaluate("ref => model.send({part: 'watch', action: 'undo', given: {ref}})", other)
    shown.says("Too late to undo: cancelled.")
    first = shown.row(number_of(sms, number))
    first.get_by_role("button", name="Cancel", exact=True).click()
    expect(first).to_contain_text("Cancelled")


def test_a_code_that_comes_first_is_not_cancelled(sms, show):
    number, other = order(sms), order(sms, "wa")
    shown = show(WatchPanel(sms, every=EVERY))
    shown.row(number_of(sms, number)).get_by_role("button", name="Cancel").click()
    expect(shown.button("Undo")).to_be_visible()
    sms.sandbox.send_sms(number, "Your code is 33333")
    shown.says("Not cancelled: the code 33333 has come")
    expect(shown.button("Undo")).to_be_hidden()
    shown.panel.close()
    sms.sandbox.step(130)
    slow = show(WatchPanel(sms, every=60.0))
    cancel = slow.row(number_of(sms, other)).get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_enabled()
    sms.sandbox.send_sms(other, "Your code is 44444")
    cancel.click()
    slow.says("Not cancelled: the code 44444 has come")


def test_a_panel_that_is_gone_cancels_nothing_and_says_so(sms, show, caplog):
    number = order(sms)
    shown = show(WatchPanel(sms, every=EVERY))
    shown.button("Cancel (in 2:00)").click()
    expect(shown.button("Undo")).to_be_visible()
    shown.page.evaluate("window.restart()")
    expect(shown.row("+7")).to_contain_text("Not cancelled: this panel is gone")
    with caplog.at_level(logging.WARNING, "sms_notebook"):
        shown.panel.close()
    assert f"nothing cancels {number}: sms.cancel(id, when_allowed=True)" in caplog.text
    sms.sandbox.step(130)
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"


def test_many_are_ended_with_one_confirmation_and_each_has_its_own_trouble(sms, show, monkeypatch):
    coded = [order(sms) for _ in range(3)]
    for ref in coded:
        sms.sandbox.send_sms(ref, "Your code is 12345")
    old = order(sms, "wa")
    sms.sandbox.step(130)
    young = order(sms, "ig")
    shown = show(WatchPanel(sms, every=EVERY))
    expect(shown.button("Copy code").and_(shown.page.locator(":enabled"))).to_have_count(3)
    expect(shown.button("Finish selected")).to_be_disabled()
    shown.checkbox("Select all").check()
    shown.button("Finish selected").click()
    group = shown.group("To confirm")
    expect(group).to_be_focused()
    expect(group).to_contain_text("Finish 3 numbers? What is finished is paid for.")
    expect(group).to_contain_text("The other 2 selected cannot be finished now")
    group.press("Escape")
    expect(shown.button("Confirm")).to_be_hidden()
    shown.button("Finish selected").click()
    shown.shoot("confirm-light")
    finish = sms.finish
    monkeypatch.setattr(sms, "finish", lambda ref: finish("1" if ref == coded[1] else ref))
    shown.button("Confirm").click()
    shown.says("Finished 2 of 3. +7")
    assert shown.page.locator(".smsn-note:visible").count() == 1
    assert sorted(sms.ledger().groupby("state").size().to_dict().values()) == [2, 3]
    shown.checkbox("Select all").check()
    shown.button("Cancel selected").click()
    expect(group).to_contain_text("1 of them as soon as that is allowed")
    shown.button("Confirm").click()
    shown.says("Cancelled 1 of 1. To be cancelled as soon as that is allowed: 1.")
    expect(shown.row(number_of(sms, old))).to_contain_text("Cancelled")
    expect(shown.row(number_of(sms, young))).to_contain_text("Cancels in 2:00")


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


_LISTEN = """() => { window.tones = []; window.notes = [];
const param = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
window.AudioContext = class { currentTime = 0; destination = {};
  async resume() {} async close() {}
  createOscillator() { return { frequency: {}, connect() {}, stop() {},
    start() { window.tones.push(1); } }; }
  createGain() { return { gain: param, connect() {} }; } };
window.Notification = class { static permission = 'default';
  static async requestPermission() { window.asked = true; return this.permission = window.answer; }
  constructor(title, { body }) { window.notes.push(`${title} | ${body}`); } }; }"""


def test_each_way_of_telling_is_asked_for_and_remembered(sms, show):
    number, other = order(sms), order(sms, "wa")
    shown = show(WatchPanel(sms, every=EVERY))
    page = shown.page
    page.context.add_init_script(f"({_LISTEN})()")
    page.evaluate(_LISTEN)
    for name, on in (("Tab title", "true"), ("Sound", "false"), ("Notifications", "false")):
        expect(shown.switch(name)).to_have_attribute("aria-checked", on)
    assert page.evaluate("window.asked") is None
    page.evaluate("window.answer = 'denied'")
    shown.switch("Notifications").click()
    shown.says("The browser does not allow notifications")
    expect(shown.switch("Notifications")).to_have_attribute("aria-checked", "false")
    page.evaluate("window.answer = 'granted'")
    shown.switch("Notifications").click()
    expect(shown.switch("Notifications")).to_have_attribute("aria-checked", "true")
    shown.switch("Sound").press("Space")
    shown.switch("Tab title").press("Enter")
    expect(shown.switch("Tab title")).to_have_attribute("aria-checked", "false")
    before = page.evaluate("window.tones.length")
    sms.sandbox.send_sms(number, "Your code is 24680")
    expect(shown.log("Codes")).to_contain_text("24680")
    until(lambda: page.evaluate("window.tones.length") > before)
    assert page.evaluate("window.notes").pop().startswith("24680 | +7 ")
    expect(page).to_have_title("Notebook")
    until(lambda: shown.panel.widget.watch_choice.get("tell", {}).get("title") is False)
    shown.load()
    expect(shown.switch("Sound")).to_have_attribute("aria-checked", "true")
    expect(shown.switch("Tab title")).to_have_attribute("aria-checked", "false")
    expect(shown.switch("Notifications")).to_have_attribute("aria-checked", "false")  # not allowed
    sms.sandbox.send_sms(other, "Your code is 13579")
    until(lambda: page.evaluate("window.tones.length"))
    assert page.evaluate("window.notes") == []


HOSTILE = [
    "<script>window.hacked = 1</script> 12345",
    '"><img src=x onerror="window.hacked=1"> 12345',
    "<a href='javascript:window.hacked=1'>x</a> javascript:alert(1) 12345",
    "</style></div><svg onload=window.hacked=1><iframe srcdoc='<script>parent.hacked=1'> 12345",
    "رمزك هو 12345 <b>",
]


def test_what_strangers_write_is_text_and_only_web_addresses_can_be_clicked(sms, show):
    refs = [order(sms) for _ in HOSTILE]
    for ref, text in zip(refs, HOSTILE, strict=True):
        sms.sandbox.send_sms(ref, text, '9"><b>9')
    linked = order(sms, "wa")
    sms.sandbox.send_sms(linked, "See https://example.org/a?b=1 or ftp://x.example", "1234")
    panel = WatchPanel(sms, every=EVERY)
    shown = show(panel)
    for ref, text in zip(refs, HOSTILE, strict=True):
        shown.row(number_of(sms, ref)).press("Enter")
        expect(shown.list("Messages")).to_contain_text(text)
    assert shown.page.evaluate("window.hacked") is None
    inside = ".smsn script, .smsn img, .smsn a, .smsn svg, .smsn iframe, .smsn b"
    assert shown.page.locator(inside).count() == 0
    bundle = panel._repr_mimebundle_()
    assert not any(tag in bundle["text/html"] for tag in ("<script", "<img", "<b>"))
    shown.row(number_of(sms, linked)).get_by_role("button", name="Details").click()
    link = shown.list("Messages").get_by_role("link")
    expect(link).to_have_count(1)
    assert link.get_attribute("href") == link.inner_text() == "https://example.org/a?b=1"
    assert "noopener" in link.get_attribute("rel")
    shown.button("Close details").press("Escape")
    expect(shown.list("Messages")).to_be_hidden()
    expect(shown.row(number_of(sms, linked)).get_by_role("button", name="Details")).to_be_focused()


def test_details_have_all_messages_and_a_recording_plays_on_a_click(sms, show):
    bought = sms.get_number_v2("tg", "Kazakhstan", activation_type=2, language="en")
    number = str(bought.loc[0, "activation_id"])
    shown = show(WatchPanel(sms, number, every=EVERY))
    shown.button("Details").click()
    expect(shown.page.get_by_text("No messages yet.")).to_be_visible()
    sms.sandbox.send_sms(number, "Your code is 4 4 4 4", "4444")
    expect(shown.list("Messages")).to_contain_text("Your code is 4 4 4 4")
    assert shown.page.locator("audio").count() == 0
    shown.page.evaluate(
        "HTMLMediaElement.prototype.play = function() { window.played = this.src; }"
    )
    shown.button("Play recording").click()
    address = shown.page.evaluate("window.played")
    assert address == f"https://sandbox.example/voice/{number}.mp3"
    shown.pick("Language", "russian")
    shown.shoot("details-light")
    shown.button("Hear again").click()
    shown.says("The recording is being read anew")
    assert shown.page.locator("audio").count() == 1  # it would stop


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


def test_thirty_are_low_and_two_hundred_cost_no_more_than_what_changed(show):
    with Client(sandbox=Sandbox(speed=0, success=0, balance="1000")) as sms:
        numbers = [order(sms) for _ in range(30)]
        shown = show(WatchPanel(sms, every=EVERY))
        expect(rows(shown)).to_have_count(30)
        height = shown.page.locator(".smsn").bounding_box()["height"]
        print(f"30 numbers: {height:.0f} px")
        assert height <= 1400
        shown.shoot("thirty-light")
        numbers += [order(sms) for _ in range(170)]
        expect(shown.grid("Numbers")).to_have_attribute("aria-rowcount", "201")
        assert rows(shown).count() < 60
        until(lambda: sms.ledger().shape[0] == 200)
        time.sleep(1.5)  # some ticks, until all was told
        before = len(shown.host.updates)
        time.sleep(2.0)
        assert shown.host.updates[before:] == []
        sms.sandbox.send_sms(numbers[12], "Your code is 55555")
        expect(shown.grid("Numbers").get_by_text("55555", exact=True)).to_be_visible()
        time.sleep(1.0)
        sent = shown.host.updates[before:]
        print(f"200 numbers, one code: {len(sent)} updates ({', '.join(sent)})")
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
    assert stops[1:3] == ["Cancel (in 2:00)", "Details"]  # after the box; then out of the grid
    shown.page.keyboard.press("Shift+Tab")
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_text(f"id {refs[1]}")).to_be_visible()
    wide = "document.documentElement.scrollWidth"
    assert shown.page.evaluate(wide) <= 320
    shown.shoot("narrow-light")


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


def test_what_is_no_number_of_ours_is_not_asked_for(sms, show):
    number = order(sms)
    shown = show(WatchPanel(sms, number, every=60.0))
    expect(shown.row("+7")).to_be_visible()
    said = shown.panel.widget.status
    for given in ({"ref": "12"}, {"ref": ["x"]}, {"refs": "12"}, {"refs": [{}, "12"]}, {}):
        for action in ("finish", "undo", "again", "hear", "end", "act"):
            shown.host.ask({"part": "watch", "action": action, "given": given})
    shown.host.ask({"part": "watch", "action": "hear", "given": {"ref": number, "language": [1]}})
    assert shown.panel.widget.status == said


_CONTRASTS = """() => {
const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (colour) => { const [r, g, b] = parsed(colour).map((one) => { const part = one / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = (node) => { for (let one = node; one; one = one.parentElement) {
  const { backgroundColor } = getComputedStyle(one);
  if ((parsed(backgroundColor)[3] ?? 1) > 0) return backgroundColor; }
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  return isDark ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)'; };
return [...document.querySelectorAll('.smsn *')].filter((one) => one.checkVisibility()
    && !one.disabled && [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
  .map((one) => { const [a, b] = [light(getComputedStyle(one).color), light(ground(one))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML]; })
  .filter(([ratio]) => ratio < 4.5); }"""


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
    shown.button("Cancel (in").first.click()
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
            assert shown.page.evaluate(_CONTRASTS) == []
            shown.shoot(f"watch-{scheme}-{width}")
