"""How codes are told in the watch panel, and all messages of a number read."""

from panels.conftest import until
from panels.numbers import EVERY, number_of, order
from playwright.sync_api import expect

from sms_notebook import WatchPanel

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
    expect(link).to_have_text("https://example.org/a?b=1")
    assert link.get_attribute("href") == "https://example.org/a?b=1"
    assert "noopener" in link.get_attribute("rel")
    shown.button("Copy number").click()
    phone = sms.ledger().set_index("activation_id").loc[linked, "phone_number"]
    shown.says(f"Copied +{phone}.")
    assert shown.page.evaluate("navigator.clipboard.readText()") == f"+{phone}"
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
    address = until(lambda: shown.page.evaluate("window.played"))
    assert address == f"https://sandbox.example/voice/{number}.mp3"
    shown.pick("Language", "russian")
    shown.shoot("details-light")
    shown.button("Hear again").click()
    shown.says("The recording is being read anew")
    expect(shown.page.locator("audio")).to_have_count(1)  # it would stop
