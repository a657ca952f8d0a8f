"""The fixtures that people test their own code with, as a pytest of somebody else finds them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from testing_plugin.page import EXAMPLES

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
LIVE = 'provider = "herosms"\napi_key = "{}"\n'


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """Return a folder of somebody else's tests, on a machine that is set up for real money."""
    for folder in folders(tmp_path):
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(LIVE.format(KEY))
        (folder / "config.toml").chmod(0o600)
    return tmp_path


def folders(machine: Path) -> list[Path]:
    """Return where settings are: the folder that is named, and the usual one."""
    return [machine / "home", machine / "usual" / "sms_notebook"]


def ran(folder: Path, *options: str, **texts: str) -> str:
    """Run tests as somebody else does; return what pytest says."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    machine = {
        "SMS_NOTEBOOK_HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "usual"),
        "SMS_PROVIDER": "herosms",
        "SMS_API_KEY": KEY,
        "SMS_LEDGER": str(folder / "ledger.sqlite"),
        "SMS_BUDGET": "0.01",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=os.environ | machine,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.stdout + run.stderr


def test_the_examples_pass_and_leave_nothing_on_the_machine(elsewhere):
    shutil.copytree(EXAMPLES, elsewhere, dirs_exist_ok=True)
    said = ran(elsewhere, "--strict-markers")
    assert re.search(r"\b10 passed", said), said
    for folder in folders(elsewhere):
        assert [path.name for path in folder.iterdir()] == ["config.toml"]
    assert not list(elsewhere.glob("*.sqlite*"))


def test_the_examples_fail_when_the_code_is_wrong(elsewhere):
    shutil.copytree(EXAMPLES, elsewhere, dirs_exist_ok=True)
    code = (EXAMPLES / "signup.py").read_text(encoding="utf-8")
    said = ran(elsewhere, "test_signup.py", signup=code.replace("sms.finish(number)", "pass"))
    assert "test_the_code_is_returned_and_the_number_confirmed" in said
    assert re.search(r"\b1 failed, 3 passed", said), said


def test_it_costs_nothing_where_no_test_asks_for_it(elsewhere):
    heavy = {"pandas", "numpy", "httpx", "keyring", "sqlalchemy", "IPython"}
    heavy |= {"sms_notebook.client", "sms_notebook.sandbox", "sms_notebook.testing"}
    program = f"import sys\ndef test_light():\n    assert not {heavy} & set(sys.modules)\n"
    assert "1 passed" in ran(elsewhere, test_light=program)


def test_each_fixture_says_what_it_is(elsewhere):
    assert "@pytest.mark.sms_sandbox(**options)" in ran(elsewhere, "--markers")
    listed = ran(elsewhere, "--fixtures", "-q")
    for name in ("sms", "sms_async", "sms_sandbox", "sms_server"):
        assert re.search(rf"^{name} -- .*\n +\S", listed, re.MULTILINE), name


FRESH = """
import pytest
from sms_notebook import Client

seen = []

@pytest.mark.parametrize("time", range(2))
def test_it_begins_anew(sms, sms_sandbox, time):
    assert sms.get_balance().loc[0, "balance"] == 50.0
    assert sms.ledger().empty
    sms_sandbox.reply("Your code is 01234")
    sms_sandbox.step(60)
    order = sms.order("tg", "Kazakhstan", key="the same")
    seen.append((order.loc[0, "phone_number"], str(sms_sandbox.clock)))

def test_and_gives_the_same_each_time(sms_sandbox):
    assert len(seen) == 2
    assert len(set(seen)) == 1

def test_nothing_comes_by_itself(sms, sms_sandbox):
    number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
    sms_sandbox.step(1199)
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"

def test_each_further_code_is_the_next_text(sms, sms_sandbox):
    sms_sandbox.reply("Your code is 11111", "Your code is 22222")
    numbers = [sms.order("tg", "Kazakhstan").loc[0, "activation_id"] for _ in range(2)]
    for number in numbers:
        assert sms.wait_code(number).loc[0, "code"] == "11111"
        sms.again(number)
        assert sms.wait_code(number).loc[0, "code"] == "22222"
        sms.again(number)
        assert sms.get_status(number).loc[0, "status"].startswith("STATUS_WAIT")

def test_rents_and_products_get_no_reply(sms, sms_sandbox):
    sms_sandbox.reply("Your code is 01234")
    rent = sms.rent("full", "Kazakhstan", 24).loc[0, "rent_id"]
    assert sms.get_rent_status(rent).empty
    sms_sandbox.send_sms(rent, "Hello 4711")
    assert sms.get_rent_status(rent).loc[0, "text"] == "Hello 4711"

def test_all_clients_of_a_test_share_market_and_ledger(sms, sms_async, sms_sandbox):
    sms.order("tg", "Kazakhstan")
    with Client() as third:
        assert third.sandbox is sms.sandbox is sms_async.sandbox is sms_sandbox
        assert len(third.ledger()) == len(sms.ledger()) == 1
"""


MARKED = """
import pytest

pytestmark = pytest.mark.sms_sandbox(balance="5.00", seed=1)

def test_the_module(sms, sms_sandbox):
    assert sms.get_balance().loc[0, "balance"] == 5.0

@pytest.mark.sms_sandbox(balance="7.00")
class TestNearer:
    def test_the_class(self, sms):
        assert sms.get_balance().loc[0, "balance"] == 7.0

    @pytest.mark.sms_sandbox(balance="9.00", success=1)
    def test_the_test(self, sms, sms_sandbox):
        assert sms.get_balance().loc[0, "balance"] == 9.0
        number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
        sms_sandbox.step(600)
        assert sms.get_status(number).loc[0, "status"] == "STATUS_OK"
"""


KEYED = """
import pytest
from sms_notebook import BadKey, Client

def test_a_wrong_key_is_told_from_a_right_one(sms_server, sms):
    with Client("0" * 32, base_url=sms_server.url) as wrong, pytest.raises(BadKey):
        wrong.get_balance()
    with Client(sms_server.key, base_url=sms_server.url) as right:
        right.order("tg", "Kazakhstan")
    assert len(sms_server.sandbox.purchases()) == 1
    assert len(sms.get_active_activations()) == 1
"""


def test_the_fixtures_do_what_they_say(elsewhere):
    said = ran(elsewhere, test_fresh=FRESH, test_marked=MARKED, test_keyed=KEYED)
    assert re.search(r"\b11 passed", said), said


CONFTEST = f"""
import keyring
from keyring.backend import KeyringBackend

class Full(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        return "herosms" if username == "provider" else "{KEY}"
    def set_password(self, service, username, password): ...
    def delete_password(self, service, username): ...

keyring.set_keyring(Full())
"""
GUARDED = """
import os
import keyring
import pytest
from sms_notebook import Client, UsageProblem

def test_inside_nothing_of_the_machine_is_seen(sms_sandbox):
    with pytest.raises(UsageProblem, match="needs an API key"):
        Client(provider="herosms")
    with Client() as sms:
        assert repr(sms) == "<Client sandbox: no real money>"
        sms.order("tg", "Kazakhstan")

def test_a_test_may_fail(sms_server):
    raise RuntimeError("of no account")

def test_afterwards_everything_is_back():
    assert os.environ["SMS_PROVIDER"] == "herosms"
    assert "SMS_BASE_URL" not in os.environ
    assert os.environ["SMS_BUDGET"] == "0.01"
    assert keyring.get_keyring().__class__.__name__ == "Full"
    with Client() as sms:
        assert sms.provider == "herosms"
"""


def test_the_machine_is_neither_seen_nor_changed(elsewhere):
    said = ran(elsewhere, conftest=CONFTEST, test_guarded=GUARDED)
    assert "FAILED test_guarded.py::test_a_test_may_fail - RuntimeError: of no account" in said
    assert re.search(r"\b1 failed, 2 passed", said), said
