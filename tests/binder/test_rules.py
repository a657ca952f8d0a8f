"""What Binder asks of `binder/`, and what it must agree with: needs nothing but the files."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from binder.badge import COLAB, HOSTS, NOTEBOOK, QUICKSTART, README, badge, colab, written
from binder.replay import plain

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCRIPTS = [BINDER / "postBuild", BINDER / "start"]


def lines(path: Path) -> list[str]:
    """Return the lines of a file that are no comments."""
    text = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and not line.startswith("#")]


def pins(path: Path) -> dict[str, str]:
    found = (line.split("==") for line in lines(path) if not line.startswith("."))
    return {plain(name): version for name, version in found}


def test_it_holds_these_files():
    names = sorted(path.name for path in BINDER.iterdir())
    assert names == ["postBuild", "requirements.txt", "runtime.txt", "start"]


def test_the_repository_itself_is_installed():
    # repo2docker looks at no other file of requirements once there is a binder/.
    # The extras are what the notebooks use; JupyterLab is that of the image.
    assert lines(BINDER / "requirements.txt")[0] == ".[charts,keyring,nested,server]"


def test_every_other_line_is_one_exact_version_and_they_are_sorted():
    others = lines(BINDER / "requirements.txt")[1:]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in others)
    assert others == sorted(others, key=str.casefold)


def test_the_versions_are_those_that_the_tests_run_with():
    tested = pins(ROOT / "constraints.txt")
    for name, version in pins(BINDER / "requirements.txt").items():
        assert tested[name] == version, name


def test_python_is_one_that_the_package_supports():
    (runtime,) = lines(BINDER / "runtime.txt")
    assert runtime == "python-3.12"
    number = runtime.removeprefix("python-")
    assert f"Programming Language :: Python :: {number}" in PROJECT["classifiers"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_run_and_stop_at_the_first_failure(script):
    assert os.access(script, os.X_OK)
    mode = subprocess.run(
        ["git", "ls-files", "--stage", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert mode.stdout[:6] in ("100755", "")  # what is not committed yet has none
    text = script.read_bytes()
    assert text.startswith(b"#!/bin/bash\n")
    assert b"\r" not in text
    assert lines(script)[0] == "set -eu"
    subprocess.run(["bash", "-n", script], check=True)


def test_start_hands_over_to_what_it_is_told_to_run():
    assert lines(BINDER / "start")[-1] == 'exec "$@"'
    run = subprocess.run(
        [BINDER / "start", "sh", "-c", 'echo "$0 $SMS_PROVIDER ${SMS_API_KEY-no key}"; exit 7'],
        env=os.environ | {"SMS_API_KEY": "0" * 32, "SMS_PROVIDER": "herosms"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "sh sandbox no key\n"
    assert run.returncode == 7


def test_no_script_asks_for_more_than_the_build_brings():
    for script in SCRIPTS:
        assert not re.search(r"\b(curl|wget|apt|sudo|git|pip)\b", "\n".join(lines(script)))


def test_the_readme_leads_to_the_quickstart():
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run: make readme"
    assert (ROOT / QUICKSTART.removeprefix("lab/tree/")).is_file()


def test_a_wrong_way_to_binder_would_be_noticed():
    text = README.read_text(encoding="utf-8")
    broken = text.replace("01_quickstart.ipynb", "99_gone.ipynb")
    assert broken != text
    assert written(broken) != broken


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/somebody/sms-notebook", "gh/somebody/sms-notebook/HEAD"),
        ("https://github.com/somebody/sms-notebook.git", "gh/somebody/sms-notebook/HEAD"),
        ("https://gitlab.com/somebody/sms-notebook/", "gl/somebody%2Fsms-notebook/HEAD"),
    ],
)
def test_the_badge_of_a_repository_with_an_address_opens_the_quickstart(address, place):
    assert set(HOSTS) == {"github.com", "gitlab.com"}
    link = f"https://mybinder.org/v2/{place}?urlpath=lab/tree/notebooks/01_quickstart.ipynb"
    assert badge(address).startswith(f"[![Binder](https://mybinder.org/badge_logo.svg)]({link}) ")


def test_a_repository_without_an_address_has_no_badge_that_leads_nowhere():
    assert "mybinder.org/v2/" not in badge(None)
    assert QUICKSTART in badge(None)


def test_ci_builds_as_binder_does():
    assert "make test-binder\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_badge_of_colab_opens_the_quickstart_where_colab_can():
    link = f"{COLAB}/github/someone/sms-notebook/blob/main/{NOTEBOOK}"
    assert f"]({link})" in colab("https://github.com/someone/sms-notebook")
    for elsewhere in (None, "https://gitlab.com/someone/sms-notebook"):
        assert f"]({COLAB}) " in colab(elsewhere)
        assert NOTEBOOK in colab(elsewhere)
        assert f"%pip install git+{elsewhere or ''}" in colab(elsewhere)
