"""The README tells the truth."""

import re
from pathlib import Path

import pandas as pd
import pytest
from documentation.tables import PROVIDERS_PAGE, PROVIDERS_TABLES, README, TABLES, written

from sms_notebook import Client, SmsError
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.sandbox import Sandbox
from sms_notebook.sandbox.dialects import DIALECTS

ROOT = Path(__file__).parents[2]
TEXT = README.read_text(encoding="utf-8")


def test_its_tables_are_made_from_the_code():
    assert written(TEXT) == TEXT, "run: make readme"


def test_the_page_of_providers_is_made_from_the_code():
    page = PROVIDERS_PAGE.read_text(encoding="utf-8")
    assert written(page, PROVIDERS_TABLES) == page, "run: make readme"
    assert not [name for name in PROVIDERS if f"| `{name}` |" not in page]


def test_it_names_every_dialect_of_the_sandbox():
    assert not [name for name in DIALECTS if f"`{name}`" not in TEXT.partition("## The sandbox")[2]]


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_table_would_be_noticed(name):
    broken = TEXT.replace(f"<!-- {name} -->\n|", f"<!-- {name} -->\n| wrong |", 1)
    assert broken != TEXT
    assert written(broken) == TEXT


def test_it_lists_every_action_and_every_provider():
    for action in ACTIONS.values():
        assert f"| {action.name} | `{action.method}(" in TEXT
    for provider in PROVIDERS.values():
        assert f"`{provider.name}`" in TEXT


def test_sixty_lines_come_before_the_first_table():
    before = TEXT[: TEXT.index("\n|")]
    assert before.count("\n") >= 60


def test_its_first_examples_show_what_really_comes():
    blocks = re.findall(r"^```(\w*)\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)
    code = [text for language, text in blocks if language == "python"]
    shown = [text for language, text in blocks if not language]
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
    """Leave out padding: pandas 2 and 3 count escaped line ends differently."""
    return " ".join(text.split())


def test_its_further_examples_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)
    for block in blocks[2:]:
        # Its clock runs fast, so that codes come and cancelling is allowed within a second.
        sms = Client(sandbox=Sandbox(speed=60, success=1.0, balance="100"))
        exec(block, {"sms": sms})  # noqa: S102 - our own README
        sms.close()
    assert capsys.readouterr().out == "0.86\n0.86 asked, 0.14 left\n"


def test_every_command_it_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in set(re.findall(r"(?:`|^)make ([\w-]+)", TEXT, re.MULTILINE)):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_every_link_to_a_file_leads_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / link).is_file(), link


def test_every_file_that_readme_and_changelog_cite_is_there():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    cited = re.findall(r"`((?:tests|sms_notebook|notebooks)/[\w/.]+)`", TEXT + changelog)
    assert cited
    assert not [path for path in cited if not (ROOT / path).exists()]


def test_every_error_is_explained():
    def leaves(kind: type) -> list[type]:
        return (
            [kind]
            if not kind.__subclasses__()
            else [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
        )

    for error in leaves(SmsError):
        assert f"| `{error.__name__}` |" in TEXT, error


def test_two_lines_make_a_frame_safe_for_a_spreadsheet():
    [lines] = re.findall(
        r"^```python\nframe = .*?\n(texts = .*?)\n```$", TEXT, re.DOTALL | re.MULTILINE
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
        exec(lines, names)  # noqa: S102 - our own README
    for column in ("sms_text", "service"):
        assert names["frame"][column].tolist() == [f"'{text}" for text in hostile] + harmless
    assert names["frame"].dtypes["activation_cost"] == dtypes["activation_cost"]
    assert names["frame"]["activation_cost"].equals(frame["activation_cost"])
