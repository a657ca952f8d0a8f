"""The site builds without a warning, its links lead somewhere, and its search finds every name."""

import inspect
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from documentation.tables import FRAMES, ROOT
from sphinx.search.en import SearchEnglish

import sms_notebook
from sms_notebook import AsyncClient, Client, charts, panels, pytest_plugin, sandbox, testing
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.protocol.actions import ACTIONS, BEYOND

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
"""What a page fetches by itself; of links only style sheets, icons and the like."""
FETCHED = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "manifest"}
FIXTURES = ("sms", "sms_async", "sms_sandbox", "sms_server")


class Page(HTMLParser):
    """The links, anchors and fetched addresses of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.fetched: list[str] = []
        self.inline = ""
        self._within = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in LOADS:
            self.fetched.append(given.get(LOADS[tag], ""))
        if tag == "link" and FETCHED & set(given.get("rel", "").split()):
            self.fetched.append(given["href"])
        if tag in {"a", "link"} and "href" in given:
            self.links.append(given["href"])

    def handle_endtag(self, _tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"}:
            self.inline += data


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Build it, once: all checks of what was built are in one test, so that one worker does it."""
    folder = tmp_path_factory.mktemp("site")
    # As people build it, with this Python's venv as it is: nothing is installed anew.
    venv = Path(sys.prefix)
    run = subprocess.run(
        [
            *("make", "--no-print-directory", "-C", ROOT, "docs"),
            *(f"VENV={venv}", "-o", f"{venv}/.docs"),
            *(f"SITE={folder / 'html'}", f"DOCTREES={folder / 'doctrees'}"),
        ],
        env=os.environ | {"SMS_NOTEBOOK_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    assert run.stdout == f"The documentation: {folder / 'html' / 'index.html'}\n"
    assert not (folder / "home").exists(), "building wrote settings or a ledger"
    return folder / "html"


@pytest.mark.timeout(600)
def test_the_site_is_whole_finds_every_name_and_loads_nothing_from_elsewhere(site):
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    assert len(pages) > 40
    assert_links_lead_somewhere(site, pages)
    assert_nothing_is_loaded_from_elsewhere(site, pages)
    assert_no_place_of_this_machine_is_named(site)
    assert_every_name_is_found(site)
    assert_notebooks_show_what_was_saved(site)


def assert_links_lead_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    checked = 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or not (parts.path or parts.fragment):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target in pages:
                anchors = pages[target].anchors
                assert unquote(parts.fragment) in anchors, f"{path.relative_to(site)}: {link}"
            checked += 1
    assert checked > 1000


def assert_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for address in page.fetched:
            assert urlsplit(address).scheme in {"", "data"}, f"{path.relative_to(site)}: {address}"
            assert not address.startswith("//"), f"{path.relative_to(site)}: {address}"
        assert "//" not in page.inline, f"{path.relative_to(site)}: {page.inline}"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        found = re.findall(r"(?:url\(|@import)\s*[\"']?(https?:)?//", text)
        assert not found, sheet.relative_to(site)


def assert_no_place_of_this_machine_is_named(site: Path) -> None:
    places = {str(ROOT), str(Path.home()), str(site), str(Path(sys.prefix))} - {"/"}
    for path in site.rglob("*"):
        if path.suffix in {".html", ".js", ".css"}:
            text = path.read_text(encoding="utf-8")
            assert not [place for place in places if place in text], path.relative_to(site)


def public_names() -> set[str]:
    """Return the full names of all that is public."""
    names = {f"sms_notebook.{name}" for name in sms_notebook.__all__}
    for owner in (charts, sandbox):
        names |= {f"{owner.__name__}.{name}" for name in owner.__all__}
    names |= {f"sms_notebook.{name}" for name in panels.__all__}
    for client in (Client, AsyncClient):
        names |= {f"sms_notebook.{client.__name__}.{n}" for n in dir(client) if n[0] != "_"}
    for name, thing in vars(testing).items():
        if getattr(thing, "__module__", None) == testing.__name__ and name[0] != "_":
            names.add(f"sms_notebook.testing.{name}")
    return names


def assert_every_name_is_found(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    objects = {
        f"{owner}.{entry[4]}" if owner else entry[4]
        for owner, entries in index["objects"].items()
        for entry in entries
    }
    missing = public_names() - objects
    assert not missing, sorted(missing)
    stem = SearchEnglish({}).stem
    columns = {column.name for schema in frames_of_all() for column in schema.columns}
    commands = {word for command in COMMANDS.values() for word in command.name.split()}
    fixtures = {name for name in FIXTURES if hasattr(pytest_plugin, name)}
    assert len(fixtures) == len(FIXTURES)
    terms = set(index["terms"]) | set(index["titleterms"])
    words = {part for word in columns | commands | fixtures for part in re.findall(r"\w+", word)}
    # Words that English is full of, such as "again", are found as methods only.
    found = terms | {stem(name.rpartition(".")[2]) for name in objects}
    lost = {word for word in words if len(word) > 2 and stem(word.lower()) not in found}
    assert not lost, sorted(lost)


def frames_of_all() -> list:
    return [*FRAMES.values(), *(action.schema for action in (ACTIONS | BEYOND).values())]


def assert_notebooks_show_what_was_saved(site: Path) -> None:
    gallery = (site / "docs" / "notebooks.html").read_text(encoding="utf-8")
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        page = (site / "notebooks" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        assert page.count('class="cell_output') == sum(bool(c.get("outputs")) for c in cells)
        tables = sum("text/html" in output.get("data", {}) for output in outputs)
        assert tables <= page.count("<table") + page.count("<div"), notebook.name
        assert f"../notebooks/{notebook.stem}.html" in gallery


def test_every_method_that_returns_a_frame_has_its_columns_told():
    told = set(FRAMES) | {action.method for action in (ACTIONS | BEYOND).values()}
    for name in dir(Client):
        method = inspect.getattr_static(Client, name)
        if name[0] == "_" or not inspect.isfunction(method) or name in {"call", "with_names"}:
            continue
        if str(inspect.signature(method).return_annotation) == "~Frame":
            assert name in told, name
