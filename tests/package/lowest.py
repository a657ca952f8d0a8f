"""The lowest versions that pyproject.toml allows, as constraints for pip: ``make test-lowest``."""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
_LOWEST = re.compile(r"(?P<name>[\w-]+)(?:\[\w+\])?>=(?P<bound>[\d.]+)(?P<marker>; .+)?")


def constraints() -> list[str]:
    """Return a line for each requirement of the package and its extras; tools are the newest."""
    whole = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    extras = whole["project"]["optional-dependencies"].values()
    tools = whole["dependency-groups"]["test"]
    built_on_numpy = [tool for tool in tools if tool.startswith("pyarrow")]
    lines = set()
    for required in (whole["project"]["dependencies"], built_on_numpy, *extras):
        for requirement in required:
            if found := _LOWEST.fullmatch(requirement):
                lines.add(f"{found['name']}=={found['bound']}{found['marker'] or ''}")
    return sorted(lines)


if __name__ == "__main__":
    sys.stdout.write("\n".join(constraints()) + "\n")
