"""The README's way to Binder, made from the repository's address: ``make readme`` writes it.

The address is ``Source`` under ``[project.urls]`` in pyproject.toml. Without one there is no badge
that would lead to the quickstart by itself, and the README says what to enter at Binder instead.
"""

import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
QUICKSTART = "lab/tree/notebooks/01_quickstart.ipynb"
IMAGE = "https://mybinder.org/badge_logo.svg"
HOSTS = {"github.com": "gh", "gitlab.com": "gl"}
"""What Binder calls the places where repositories are."""

_BEGIN, _END = "<!-- binder -->", "<!-- /binder -->"


def source() -> str | None:
    """Return the repository's address, if it has one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address: str | None = project.get("urls", {}).get("Source")
    return address


def badge(address: str | None) -> str:
    """Return the line of the README for a repository at an address."""
    if address is None:
        return (
            f"[![Binder]({IMAGE})](https://mybinder.org) Nothing to install: enter the address of "
            f"your copy of this repository at mybinder.org, and `{QUICKSTART}` as the URL to open."
        )
    parts = urlsplit(address)
    owner, name = parts.path.strip("/").removesuffix(".git").split("/")
    whole = f"{owner}/{name}" if HOSTS[parts.netloc] == "gh" else f"{owner}%2F{name}"
    link = f"https://mybinder.org/v2/{HOSTS[parts.netloc]}/{whole}/HEAD?urlpath={QUICKSTART}"
    return f"[![Binder]({IMAGE})]({link}) Nothing to install: the quickstart in JupyterLab."


def written(text: str) -> str:
    """Return the README with its way to Binder as it should be."""
    pattern = re.compile(re.escape(_BEGIN) + ".*?" + re.escape(_END), re.DOTALL)
    assert pattern.search(text), "README.md has no place for Binder"
    line = f"{_BEGIN}\n{badge(source())}\n{_END}"
    return pattern.sub(lambda _: line, text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md: the way to Binder written\n")
