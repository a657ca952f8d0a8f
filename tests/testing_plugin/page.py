"""The page on testing one's own code, made from examples that run: ``make readme`` writes it."""

import re
import sys
from pathlib import Path

from sms_notebook import pytest_plugin

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
EXAMPLES = Path(__file__).parent / "examples"
FIXTURES = ("sms_sandbox", "sms", "sms_async", "sms_server")

_PLACE = re.compile(r"<!-- example (\S+) -->.*?<!-- /example -->", re.DOTALL)
_TABLE = re.compile(r"<!-- fixtures -->.*?<!-- /fixtures -->", re.DOTALL)


def fixtures() -> str:
    """Return the table of the fixtures."""
    lines = ["| fixture | what it is |", "|---|---|"]
    for name in FIXTURES:
        text = getattr(pytest_plugin, name).__doc__
        lines.append(f"| `{name}` | {' '.join(text.split())} |")
    return "\n".join(lines)


def examples(page: str) -> list[str]:
    """Return the files that a page shows."""
    return _PLACE.findall(page)


def written(page: str) -> str:
    """Return the page with table and examples as they should be."""

    def example(place: re.Match[str]) -> str:
        text = (EXAMPLES / place[1]).read_text(encoding="utf-8").strip()
        return f"<!-- example {place[1]} -->\n```python\n{text}\n```\n<!-- /example -->"

    table = f"<!-- fixtures -->\n{fixtures()}\n<!-- /fixtures -->"
    return _TABLE.sub(lambda _: table, _PLACE.sub(example, page))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("docs/testing.md: examples written\n")
