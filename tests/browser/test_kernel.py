"""What a kernel does to a panel and to %sms: a restart, an interrupt, Tab, a webhook."""

import time
import urllib.parse
import urllib.request

import pytest
from browser.jupyter import KEY
from playwright.sync_api import expect

from sms_notebook.sandbox.server import API_PATH


def send(market, number, text):
    """Have a message arrive as the provider sends it: with a webhook, where there is one."""
    url = market.url.replace(API_PATH, "/sandbox/sms")
    query = urllib.parse.urlencode({"id": number, "text": text})
    urllib.request.urlopen(f"{url}?{query}", b"", timeout=5).close()  # noqa: S310 - http, to ourselves


@pytest.fixture
def magics(notebook, market):
    """Open a notebook with %sms in it; cells from the third on are the test's."""
    place = {"SMS_BASE_URL": market.url, "SMS_API_KEY": KEY}
    load = f"os.environ |= {place!r}\n%load_ext sms_notebook"
    return lambda *cells: notebook(load, *cells)


@pytest.mark.smoke
def test_a_webhook_is_on_the_screen_long_before_the_next_poll(notebook, market):
    book = notebook("order = sms.order('tg', 'KZ')\nWatchPanel(sms, every=60)")
    market.webhook_url = book.execute("print(sms.webhooks.start(port=0))")
    number = book.execute("print(order.activation_id[0])")
    row = book.row("Numbers", "+7 ")
    expect(row).to_be_visible()
    took = []
    for code in ("24680", "13579", "97531"):
        book.page.evaluate(
            """code => { const look = () => {
                const shown = document.querySelector('.smsn [role=grid]');
                if (shown?.textContent.includes(code)) { window.seen = Date.now() / 1000; }
                else { setTimeout(look, 5); }
            }; look(); }""",
            code,
        )
        began = time.time()
        send(market, number, f"Your code is {code}")
        expect(row).to_contain_text(code)
        book.page.wait_for_function("began => window.seen > began", arg=began)
        took.append(book.page.evaluate("window.seen") - began)
    print(f"from the SMS to the screen by webhook: {min(took):.3f} s")


@pytest.mark.smoke
def test_texts_of_strangers_are_not_typeset_and_other_frames_are(notebook, market):
    book = notebook(
        "import pandas as pd\nnumber = sms.order('tg', 'KZ').loc[0, 'activation_id']",
        "sms.get_active_activations()[['sms_text']]",
        "pd.DataFrame({'x': ['$x^2$']})",
    )
    words = r"pay $5 and $6 $\href{http://x}{Finish}$"
    send(market, book.execute("print(number)"), words)
    for at in (2, 3):
        book.run_cell(at)
    expect(book.page.locator("td").filter(has_text=words)).to_be_visible()
    expect(book.page.locator("mjx-container")).to_have_count(1)  # of the other frame


@pytest.mark.smoke
def test_after_a_restart_the_last_picture_stays_and_nothing_hears_a_click(notebook, market):
    book = notebook("Dashboard(sms)")
    number = book.execute("print(sms.order('tg', 'KZ').loc[0, 'activation_id'])")
    row = book.row("Numbers", "+7 ")
    expect(row).to_be_visible()
    book.run_cell(1)  # the snapshot is now one with the number
    expect(row).to_be_visible()
    book.restart()
    expect(book.page.get_by_text("The kernel restarted: run this cell again.")).to_be_visible()
    assert book.page.locator(".jupyter-widgets-disconnected").count() == 0
    expect(book.page.locator(".smsn-body")).to_contain_text("+7 ")
    book.shoot("restarted")
    assert "Telegram" in "".join(book.outputs(1)[0]["data"]["text/html"])
    for at in range(2):
        book.run_cell(at)
    expect(book.page.locator(".smsn")).to_have_count(1)  # nothing of the old one
    expect(row).to_be_visible()
    send(market, number, "Your code is 13579")
    expect(row).to_contain_text("13579")
    assert len(market.purchases()) == 1
    # What JupyterLab had under way with the kernel that went is no mistake of ours.
    assert [error for error in book.errors if "Canceled future for" not in error] == []


def test_a_kernel_that_was_shut_down_is_told_likewise(notebook):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_role("tab", name="Watch")).to_be_visible()
    book.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(book.page.get_by_text("The kernel is gone: run this cell again.")).to_be_visible()
    assert book.page.locator(".jupyter-widgets-disconnected").count() == 0


@pytest.mark.smoke
def test_tab_completes(magics):
    book = magics("")
    popup = book.page.locator(".jp-Completer-item")
    for typed, offered, then in (
        ("%sms pr", "prices", "%sms prices"),
        ("df = %sms or", "order", "df = %sms order"),
        ("%sms prices tg --cou", "--country", "%sms prices tg --country"),
        ("%sms prices Telegr", "Telegram", "%sms prices Telegram"),
    ):
        book.write(2, typed)
        book.page.keyboard.press("Tab")
        expect(popup.first).to_contain_text(offered)
        book.page.keyboard.press("Enter")
        expect(popup.first).to_be_hidden()
        assert book.source(2).strip() == then


@pytest.mark.smoke
@pytest.mark.parametrize("way", ["button", "keys"])
def test_an_interrupt_ends_a_wait_and_nothing_else(magics, market, way):
    book = magics(
        "order = %sms order tg KZ --yes\n%sms wait {order.activation_id[0]}", "print(1 + 1)"
    )
    book.start_cell(2)
    said = book.page.locator(".jp-Cell").nth(2).locator(".jp-OutputArea-output")
    expect(said.get_by_text("Waiting for the code of")).to_be_visible()
    if way == "button":
        book.page.get_by_role("button", name="Interrupt the kernel").click()
    else:
        book.page.keyboard.press("i")
        book.page.keyboard.press("i")
    expect(said.filter(has_text="Stopped waiting.")).to_be_visible()
    error = book.outputs(2)[-1]
    number = book.execute("print(order.activation_id[0])")
    assert f"%sms wait {number}" in error["evalue"]
    assert len(error["traceback"]) == 1
    book.run_cell(3)
    assert book.outputs(3)[0]["text"] == "2\n"
    send(market, number, "Your code is 97531")
    assert "97531" in book.execute(f"code = %sms wait {number}\nprint(code.code[0])")
