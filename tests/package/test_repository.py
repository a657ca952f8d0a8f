"""What the repository holds, and what a plain install holds."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_a_plain_install_works_away_from_the_repository(tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(tmp_path / "site"), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    program = "import sms_notebook, sys; print(sms_notebook.__file__); "
    program += (
        "sms = sms_notebook.Client(); print(len(sms.get_countries()), len(sms.get_operators()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    file, counts = run.stdout.splitlines()
    assert file.startswith(str(tmp_path))
    assert all(int(count) > 190 for count in counts.split())
    assert list((tmp_path / "site" / "sms_notebook").glob("py.typed"))


def requirements() -> list[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    every = [one for many in (project["dependencies"], *extras, *groups) for one in many]
    return [one for one in every if not one.startswith("sms-notebook[")]


@pytest.mark.parametrize("requirement", requirements())
def test_every_dependency_has_a_lower_bound_a_pin_and_a_reason(requirement):
    name, bound = re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)(?:; .+)?", requirement).groups()
    line = next(
        line
        for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith(f'    "{requirement}"')
    )
    assert " # " in line, f"{name} has no reason"
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert re.search(rf"^{name}==", pins, re.MULTILINE | re.IGNORECASE), f"{name} is not pinned"
    assert bound


def test_no_file_names_a_machine_a_registry_or_a_tool_of_its_makers():
    # Written in parts, so that this file does not hold what it looks for.
    words = [
        "/" + "work/",
        "/" + "root/",
        "files.python" + "hosted",
        "pypi." + "org",
        "registry.npm" + "js",
        "--index" + "-url",
        "--extra-index" + "-url",
    ]
    for path in tracked():
        if path.suffix == ".png":
            continue
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], path


def test_no_module_is_longer_than_a_head_can_hold():
    for path in tracked():
        if path.suffix == ".py":
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_no_file_has_a_vague_name():
    vague = {"util", "utils", "helper", "helpers", "common", "core", "base", "manager", "misc"}
    assert not [path for path in tracked() if path.suffix == ".py" and path.stem in vague]


def test_ci_runs_the_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
