"""The pages of docs/ tell the truth: tables, examples, links."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from documentation.tables import PAGES, ROOT, written

from sms_notebook import Client, SmsError
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.sandbox import Sandbox
from sms_notebook.sandbox.dialects import DIALECTS

TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md"))]
}
PRINTED = {"docs/ledger.md": "0.86 asked, 0.14 left\n"}
"""What the examples of a page print, each in its comment."""
MADE_ELSEWHERE = {"docs/testing.md", "docs/shared-ledger.md"}
"""Pages whose examples other tests run: tests/testing_plugin, tests/ledger/test_postgresql.py."""
TYPED_ALONG = ["docs/first-hour.md", "docs/magics.md"]
"""Pages that are read from top to bottom, or that have lines of %sms: these run in IPython."""
EXAMPLES = {
    page: blocks
    for page, text in TEXTS.items()
    if page.startswith("docs/") and page not in {*MADE_ELSEWHERE, *TYPED_ALONG}
    if (blocks := re.findall(r"^```python\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE))
}


@pytest.mark.parametrize("page", PAGES)
def test_its_tables_are_made_from_the_code(page):
    assert written(TEXTS[page], PAGES[page]) == TEXTS[page], "run: make readme"


@pytest.mark.parametrize(("page", "name"), [(page, name) for page in PAGES for name in PAGES[page]])
def test_a_wrong_table_would_be_noticed(page, name):
    broken = TEXTS[page].replace(f"<!-- {name} -->\n|", f"<!-- {name} -->\n| wrong |", 1)
    assert broken != TEXTS[page]
    assert written(broken, PAGES[page]) == TEXTS[page]


@pytest.mark.parametrize("page", EXAMPLES)
def test_its_examples_run(page, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in EXAMPLES[page]:
        # Its clock runs fast, so that codes come and cancelling is allowed within a second.
        with Client(sandbox=Sandbox(speed=60, success=1.0, balance="100")) as sms:
            exec(block, {"sms": sms})  # noqa: S102 - our own page
    assert capsys.readouterr().out == PRINTED.get(page, "")


def test_what_is_typed_along_runs_in_its_order_in_one_fresh_process(tmp_path):
    with_lines = {page for page, text in TEXTS.items() if "\n```ipython\n" in text}
    assert with_lines - {"README.md"} <= set(TYPED_ALONG)
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("blocks.py"), *(ROOT / p for p in TYPED_ALONG)],
        env=os.environ | {"SMS_NOTEBOOK_HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr
    ran = [json.loads(line)["block"] for line in run.stdout.splitlines()]
    told = re.compile(r"^```(?:python|ipython)\n(.*)$", re.MULTILINE)
    assert ran == [first for page in TYPED_ALONG for first in told.findall(TEXTS[page])]


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_to_a_file_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", TEXTS[page]):
        assert (ROOT / page).parent.joinpath(link).resolve().is_file(), link


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_to_a_heading_leads_there(page):
    for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", TEXTS[page]):
        target = (ROOT / page).parent.joinpath(link).resolve() if link else ROOT / page
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings}
        assert anchor in anchors, f"{link}#{anchor}"


def test_every_action_and_every_provider_is_listed():
    for action in ACTIONS.values():
        assert f"| {action.name} | `{action.method}(" in TEXTS["docs/actions.md"]
    for provider in PROVIDERS.values():
        assert TEXTS["docs/providers.md"].count(f"| `{provider.name}` |") == 2


def test_every_dialect_of_the_sandbox_is_named():
    assert not [name for name in DIALECTS if f"`{name}`" not in TEXTS["docs/sandbox.md"]]


def test_every_error_is_explained():
    def leaves(kind: type) -> list[type]:
        children = kind.__subclasses__()
        return [leaf for child in children for leaf in leaves(child)] if children else [kind]

    for error in leaves(SmsError):
        assert f"| `{error.__name__}` |" in TEXTS["docs/errors.md"], error


def test_two_lines_make_a_frame_safe_for_a_spreadsheet():
    [lines] = re.findall(
        r"^```python\nframe = .*?\n(texts = .*?)\n```$",
        TEXTS["docs/sharing.md"],
        re.DOTALL | re.MULTILINE,
    )
    assert len(lines.splitlines()) == 2
    hostile = ["=1+1", "+7", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\uff20x"]
    harmless = ["code 1-2", "a=b", "", "'=1", "12345"]
    with Client(sandbox=Sandbox(speed=0)) as sms:
        sms.order("tg", 2)
        frame = sms.get_active_activations().iloc[[0] * len(hostile + harmless)].copy()
        dtypes = frame.dtypes
        frame["sms_text"] = pd.array(hostile + harmless, dtype=dtypes["sms_text"])
        frame["service"] = frame["sms_text"].astype(object)
        names = {"frame": frame}
        exec(lines, names)  # noqa: S102 - our own page
    for column in ("sms_text", "service"):
        assert names["frame"][column].tolist() == [f"'{text}" for text in hostile] + harmless
    assert names["frame"].dtypes["activation_cost"] == dtypes["activation_cost"]
    assert names["frame"]["activation_cost"].equals(frame["activation_cost"])
