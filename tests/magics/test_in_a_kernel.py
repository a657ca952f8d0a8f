"""In a notebook's kernel: the bar, Tab, questions, the password field, interrupts."""

import re
import sqlite3

import nbformat
import pytest
from magics.kernel import kernel
from magics.typist import KEY, with_meanings

from sms_notebook.sandbox import Sandbox, serve

START = "%load_ext sms_notebook\n%sms sandbox start --speed 0 --success 0;"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with kernel(tmp_path_factory.mktemp("kernel")) as one:
        assert one.run(START).error is None
        yield one


def test_a_frame_is_shown_as_a_table(notebook):
    ran = notebook.run("%sms prices tg KZ")
    [shown] = ran.outputs
    assert shown["type"] == "execute_result"
    assert "<table" in shown["data"]["text/html"]
    assert notebook.run("%sms prices tg KZ;").outputs == []
    assert notebook.run("df = %sms prices tg KZ;\nlen(df)").text == "1"


@pytest.mark.parametrize(
    "cell", ["for c in ('KZ', 'UZ'):\n    %sms prices tg {c}", "%%sms\nprices tg KZ\nprices tg UZ"]
)
def test_in_a_loop_and_in_a_cell_each_frame_is_shown_as_a_table(notebook, cell):
    shown = notebook.run(cell).outputs
    assert len(shown) == 2
    assert all("<table" in one["data"]["text/html"] for one in shown)


def test_an_error_is_a_real_error_of_one_line(notebook):
    ran = notebook.run("%sms prces tg")
    assert ran.error["ename"] == "UsageProblem"
    assert ran.error["evalue"].startswith("%sms: there is no command 'prces'.")
    assert ran.error["traceback"] == [f"\x1b[31mUsageProblem: {ran.error['evalue']}\x1b[0m"]
    assert not ran.outputs


@with_meanings
@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%sms pri", {"prices": "prices and stock, by country and service"}),
        ("df = %sms pri", {"prices": "prices and stock, by country and service"}),
        ("%sms prices --cou", {"--country": "id, ISO code or name; may stand as the last word"}),
        ("%sms prices Telegr", {"Telegram": "tg"}),
        ("%sms prices tg Kazak", {"Kazakhstan": "id 2"}),
        ("%sms stock 'United Ki", {"'United Kingdom'": "id 16"}),
    ],
)
def test_the_popup_offers_words_with_their_meaning(notebook, text, offered):
    assert notebook.tab(text) == offered


@with_meanings
def test_the_popup_offers_numbers_that_are_alive(notebook):
    number = notebook.run("order = %sms order tg KZ\nprint(order.activation_id[0])").text.strip()
    assert number in notebook.tab("%sms wait ")
    assert notebook.tab("%sms wait ")[number].endswith(" tg")


def test_a_wait_shows_a_bar_and_ends_with_the_code(notebook):
    ran = notebook.run(
        "import threading\n"
        "order = %sms order wa KZ\n"
        "number = order.activation_id[0]\n"
        "sandbox = get_ipython().magics_manager.registry['SmsMagics'].session.client.sandbox\n"
        "threading.Timer(2.5, sandbox.send_sms, (number, 'Your code is 01234')).start()\n"
        "code = %sms wait {number} --every 0.2\n"
        "print(code.code[0])"
    )
    _shows_a_bar_and_a_last_line(ran)
    assert ran.text.endswith("01234\n")


def _shows_a_bar_and_a_last_line(ran):
    assert ran.error is None, ran.error
    first, *_ = ran.outputs
    assert first["type"] == "display_data"
    assert first["data"]["text/html"].startswith("<div ")
    assert "<progress " in first["data"]["text/html"]
    assert first["data"]["text/plain"].startswith("Waiting for the code of 77")
    assert "Interrupting the kernel (■) stops only the wait." in first["data"]["text/plain"]
    *_, last = [one for one in ran.outputs if one["type"] == "update_display_data"]
    assert last["transient"]["display_id"] == first["transient"]["display_id"]
    assert re.fullmatch(r"The code 01234 came for 77\d+ \(Whatsapp\)\.", last["data"]["text/plain"])
    assert "<progress" not in last["data"]["text/html"]


def test_a_client_shows_it_without_the_extension_and_without_widgets(tmp_path):
    with kernel(tmp_path) as one:
        ran = one.run(
            "import asyncio, sys, threading\n"
            "from sms_notebook import AsyncClient, Client\n"
            "from sms_notebook.sandbox import Sandbox\n"
            "sms = Client(sandbox=Sandbox(speed=0, success=0.0))\n"
            "def later(number):\n"
            "    say = lambda: sms.sandbox.send_sms(number.activation_id[0], 'Code is 01234')\n"
            "    threading.Timer(2.5, say).start()\n"
            "order = sms.order('wa', 'KZ')\n"
            "later(order)\n"
            "sms.wait_code(order, every=0.2)\n"
            "print('ipywidgets' in sys.modules)"
        )
        _shows_a_bar_and_a_last_line(ran)
        assert ran.text.endswith("False\n")
        ran = one.run(
            "order = sms.order('wa', 'KZ')\n"
            "later(order)\n"
            "code = await AsyncClient(sandbox=sms.sandbox).wait_code(order, every=0.2)"
        )
        _shows_a_bar_and_a_last_line(ran)


def test_an_interrupt_stops_the_wait_and_nothing_else(notebook):
    ran = notebook.run(
        "order = %sms order ig KZ\n%sms wait {order.activation_id[0]}",
        when_shown=lambda ran: bool(ran.outputs),
    )
    assert ran.error["evalue"].startswith("Stopped waiting. Activation ")
    assert "%sms wait " in ran.error["evalue"]
    assert len(ran.error["traceback"]) == 1
    active = notebook.run(
        "active = %sms active\nprint((active.activation_id == order.activation_id[0]).any())"
    )
    assert active.text == "True\n"


@pytest.fixture(scope="module")
def store():
    with serve(Sandbox(speed=0, success=0.0, balance="100", api_key=KEY)) as url:
        yield url


@pytest.fixture(scope="module")
def shop(tmp_path_factory, store):
    """A kernel whose provider takes real money; the key is typed in."""
    folder = tmp_path_factory.mktemp("kernel")
    with kernel(folder, SMS_PROVIDER="365sms", SMS_BASE_URL=store) as one:
        one.folder = folder
        assert one.run("%load_ext sms_notebook").error is None
        one.login = one.run("%sms login", KEY)
        yield one


def test_the_key_is_typed_into_a_password_field(shop):
    ran = shop.login
    assert ran.error is None
    assert ran.asked == [{"prompt": "API key of 365sms: ", "password": True}]
    assert "with a key" in ran.text


def test_an_order_asks_in_a_field_with_the_price(shop):
    ran = shop.run("%sms order tg KZ", "n")
    [question] = ran.asked
    assert question["prompt"] == "Buy a number for Telegram in Kazakhstan for 0.86? [y/N] "
    assert not question["password"]
    assert ran.error["evalue"].startswith("%sms: not bought, as you said")
    ran = shop.run("%sms order tg KZ", "y")
    assert ran.error is None
    assert "7700" in ran.text


def test_where_no_field_can_be_shown_nothing_is_bought(shop):
    count = "%sms ledger -o bought\nprint(len(bought))"
    before = shop.run(count).text
    ran = shop.run("%sms order tg KZ")
    assert ran.error["ename"] == "UsageProblem"
    assert "nobody can be asked here" in ran.error["evalue"]
    assert shop.run(count).text == before
    ran = shop.run("%sms login")
    assert ran.error["evalue"] == "%sms login: nobody can be asked for a key here. Set SMS_API_KEY."


def test_the_key_is_nowhere_in_the_kernel_its_history_or_its_files(shop):
    shown = []
    for cell in (
        "%sms login",
        "%sms",
        "%sms provider",
        "%sms prices tg KZ",
        "%sms balance",
        "%sms ledger",
        "%sms active",
        "%sms history",
        "%sms foo",
        "%sms code 1",
        "%tb",
        "%config SmsMagics",
        "%sms budget 5",
        "%sms help login",
        "%xmode Verbose",
        "1 / 0",
        "In, Out, _, __, [repr(one) for one in globals().values()]",
        "vars(get_ipython().magics_manager.registry['SmsMagics'].session)",
        "%history -o",
        "%sms?",
    ):
        answers = (KEY,) if cell == "%sms login" else ()
        ran = shop.run(cell, *answers)
        shown.append(repr(ran))
        assert KEY not in shown[-1], cell
    assert "%sms login" in shop.history()
    assert KEY not in shop.history()
    shop.run("get_ipython().history_manager.writeout_cache()")
    files = [path for path in shop.folder.rglob("*") if path.is_file()]
    assert any(path.name == "history.sqlite" for path in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path


def test_the_history_database_can_be_read_as_it_is(shop):
    [path] = shop.folder.rglob("history.sqlite")
    with sqlite3.connect(path) as database:
        text = "\n".join(database.iterdump())
    database.close()
    assert KEY not in text
    assert nbformat.current_nbformat == 4
