"""Where there is no browser, CI fails; a person's own machine says that the tests were skipped."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import browser
from .jupyter import needed_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Let no browser be found."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail), ("", pytest.skip)])
def test_in_ci_the_tests_fail_and_elsewhere_they_are_skipped(ci, outcome, monkeypatch):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome.Exception, match="there is no Chromium"):
        needed_chromium()


@pytest.mark.usefixtures("nowhere")
def test_all_that_click_need_it(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="there is no Chromium"):
        next(browser.__wrapped__())


def test_make_says_loudly_that_it_cannot_install_one(tmp_path):
    for name in ("sh", "id"):
        (tmp_path / name).symlink_to(shutil.which(name))
    ran = subprocess.run(
        [shutil.which("make"), "chromium", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr.startswith("*** No Chromium here and none could be installed")
