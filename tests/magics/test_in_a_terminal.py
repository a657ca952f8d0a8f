"""In a real terminal: ordering, waiting, interrupting, Tab, a hidden key."""

import os
import re
import signal
import sys

import pexpect
import pytest
from magics.typist import KEY

from sms_notebook.sandbox import Sandbox, serve

SETTINGS = (
    "--no-banner",
    "--no-confirm-exit",
    "--nosep",
    "--TerminalInteractiveShell.colors=NoColor",
    "--TerminalInteractiveShell.highlight_matching_brackets=False",
    "--TerminalInteractiveShell.autosuggestions_provider=None",
)
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()].?)")


class Terminal:
    """IPython under a pseudo-terminal."""

    def __init__(self, folder, **settings: str) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
        env.pop("COLUMNS", None)  # its window says how wide it is
        env |= {
            "IPYTHONDIR": str(folder / "ipython"),
            "SMS_NOTEBOOK_HOME": str(folder / "home"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "TERM": "xterm",
            **settings,
        }
        self.seen = ""
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *SETTINGS],
            env=env,
            dimensions=(50, 160),
            encoding="utf-8",
            timeout=60,
        )
        self.prompts = 0
        self.until_prompt()

    def until(self, pattern: str) -> str:
        """Wait until something is shown; return what was shown until then."""
        self.child.expect(pattern)
        shown = ESCAPES.sub("", self.child.before + self.child.after)
        self.seen += shown
        return shown

    def until_prompt(self) -> str:
        self.prompts += 1
        return self.until(rf"In \[{self.prompts}\]:")

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def run(self, line: str) -> str:
        self.type(f"{line}\r")
        return self.until_prompt()

    def abandon(self) -> None:
        """Take back the line that is being typed, and run another one."""
        self.run("\x15pass")

    def close(self) -> None:
        self.child.kill(signal.SIGKILL)
        self.child.expect(pexpect.EOF, timeout=60)
        self.child.wait()  # pexpect itself waits a tenth of a second for a killed one
        self.child.close()


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    """A terminal with %sms, for all tests that need no settings of their own."""
    one = Terminal(tmp_path_factory.mktemp("terminal"))
    one.run("%load_ext sms_notebook")
    yield one
    one.close()


@pytest.fixture
def open_terminal(tmp_path):
    terminals = []

    def begin(**settings: str) -> Terminal:
        terminals.append(Terminal(tmp_path, **settings))
        terminals[-1].run("%load_ext sms_notebook")
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def test_ordering_and_waiting_for_the_code(terminal):
    terminal.run("%sms sandbox start --speed 0 --success 0;")
    number = re.search(
        r"phone_number +7\d{10}\s(?s:.*)activation_id +(39\d{8})",
        terminal.run("%sms order tg KZ -o order --show"),
    )
    assert number, terminal.seen
    terminal.run(
        "sandbox = get_ipython().magics_manager.registry['SmsMagics'].session.client.sandbox"
    )
    say = f"sandbox.send_sms, ('{number[1]}', 'Your code is 01234')"
    terminal.run(f"import threading; threading.Timer(2.5, {say}).start()")
    terminal.type("code = %sms wait {order.activation_id[0]} --every 0.2\r")
    bar = terminal.until(r"\d?\d:\d\d left")
    assert re.search(r"Waiting for the code of 7\d{10} \(Telegram\) \[#+\.*\] ", bar)
    assert re.search(r"\rThe code 01234 came for 7\d{10} \(Telegram\)\.", terminal.until_prompt())
    assert "'01234'" in terminal.run("code.code[0]")


def test_an_interrupt_stops_the_wait_and_leaves_the_number_alive(terminal):
    terminal.run("%sms sandbox start --speed 0 --success 0;")
    terminal.run("%sms order tg KZ -o order")
    terminal.type("%sms wait {order.activation_id[0]}\r")
    terminal.until(r"\d?\d:\d\d left")
    terminal.child.sendintr()
    shown = terminal.until_prompt()
    assert re.search(r"Stopped waiting\. Activation 39\d{8} is still alive\. %sms wait 39", shown)
    assert "Traceback" not in shown
    assert re.search(r"activation_id +39\d{8}", terminal.run("%sms active"))


@pytest.mark.parametrize(
    ("keys", "completed"),
    [
        ("%sms pric\t", "%sms prices"),
        ("df = %sms pric\t", "df = %sms prices"),
        ("%sms prices --coun\t", "%sms prices --country"),
        ("%sms prices tg Kaza\t", "%sms prices tg Kazakhstan"),
    ],
)
def test_tab_completes(terminal, keys, completed):
    terminal.type(keys)
    # What has been typed is shown already: what follows is what Tab adds.
    terminal.until(re.escape(completed[len(keys) - 1 :]))
    terminal.abandon()


def test_in_a_narrow_window_all_columns_are_shown(terminal):
    terminal.run("import os; os.environ['COLUMNS'] = '80'")
    shown = terminal.run("%sms order tg KZ")
    terminal.run("del os.environ['COLUMNS']")
    assert re.search(r"\scost +0\.86\s", shown)
    assert re.search(r"\sis_new +True\s", shown)


def test_tab_shows_what_there_is(terminal):
    terminal.type("%sms pr\t")
    assert "provider" in terminal.until("prices")
    terminal.abandon()


def test_tab_knows_the_number_that_was_ordered(terminal):
    terminal.run("%sms sandbox start --speed 0 --success 0;")
    number = re.search(
        r"activation_id +(39\d{8})", terminal.run("%sms order tg KZ -o order --show")
    )[1]
    terminal.type("%sms wait \t")
    terminal.until(number)
    terminal.abandon()


def test_an_order_asks_and_buys_only_on_yes(open_terminal):
    store = Sandbox(speed=0, balance="100", api_key=KEY)
    with serve(store) as url:
        terminal = open_terminal(SMS_PROVIDER="365sms", SMS_BASE_URL=url, SMS_API_KEY=KEY)
        terminal.type("%sms order tg KZ\r")
        terminal.until(r"Buy a number for Telegram in Kazakhstan for 0\.86\? \[y/N\] ")
        terminal.type("n\r")
        assert "not bought, as you said" in terminal.until_prompt()
        assert not store.purchases()
        terminal.type("%sms order tg KZ\r")
        terminal.until(r"\[y/N\] ")
        terminal.type("y\r")
        assert re.search(r"activation_id +39\d{8}", terminal.until_prompt())
        assert len(store.purchases()) == 1
        assert KEY not in terminal.seen


def test_the_key_is_typed_unseen_and_kept_in_no_file(open_terminal, tmp_path):
    with serve(Sandbox(speed=0, balance="100", api_key=KEY)) as url:
        terminal = open_terminal(SMS_PROVIDER="365sms", SMS_BASE_URL=url)
        terminal.type("%sms login\r")
        terminal.until("API key of 365sms: ")
        terminal.type(f"{KEY}\r")
        assert "with a key" in terminal.until_prompt()
        assert "100.0" in terminal.run("%sms balance")
        terminal.type("exit\r")
        terminal.child.expect(pexpect.EOF)
        terminal.seen += terminal.child.before
    assert KEY not in terminal.seen
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"sms login" in path.read_bytes() for path in files), "there is a history"
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
