"""The page on testing shows what runs."""

import re

from testing_plugin.page import EXAMPLES, PAGE, examples, written

TEXT = PAGE.read_text(encoding="utf-8")


def test_it_is_made_from_the_examples():
    assert written(TEXT) == TEXT, "run: make readme"


def test_a_wrong_page_would_be_noticed():
    for piece in ("def code_for(", "| `sms_server` |"):
        assert piece in TEXT
        assert written(TEXT.replace(piece, "wrong")) == TEXT


def test_it_shows_every_example():
    assert sorted(examples(TEXT)) == sorted(path.name for path in EXAMPLES.glob("*.py"))


def test_what_it_shows_without_pytest_runs(capsys):
    last = re.findall(r"^```python\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)[-1]
    assert "isolated(" in last
    exec(last, {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "01234\n"
