"""Where there is no browser, CI fails; a person's own machine says that the tests were skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHAT = "tests/browser/test_order.py::test_no_money_is_said"


def run(tmp_path, **variables):
    """Run a browser test where no browser can be found."""
    environment = {name: value for name, value in os.environ.items() if name != "CHROMIUM"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(
        [*command, WHAT],
        cwd=ROOT,
        env=environment | {"PATH": str(tmp_path), "CI": ""} | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_in_ci_the_tests_fail(tmp_path):
    ran = run(tmp_path, CI="true")
    assert ran.returncode == 1
    assert "there is no Chromium" in ran.stdout
    assert "skipped" not in ran.stdout


def test_elsewhere_they_are_skipped_and_say_why(tmp_path):
    ran = run(tmp_path)
    assert ran.returncode == 0
    assert "there is no Chromium" in ran.stdout
    assert "1 skipped" in ran.stdout


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
