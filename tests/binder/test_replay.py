"""Everything runs where a visitor of Binder lands: ``make test-binder``."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from .test_rules import BINDER, pins

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CLICKING = "tests/browser/test_order.py::test_order_by_clicking_and_the_code_appears"
EXECUTE = ("jupyter", "nbconvert", "--to=notebook", "--execute")
MOST = 2**30  # bytes: what a visitor gets at least

pytestmark = pytest.mark.timeout(900)  # the first test waits for the build

say = pytest.fixture(lambda capsys: capsys.disabled)


def test_the_image_has_the_versions_that_binder_has(replayed):
    known = {"jupyterlab": "4.4.9", "ipython": "9.6.0", "ipywidgets": "8.1.7"}
    assert known.items() <= replayed.image.items()
    assert known.items() <= replayed.after.items()
    assert replayed.run("python", "--version").startswith("Python 3.12.")


def test_whatever_the_build_adds_or_changes_is_pinned(replayed):
    changed = {
        name: version
        for name, version in replayed.after.items()
        if version != replayed.before.get(name) and name != "sms-notebook"
    }
    assert changed == pins(BINDER / "requirements.txt")
    assert replayed.before.keys() <= replayed.after.keys()
    replayed.run("pip", "check")


def test_the_kernel_is_not_the_one_that_loses_requests(replayed):
    assert replayed.image["ipykernel"] == "7.0.1"  # once it is 7.4, Binder's own will do
    assert replayed.after["ipykernel"] == "7.4.0"


def test_it_is_the_package_of_this_repository_in_a_place_of_its_own(replayed):
    program = "import sms_notebook; print(sms_notebook.__file__, repr(sms_notebook.Client()))"
    printed = replayed.run("python", "-P", "-c", program)
    assert str(replayed.python.parents[1]) in printed
    assert "<Client sandbox: no real money>" in printed


def test_nothing_pops_up_to_ask_for_news(replayed):
    listed = subprocess.run(
        replayed.command("jupyter", "labextension", "list"),
        cwd=replayed.home,
        env=replayed.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    disabled = (listed.stdout + listed.stderr).partition("Disabled extensions:")[2]
    assert "@jupyterlab/apputils-extension:announcements" in disabled


def texts(path: Path) -> list[str]:
    """Return what each code cell shows, as text."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
        )
        for cell in cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_what_is_committed(replayed, path, say):
    into = replayed.home / "executed"
    began = time.perf_counter()
    with replayed.memory.watched() as memory:
        name = f"notebooks/{path.name}"
        replayed.run(*EXECUTE, f"--output-dir={into}", name)
    seconds = time.perf_counter() - began
    replayed.times[path.name] = seconds
    with say():
        print(f" {seconds:.1f} s, peak {memory.peak / 2**20:.0f} MB so far")
    assert texts(into / path.name) == texts(path)  # as committed, with other versions around it


def test_widgets_work_in_a_real_browser(replayed):
    began = time.perf_counter()
    with replayed.memory.watched() as memory:
        memory.seen.clear()
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", CLICKING],
            cwd=ROOT,
            env=os.environ | {"LAB_PYTHON": str(replayed.python), "CI": "true"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    replayed.times["the browser"] = time.perf_counter() - began
    assert "1 passed" in run.stdout, run.stdout[-3000:] + run.stderr[-3000:]
    assert any("ipykernel_launcher" in line for line in memory.seen), "it ran somewhere else"


def test_it_stays_under_a_gigabyte(replayed, say):
    with say():
        times = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in replayed.times.items())
        print(
            f"\n{times}\npeak memory of server and kernels: {replayed.memory.peak / 2**20:.0f} MB"
        )
    assert any("ipykernel_launcher" in line for line in replayed.memory.seen)
    assert 0 < replayed.memory.peak < MOST
