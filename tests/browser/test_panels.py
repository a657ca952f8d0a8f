"""Watching and renting in the browser; what strangers write; and that nothing is left over."""

import time

import pytest
from playwright.sync_api import expect

WIDGETS = "print(len(__import__('ipywidgets').widgets.widget._instances))"
WATCHES = "print(len(sms._poller_handle.poller._subscriptions))"
COMMS = "print(len(__import__('comm').get_comm_manager().comms))"
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


def until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.smoke
def test_another_code_and_a_cancel_that_is_too_early(notebook, market, number):
    book = notebook("WatchPanel(sms)")
    expect(book.page.get_by_text("No active numbers")).to_be_visible()
    first = number(book)
    expect(book.button("Cancel (in")).to_be_visible()
    book.button("Cancel (in").click()
    expect(book.status()).to_contain_text("cannot be cancelled in its first two minutes")
    market.send_sms(first, "Your code is 11111")
    code = book.page.locator("input.smsn-code")
    expect(code).to_have_value("11111")
    book.button("Another code").click()
    expect(book.page.get_by_text("Waiting for another code")).to_be_visible()
    market.send_sms(first, "Your code is 22222")
    expect(code).to_have_value("22222")
    expect(book.page.get_by_label("Earlier code")).to_have_value("11111")
    book.shoot("watch")
    book.button("Finish").click()
    expect(book.status()).to_contain_text("Finished")
    expect(book.button("Finish")).to_be_disabled()


@pytest.mark.smoke
def test_it_goes_on_while_a_cell_computes(notebook, market, number):
    book = notebook("WatchPanel(sms)", "import time\ntime.sleep(60)")
    ref = number(book)
    expect(book.page.locator(".smsn-number")).to_be_visible()
    book.start_cell(2)
    time.sleep(1)
    began = time.monotonic()
    market.send_sms(ref, "Your code is 33333")
    expect(book.page.locator("input.smsn-code")).to_have_value("33333")
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
    for text in hostile:
        market.send_sms(number(book), text)
    for text in hostile:
        expect(book.page.locator(".smsn-text", has_text=text)).to_be_visible()
    assert book.page.evaluate("window.hacked") is None
    inside = ".smsn-row script, .smsn-row img, .smsn-row a, .smsn-row svg, .smsn-row iframe"
    assert book.page.locator(inside).count() == 0
    book.shoot("hostile")


@pytest.mark.smoke
def test_rent_extend_and_refuse_too_much(notebook, market):
    book = notebook("RentPanel(sms)")
    expect(book.page.get_by_text("Pick a country")).to_be_visible()
    book.pick("Country", "KZ")
    expect(book.page.get_by_text("services can be rented")).to_be_visible()
    book.pick("Service", "full")
    book.button("Rent for 15.06 USD").dblclick()
    expect(book.status()).to_contain_text("Rented +7 ")
    expect(book.page.locator(".smsn-number")).to_be_visible(timeout=2000)
    ref = book.execute("print(sms.ledger().loc[0, 'rent_id'])")
    market.send_sms(ref, "Your code is <b>01234</b>")
    expect(book.page.get_by_text("Your code is <b>01234</b>")).to_be_visible()
    book.button("See price").click()
    expect(book.page.get_by_text("24 hours more cost 6.03 USD; 1320 hours at most")).to_be_visible()
    book.button("Extend for 6.03 USD").dblclick()
    expect(book.status()).to_contain_text("Extended by 24 hours")
    time.sleep(1)
    assert len(market.purchases()) == 2
    hours = book.page.get_by_label("Hours more")
    hours.fill("1344")
    hours.press("Tab")
    book.button("See price").click()
    expect(book.status()).to_contain_text("Ask for 1296 hours at most")
    expect(book.button("Extend")).to_be_disabled()
    hours.fill("48")
    hours.press("Tab")
    book.button("See price").click()
    expect(book.page.get_by_text("Extensions so far")).to_be_visible()
    book.shoot("rent")


@pytest.mark.smoke
def test_ten_runs_of_a_cell_leave_one_panel(notebook, number):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    until(lambda: book.execute(WATCHES) == "3")
    asked = (WIDGETS, COMMS, THREADS)
    before = [book.execute(one) for one in asked]
    for _ in range(10):
        book.run_cell(1)
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    until(lambda: book.execute(WATCHES) == "3")
    assert [book.execute(one) for one in asked] == before
    widgets = before[0]
    book.command("docmanager:save")
    book.reload()
    book.run_cell(1)
    expect(book.page.get_by_text("Pick a service").first).to_be_visible()
    until(lambda: book.execute(WIDGETS) == widgets)
    until(lambda: book.execute(WATCHES) == "3")
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
def test_offline_is_said_and_a_saved_page_tells_something_true(notebook, market, number):
    book = notebook("WatchPanel(sms)")
    ref = number(book)
    market.send_sms(ref, "Your code is 55555")
    expect(book.page.locator("input.smsn-code")).to_have_value("55555")
    book.run_cell(1)
    saved = book.outputs(1)[0]["data"]
    assert "55555" in "".join(saved["text/plain"])
    assert "<td>55555</td>" in "".join(saved["text/html"])
    market.faults.set(["drop-before:1"])
    expect(book.page.get_by_text("No news just now")).to_be_visible()
    market.faults.clear()
    expect(book.page.get_by_text("No news just now")).to_be_hidden()
