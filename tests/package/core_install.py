"""What a plain install brings: the packages that this one needs, linked into a folder.

A Python that sees that folder and the standard library alone (``python -S``) is as one in which
somebody ran ``pip install sms-notebook``, but needs no network and no minute.
"""

import os
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def closure(*requirements: str) -> set[str]:
    """Return all distributions that some need, by their names."""
    found: dict[str, set[str]] = {}
    left = [Requirement(text) for text in requirements]
    while left:
        wanted = left.pop()
        name = canonicalize_name(wanted.name)
        if name in found and wanted.extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | wanted.extras
        for text in distribution(name).requires or ():
            needed = Requirement(text)
            extras = found[name] or {""}
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            ):
                left.append(needed)
    return set(found)


def install(folder: Path, *requirements: str) -> Path:
    """Link what is installed here, and is needed, into a folder."""
    folder.mkdir()
    (folder / "sms_notebook").symlink_to(ROOT / "sms_notebook")
    for name in closure(*requirements):
        found = distribution(name)
        tops = {path.parts[0] for path in found.files or () if path.parts[0] != ".."}
        for top in tops - {"__pycache__", "sms_notebook"}:
            if not top.endswith(".pth") and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


def environment(folder: Path, home: Path) -> dict[str, str]:
    """Return the variables of a Python that sees nothing else."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SMS_")}
    return kept | {"PYTHONPATH": str(folder), "SMS_NOTEBOOK_HOME": str(home), "SMS_QUIET": "1"}
