"""The README's way to Binder and Colab, made from the repository's address, by ``make readme``.

The address is ``Source`` under ``[project.urls]`` in pyproject.toml. Without one there is no badge
that would lead to the quickstart by itself, and the README says what to enter there instead.
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
NOTEBOOK = QUICKSTART.removeprefix("lab/tree/")
COLAB = "https://colab.research.google.com"
COLAB_IMAGE = f"{COLAB}/assets/colab-badge.svg"
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


def colab(address: str | None) -> str:
    """Return the line about Colab, which opens notebooks of GitHub and installs nothing by itself.

    Its own IPython, ipywidgets and pandas stay: the lower bounds are not above them.
    """
    here = address or "ADDRESS-OF-YOUR-COPY"
    install = f"`%pip install git+{here}` in a first cell"
    if address is None or urlsplit(address).netloc != "github.com":
        return (
            f"[![Colab]({COLAB_IMAGE})]({COLAB}) Likewise: open `{NOTEBOOK}` there, with {install}."
        )
    place = urlsplit(address).path.strip("/").removesuffix(".git")
    link = f"{COLAB}/github/{place}/blob/main/{NOTEBOOK}"
    return f"[![Colab]({COLAB_IMAGE})]({link}) The same, with {install}."


def written(text: str) -> str:
    """Return the README with its way to Binder and Colab as it should be."""
    pattern = re.compile(re.escape(_BEGIN) + ".*?" + re.escape(_END), re.DOTALL)
    assert pattern.search(text), "README.md has no place for them"
    line = f"{_BEGIN}\n{badge(source())}\n\n{colab(source())}\n{_END}"
    return pattern.sub(lambda _: line, text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md: the way to Binder and Colab written\n")
