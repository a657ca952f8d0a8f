"""The README tells the truth, and is short enough to be read."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from documentation.tables import PAGES, README, ROOT, written

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox

TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+(?=/lab)")
[WITHIN] = map(int, re.findall(r"each within (\d+) seconds", TEXT))


def test_it_is_a_front_door():
    assert TEXT.count("\n") <= 250
    before = TEXT[: TEXT.index("\n|")]
    assert before.count("\n") >= 60, "a table comes too early"


def test_its_first_examples_show_what_really_comes():
    code = [text for language, text in BLOCKS if language == "python"]
    shown = [text for language, text in BLOCKS if not language]
    sms = Client(sandbox=Sandbox(speed=0))
    names = {"sms": sms}
    prices = eval(code[0].strip().splitlines()[-1], names)  # noqa: S307 - our own README
    assert squeezed(prices.to_string()) in map(squeezed, shown)
    order, status = code[1].strip().splitlines()
    exec(order, names)  # noqa: S102 - likewise
    sms.sandbox.step(10)
    status = eval(status, names)  # noqa: S307 - likewise
    assert squeezed(status.to_string()) in map(squeezed, shown)


def squeezed(text: str) -> str:
    """Leave out padding, and line ends: not every pandas escapes them."""
    return " ".join(text.replace("\\n", " ").split())


def test_all_its_blocks_run_in_their_order_in_a_fresh_process(tmp_path):
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("blocks.py")), str(README)],
        env=os.environ | {"SMS_NOTEBOOK_HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr
    ran = [json.loads(line) for line in run.stdout.splitlines()]
    told = [text.splitlines()[0] for language, text in BLOCKS if language.endswith("python")]
    assert [block["block"] for block in ran] == told
    printed = "\n".join(block["printed"] for block in ran)
    assert re.search(r"^0\.8\d$", printed, re.MULTILINE), printed  # error.minimum
    # Of CPU, which a busy machine does not stretch.
    assert not [block for block in ran if block["cpu"] > WITHIN]


def test_the_line_that_asks_for_a_key_chooses_the_provider(tmp_path):
    [block] = [text for language, text in BLOCKS if language == "sh" and "SMS_API_KEY" in text]
    ask = "from sms_notebook import Client; print(Client().provider)"
    run = subprocess.run(
        ["bash", "-c", f"{block}\n{sys.executable} -c {ask!r}"],
        env=os.environ | {"SMS_NOTEBOOK_HOME": str(tmp_path)},
        input="0123456789abcdef0123456789abcdef\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stdout == "herosms\n"
    assert not run.stderr


@pytest.fixture
def ready_venv():
    """Options that let make take this Python's venv as it is: nothing is installed anew."""
    venv = Path(sys.prefix)
    return [f"VENV={venv}", "-o", f"{venv}/.lab", "-C", str(ROOT)]


def test_make_demo_prints_a_number_and_its_code(ready_venv):
    # A key for a live provider lies about: the demo must not use it.
    live = {"SMS_PROVIDER": "herosms", "SMS_API_KEY": "0" * 32}
    # What debugpy warns of on Python 3.11; newer versions of ipykernel keep it quiet.
    live["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    run = subprocess.run(
        ["make", "demo", *ready_venv],
        env=os.environ | live,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"^number: \+\d{9,15}\ncode: +\d+$", run.stdout, re.MULTILINE), run.stdout
    assert not run.stderr


def test_make_lab_opens_the_quickstart(ready_venv, tmp_path):
    options = (
        "LAB_OPTIONS=--no-browser --port=0 --ServerApp.port_retries=0 --IdentityProvider.token="
    )
    with subprocess.Popen(
        ["make", "lab", options, *ready_venv],
        env=os.environ
        | {"JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as lab:
        try:
            address = next(found[0] for line in lab.stdout if (found := _ADDRESS.search(line)))
            assert "JupyterLab" in answered(f"{address}/lab")
            quickstart = f"{address}/api/contents/01_quickstart.ipynb?content=0"
            assert json.loads(answered(quickstart))["type"] == "notebook"
        finally:
            os.killpg(lab.pid, signal.SIGTERM)


def answered(url: str) -> str:
    """Return what a server answers as soon as it listens: it says its address before."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310 - this machine
                return page.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_every_command_it_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in set(re.findall(r"(?:`|^)make ([\w-]+)", TEXT, re.MULTILINE)):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_every_page_of_the_documentation_is_named():
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert pages <= set(re.findall(r"\]\(([^)#:]+)\)", TEXT))


def test_every_file_that_readme_and_changelog_cite_is_there():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    cited = re.findall(r"`((?:tests|sms_notebook|notebooks)/[\w/.]+)`", TEXT + changelog)
    assert cited
    assert not [path for path in cited if not (ROOT / path).exists()]


def test_its_tables_are_made_from_the_code():
    assert written(TEXT, PAGES["README.md"]) == TEXT, "run: make readme"
