"""Panels in JupyterLab: live while a cell computes, hostile texts, and nothing is left over."""

import time

import pytest
from browser.jupyter import KEY
from playwright.sync_api import expect

from sms_notebook import Client

WIDGETS = (  # which ipywidgets 7 keeps elsewhere
    "import ipywidgets; place = ipywidgets.widgets.widget; "
    "print(len(place._instances if hasattr(place, '_instances') else place.Widget.widgets))"
)
WATCHES = "print(len(sms._poller_handle.poller._subscriptions))"
COMMS = "print(len(get_ipython().kernel.comm_manager.comms))"
THREADS = (  # but those that the event loop keeps to run things on, which are six at most
    "print(sorted(one.name.split('-')[0] for one in __import__('threading').enumerate()"
    " if not one.name.startswith('asyncio_')))"
)


@pytest.fixture
def number(market):
    """Return how to order a number on the notebook's kernel."""

    def order(book):
        return book.execute("print(sms.order('tg', 'KZ').loc[0, 'activation_id'])")

    return order


def until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.smoke
def test_it_goes_on_while_a_cell_computes(notebook, market, number):
    book = notebook("WatchPanel(sms)", "import time\ntime.sleep(60)")
    ref = number(book)
    row = book.row("Numbers", "+7 ")
    expect(row).to_be_visible()
    book.start_cell(2)
    time.sleep(1)
    began = time.monotonic()
    market.send_sms(ref, "Your code is 33333")
    expect(row).to_contain_text("33333")
    took = time.monotonic() - began
    print(f"from the SMS to the screen by polling, while a cell computes: {took:.2f} s")
    assert book.page.get_by_text("| Busy").count() == 1  # the cell still runs


@pytest.mark.smoke
def test_what_strangers_write_is_text(notebook, market, number):
    book = notebook("WatchPanel(sms)")
    hostile = [
        "<script>window.hacked = 1</script> 11111",
        '"><img src=x onerror="window.hacked=1"> 22222',
        "<a href='javascript:window.hacked=1' id=evil>click</a> javascript:alert(1) 33333",
        "</style></div><svg onload=window.hacked=1><iframe srcdoc='<script>parent.hacked=1'> 44444",
    ]
    for at, text in enumerate(hostile, 1):
        market.send_sms(number(book), text)
        row = book.page.get_by_role("row").filter(has_text=str(at) * 5)
        row.get_by_role("button", name="Details").click()
        expect(book.page.locator(".smsn").get_by_text(text).first).to_be_visible()
    assert book.page.evaluate("window.hacked") is None
    inside = ", ".join(f".smsn {tag}" for tag in ("script", "img", "iframe", "a[href^=javascript]"))
    assert book.page.locator(inside).count() == 0
    assert book.page.locator("#evil").count() == 0
    book.shoot("hostile")


@pytest.mark.smoke
def test_ten_runs_of_a_cell_leave_one_panel_that_is_one_widget(notebook):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_role("tab", name="Watch")).to_be_visible()
    until(lambda: book.execute(WATCHES) == "2")
    asked = (WIDGETS, COMMS, THREADS)
    before = [book.execute(one) for one in asked]
    assert before[:2] == ["1", "1"]
    for _ in range(10):
        book.run_cell(1)
    expect(book.page.get_by_role("tab", name="Watch")).to_be_visible()
    until(lambda: book.execute(WATCHES) == "2")
    assert [book.execute(one) for one in asked] == before
    book.command("docmanager:save")
    book.reload()
    book.run_cell(1)
    expect(book.page.get_by_role("tab", name="Watch").first).to_be_visible()
    until(lambda: book.execute(WIDGETS) == "1")
    until(lambda: book.execute(WATCHES) == "2")
    book.activate(1)
    book.command("notebook:clear-cell-output")
    until(lambda: book.execute(WATCHES) == "0")
    until(lambda: book.execute(WIDGETS) == "0")
    assert book.execute(COMMS) == "0"


def test_deleting_a_cell_and_close_end_it(notebook):
    book = notebook("panel = WatchPanel(sms)\npanel", "other = OrderPanel(sms)\nother")
    book.run_cell(2)
    until(lambda: book.execute(WATCHES) == "2")
    book.activate(1)
    book.command("notebook:delete-cell")
    until(lambda: book.execute("print(panel.is_open, other.is_open)") == "False True")
    book.execute("other.close()")
    until(lambda: book.execute(WATCHES) == "0")
    assert book.execute(WIDGETS) == "0"


@pytest.mark.smoke
def test_a_second_panel_is_live_and_shows_what_another_process_orders(notebook, market, number):
    first = notebook("WatchPanel(sms)", "WatchPanel(sms)")
    first.run_cell(2)
    ledger = first.execute("print(os.environ['SMS_LEDGER'])")
    ref = number(first)
    expect(first.row("Numbers", "+7 ")).to_have_count(2)
    with Client(KEY, base_url=market.url, ledger=ledger) as elsewhere:
        elsewhere.order("wa", "KZ")
    expect(first.row("Numbers", "+7 ")).to_have_count(4)
    market.send_sms(ref, "Your code is 24680")
    expect(first.row("Numbers", "+7 ").filter(has_text="24680")).to_have_count(2)


@pytest.mark.smoke
def test_offline_is_said_and_a_saved_page_tells_something_true(notebook, market, number):
    book = notebook("WatchPanel(sms)")
    ref = number(book)
    market.send_sms(ref, "Your code is 55555")
    expect(book.row("Numbers", "+7 ")).to_contain_text("55555")
    book.run_cell(1)
    saved = book.outputs(1)[0]["data"]
    assert "55555" in "".join(saved["text/plain"])
    assert "<td>55555</td>" in "".join(saved["text/html"])
    market.faults.set(["drop-before:1"])
    expect(book.page.get_by_text("No news just now")).to_be_visible()
    market.faults.clear()
    expect(book.page.get_by_text("No news just now")).to_be_hidden()


@pytest.mark.smoke
def test_what_the_account_tells_does_not_lie_over_each_other(notebook):
    book = notebook("Dashboard(sms)")  # JupyterLab has rules of its own for such lists
    book.page.get_by_role("tab", name="Account", exact=True).click()
    expect(book.page.get_by_text("50.00", exact=True)).to_be_visible()
    pairs = book.page.locator(".smsn-facts > div").evaluate_all(
        "(all) => all.filter((one) => one.checkVisibility()).map((one) => "
        "[...one.children].map((part) => part.getBoundingClientRect().toJSON()))"
    )
    assert len(pairs) >= 4
    for name, value in pairs:
        assert value["top"] >= name["bottom"] - 1
        assert abs(value["left"] - name["left"]) < 1
