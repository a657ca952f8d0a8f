"""The README tells the truth."""

import re
from pathlib import Path

import pytest
from documentation.tables import README, TABLES, written

from sms_notebook import Client, SmsError
from sms_notebook.client.providers import PROVIDERS
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
TEXT = README.read_text(encoding="utf-8")


def test_its_tables_are_made_from_the_code():
    assert written(TEXT) == TEXT, "run: make readme"


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
    assert capsys.readouterr().out == "0.86\n15.06 asked, 1.00 left\n"


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
