"""CONTRIBUTING.md keeps its word: what it says to add is all there is to add."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PIECES = re.findall(
    r"^<!-- into (\S+?)(?:, after ([^\n]+))? -->\n```python\n(.*?)\n```$",
    TEXT,
    re.DOTALL | re.MULTILINE,
)
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """Return a copy of the package with all pieces added."""
    copy = tmp_path_factory.mktemp("house")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sms_notebook", copy / "sms_notebook", ignore=leave)
    for file, anchor, piece in PIECES:
        path = copy / file
        text = path.read_text(encoding="utf-8")
        if anchor:
            assert text.count(f"{anchor}\n") == 1, anchor
            text = text.replace(f"{anchor}\n", f"{anchor}\n{piece}\n")
        else:
            text = f"{text}\n{piece}\n"
        path.write_text(text, encoding="utf-8")
    return copy


def ran(house: Path, program: str) -> list[str]:
    """Run a program with the copy; return the lines it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=house,
        env=os.environ | {"PYTHONPATH": f"{house}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout.splitlines()


def test_it_shows_one_piece_of_each_kind():
    assert len(PIECES) == 4


def test_an_action_is_added_in_one_place(house, wire):
    wire.says("ACCESS_BALANCE:1.25")
    program = f"""
import asyncio
from documentation.tables import actions
from sms_notebook import AsyncClient, Client
options = {{"api_key": "{KEY}", "base_url": "{wire.url}"}}
print(Client(**options).get_bonus().loc[0, "balance"])
print(asyncio.run(AsyncClient(**options).get_bonus()).loc[0, "balance"])
print("getBonus" in Client.get_bonus.__doc__ and "``balance`` (" in Client.get_bonus.__doc__)
print("| getBonus | `get_bonus()` | Bonus that the provider gives. | balance |" in actions())
"""
    assert ran(house, program) == ["1.25", "1.25", "True", "True"]
    assert wire.actions() == ["getBonus", "getBonus"]


def test_an_error_code_is_added_in_one_place(house, wire):
    wire.says("NUMBER_BUSY")
    program = f"""
from sms_notebook import Client, NoNumbers
try:
    Client("{KEY}", base_url="{wire.url}").get_number("tg", 2)
except NoNumbers as error:
    print(error.code)
    print(error)
"""
    code, line = ran(house, program)
    assert code == "NUMBER_BUSY"
    assert "the number is in use" in line
    assert "Order another one." in line


def test_a_provider_is_added_in_one_place(house):
    program = f"""
from documentation.tables import providers
from sms_notebook import Client
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.protocol.actions import Calls
sms = Client("{KEY}", provider="New SMS")
print(sms)
call = Calls().get_number("tg", 2, max_price="0.50")
print(dict(PROVIDERS["new-sms"].request(call).params))
print("is known not to have" in PROVIDERS["new-sms"].note_on("getRentList")["BAD_ACTION"])
print("| `new-sms` | NewSMS | max_price for maxPrice (translated) | getRentList |" in providers())
"""
    label, params, lacks, table = ran(house, program)
    assert (
        label == "<Client NewSMS at https://api.new-sms.example/stubs/handler_api.php, with a key>"
    )
    assert "'max_price': '0.50'" in params
    assert lacks == table == "True"


def test_a_dialect_is_added_in_one_place(house):
    program = f"""
from sms_notebook import Client
from sms_notebook.sandbox import Sandbox, serve
with serve(Sandbox(dialect="new-sms", api_key="{KEY}")) as url:
    sms = Client("{KEY}", provider="new-sms", base_url=url)
    print(sms.order("tg", 2, max_price="2.00").loc[0, "service"])
    sms.close()
"""
    assert ran(house, program) == ["tg"]


def test_no_code_asks_for_the_name_of_a_provider():
    folder = ROOT / "sms_notebook" / "providers"
    text = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("providers.py", "small_providers.py")
    )
    names = re.findall(r'^    Provider\(\s*"([\w-]+)"', text, re.MULTILINE)
    assert len(names) > 10
    asked = re.compile(
        rf"""[!=]= ?["'](?:{"|".join(names)})["']|case ["'](?:{"|".join(names)})["']"""
    )
    for path in (ROOT / "sms_notebook").rglob("*.py"):
        assert not asked.search(path.read_text(encoding="utf-8")), path
