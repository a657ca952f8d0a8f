"""What is built can be published: one package, metadata an index takes, a README that leads on."""

import email
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
import yaml

import sms_notebook

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCE = "https://example.org/them/sms-notebook"


def copy_of_the_repository(folder: Path) -> Path:
    """Return a copy of what Git knows, and of what is new."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def build(source: Path, target: Path, *options: str) -> Path:
    """Build without an environment of its own: nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target), *options]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    return copy_of_the_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def built(repository, tmp_path_factory) -> Path:
    return build(repository, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def wheel(built) -> Iterator[zipfile.ZipFile]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def readme_of(wheel: zipfile.ZipFile) -> str:
    return metadata(wheel).get_payload(decode=True).decode("utf-8")


@pytest.mark.parametrize("check", [["twine", "check", "--strict"], ["check_wheel_contents"]])
def test_an_index_would_take_it(built, repository, check):
    kind = "*" if check[0] == "twine" else "*.whl"
    files = [str(path) for path in built.glob(kind)]
    run = subprocess.run(
        [sys.executable, "-m", *check, *files],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_wheel_has_one_package_with_its_data(wheel):
    names = wheel.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"sms_notebook", f"sms_notebook-{sms_notebook.__version__}.dist-info"}
    folder = ROOT / "sms_notebook"
    data = {
        f"sms_notebook/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert data <= set(names)


def test_the_source_can_be_built_and_tested(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"hatch_readme.py", "constraints.txt", "LICENSE", "CITATION.cff", "RELEASING.md"}
    assert needed | {"tests/conftest.py", "notebooks/01_quickstart.ipynb"} <= names


def test_the_metadata_is_that_of_this_version(wheel):
    found = metadata(wheel)
    assert found["Version"] == sms_notebook.__version__
    assert found["License-Expression"] == "MIT"
    assert found["Author"] == "sms_notebook contributors"
    assert found["Description-Content-Type"].startswith("text/markdown")
    extras = {"charts", "excel", "keyring", "lab", "nested", "postgres", "server"}
    assert extras <= set(found.get_all("Provides-Extra"))


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", text)


def test_without_an_address_the_readme_leads_nowhere_that_is_not(wheel):
    if "Source" in PROJECT.get("urls", {}):
        pytest.skip("there is an address")
    text = readme_of(wheel)
    assert "\n## Panels\n" in text
    assert [link for link in links(text) if not link.startswith("https://")] == []
    assert "notebooks/quickstart.png" not in text


def test_with_an_address_all_links_and_pictures_are_whole(repository, tmp_path):
    source = shutil.copytree(repository, tmp_path / "source")
    project = source / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    text = re.sub(r"\[project\.urls\]\n(?:.+\n)*", "", text)
    urls = f'[project.urls]\nSource = "{SOURCE}"\n\n[project.scripts]\n'
    project.write_text(text.replace("[project.scripts]\n", urls, 1), encoding="utf-8")
    built = build(source, tmp_path / "dist", "-t", "wheel")
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        found = readme_of(wheel)
    tag = f"v{sms_notebook.__version__}"
    assert f"[Actions]({SOURCE}/blob/{tag}/docs/actions.md)" in found
    assert f"]({SOURCE}/raw/{tag}/notebooks/quickstart.png)" in found
    assert [link for link in links(found) if not link.startswith("https://")] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?^```$", readme, re.DOTALL | re.MULTILINE)
    assert blocks
    assert all(block in found for block in blocks)
    for link in links(found):
        if link.startswith(SOURCE):
            place = re.sub(rf"^{re.escape(SOURCE)}/(?:blob|raw)/{tag}/", "", link)
            assert (ROOT / place.partition("#")[0]).exists(), link


def test_the_citation_has_what_its_format_asks_for():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["license"] == PROJECT["license"]
    assert [author["name"] for author in cited["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]
    assert "version" not in cited  # it stands in one place


@pytest.mark.parametrize("name", ["bug", "provider"])
def test_a_form_for_issues_can_be_filled_in(name):
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8")
    form = yaml.safe_load(text)
    assert {"name", "description", "body"} <= set(form)
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked)
    assert all(part["attributes"]["label"] for part in asked)


def test_hooks_before_a_commit_run_what_lint_runs():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    ((local,), own) = (
        yaml.safe_load(text)["repos"],
        yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")),
    )
    entries = {hook["entry"].removeprefix(".venv/bin/").split()[0] for hook in local["hooks"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    assert set(re.findall(r"\$\(BIN\)/([\w-]+)", lint)) <= entries
    assert [hook["entry"] for hook in own] == ["sms-notebook check-notebook"]


def test_renovate_looks_after_the_tested_versions():
    settings = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
    patterns = settings["pip_requirements"]["managerFilePatterns"]
    for name in ("constraints.txt", "binder/requirements.txt"):
        assert any(re.search(pattern.strip("/"), name) for pattern in patterns)
