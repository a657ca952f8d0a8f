"""The core alone does its part, and what it lacks is one line that names the command."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from magics.kernel import kernel
from package.core_install import ROOT, closure, environment, install

from sms_notebook.protocol.errors.missing_extra import NEEDS

SERVER = (
    "whatever listens needs starlette and uvicorn, which is not installed. "
    'pip install "sms-notebook[server]" brings it.'
)
CHARTS = 'charts need altair, which is not installed. pip install "sms-notebook[charts]" brings it.'

CORE = """
import json, sys
import ipywidgets  # version 7 loads psutil
sys.modules["psutil"] = None  # as in a browser
sys.modules["nest_asyncio"] = sys.modules["nest_asyncio2"] = None  # ipykernel may bring one

import sms_notebook
from sms_notebook import Client, ConnectionFailed, OrderPanel, UsageProblem
from sms_notebook.__main__ import main
from sms_notebook.sandbox import Sandbox
from sms_notebook.testing import SteppedSandbox, isolated, served

found = {}

def failing(name, call):
    try:
        call()
    except UsageProblem as problem:
        found[name] = [isinstance(problem, ImportError), str(problem)]

def charts():
    from sms_notebook import charts

def serve():
    from sms_notebook.sandbox import serve

sms = Client()
order = sms.order("tg", "Kazakhstan", key="once")
number = order.loc[0, "activation_id"]
assert sms.order("tg", "Kazakhstan", key="once").loc[0, "activation_id"] == number
sms.sandbox.send_sms(number, "Your code is 12345")
found["code"] = sms.wait_code(order).loc[0, "code"]
found["state"] = sms.ledger().loc[0, "state"]
OrderPanel(sms).close()
found["dir"] = "charts" in dir(sms_notebook)
found["attribute"] = isinstance(getattr(sms_notebook, "Client"), type)
with isolated() as sandbox:
    sandbox.reply("Your code is 01234")
    found["isolated"] = Client().wait_code(Client().order("tg", 2)).loc[0, "code"]

failing("charts", charts)
failing("serve", serve)
failing("served", lambda: served(SteppedSandbox()).__enter__())
failing("webhooks", sms.webhooks.start)
failing("postgres", lambda: Client(ledger="postgresql://me@127.0.0.1/it").ledger())
failing("nested", sms_notebook.allow_nested_loops)
failing("key", lambda: Client(provider="herosms"))
print(json.dumps(found))
main(["sandbox", "--port", "0"])
"""

NO_PNG = """
import json
from sms_notebook import Client, charts
from sms_notebook.protocol.errors.missing_extra import MissingExtra
from IPython.core.formatters import DisplayFormatter

chart = charts.prices_by_country(Client().get_prices("tg"))
formats, _ = DisplayFormatter().format(chart)
chart.save("chart.json")
chart.save("chart.html", inline=False)
lines = []
for name in ("chart.html", "chart.png", "chart.svg"):
    try:
        chart.save(name)
    except MissingExtra as problem:
        lines.append(str(problem))
print(json.dumps([sorted(formats), lines]))
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory) -> Path:
    return install(tmp_path_factory.mktemp("core") / "site", "sms-notebook", "ipykernel")


def python(folder: Path, home: Path, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", program],
        cwd=home,
        env=environment(folder, home),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.pinned  # ipywidgets 7 brings the whole notebook
def test_the_core_is_forty_packages_at_most():
    assert len(closure("sms-notebook") - {"sms-notebook"}) <= 40


def test_every_extra_that_is_missed_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(NEEDS) <= set(extras)
    everything = f"sms-notebook[{','.join(sorted(set(extras) - {'lab'}))}]"
    assert everything in extras["lab"]


def test_the_core_orders_and_waits_and_says_what_it_lacks(core, tmp_path):
    run = python(core, tmp_path, CORE)
    assert run.returncode == 2, run.stderr
    found = json.loads(run.stdout)
    assert found.pop("code") == "12345"
    assert found.pop("state") == "active"
    assert found.pop("isolated") == "01234"
    assert found.pop("dir") is False
    assert found.pop("attribute") is True
    server, charts = [True, SERVER], [True, CHARTS]
    assert found.pop("charts") == charts
    assert [found.pop(name) for name in ("serve", "served", "webhooks")] == [server] * 3
    assert found.pop("postgres")[1].endswith('pip install "sms-notebook[postgres]" brings it.')
    assert found.pop("nested")[1].endswith('pip install "sms-notebook[nested]" brings it.')
    assert 'pip install "sms-notebook[keyring]"' in found.pop("key")[1]
    assert not found
    assert run.stderr.splitlines()[-1] == f"sms_notebook sandbox: {SERVER}"


def test_a_chart_does_without_the_png(tmp_path):
    folder = install(tmp_path / "site", "sms-notebook", "altair")
    run = python(folder, tmp_path, NO_PNG)
    assert run.returncode == 0, run.stderr
    formats, lines = json.loads(run.stdout)
    assert formats == ["application/vnd.vegalite.v5+json", "text/plain"]
    (line,) = set(lines)
    needs = "a picture, or a page that needs no network, needs vl-convert-python"
    assert line == CHARTS.replace("charts need altair", needs)


def test_a_notebook_on_the_core_runs_the_quickstart_and_shows_errors_of_one_line(core, tmp_path):
    cells = json.loads((ROOT / "notebooks" / "01_quickstart.ipynb").read_text(encoding="utf-8"))
    with kernel(tmp_path, "-S", PYTHONPATH=str(core), SMS_PROVIDER="sandbox") as notebook:
        for cell in cells["cells"]:
            if cell["cell_type"] == "code":
                ran = notebook.run("".join(cell["source"]))
                assert ran.error is None, ran.error
        ran = notebook.run("from sms_notebook import charts")
        assert ran.error["ename"] == "MissingExtra"
        assert ran.error["traceback"] == [f"MissingExtra: {CHARTS}"]
        ran = notebook.run("%load_ext sms_notebook\n%sms webhooks start")
        assert ran.error["ename"] == "MissingExtra"
        assert ran.error["traceback"] == [f"\x1b[31mMissingExtra: {SERVER}\x1b[0m"]
        ran = notebook.run("%sms panel order")
        assert ran.error is None, ran.error
