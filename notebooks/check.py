"""Checks that notebooks can be shared: no key, no real phone number, no path of a machine.

``python notebooks/check.py [FILE …]`` looks at these notebooks, or at all in this folder.

A real number cannot be told from one of the sandbox by looking at it: both are valid. So
``python notebooks/execute.py --save``, which runs on the embedded sandbox alone, seals what it
saves: a digest of sources and outputs. The outputs of a sealed notebook are the sandbox's; where
the seal is missing or broken, by a run elsewhere or an edit, every number in it counts as real.
The seal keeps honest people from mistakes. It is no signature.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import phonenumbers

FOLDER = Path(__file__).parent
SEAL = "sms_notebook_sandbox_run"

_KEYS = (
    # Names that charts and widgets draw at random look the same; they say what they are.
    re.compile(r"(?<![0-9A-Za-z])(?<!data-)(?<!altair-viz-)[0-9a-fA-F]{32,64}(?![0-9A-Za-z])"),
    re.compile(r"api_key[\"']?\s*[=:]\s*[\"']?([^\s\"'&,)]{6,})", re.IGNORECASE),
    re.compile(r"(?<![\w/+])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_$]{36,}(?![\w/+=])"),
)
_PATHS = (
    re.compile(
        r"(?<![\w./:-])/(?:home|root|Users|tmp|work|private|mnt|media|opt|srv|data|var|workspaces)"
        r"/[^\s\"'<>:,)]*"
    ),
    re.compile(r"(?<!\w)[A-Za-z]:\\{1,2}(?:Users|Documents|Temp|home)\\[^\s\"'<>]*"),
    re.compile(r"file://[^\s\"'<>]+"),
)
_NUMBER = re.compile(r"(?<![\w.•])\+?(\d(?:[ ()-]{0,2}\d){9,14})(?![\w.•])")
_UNREAD = ("image/", "application/vnd.jupyter.widget", "application/pdf", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be shared.

    Attributes
    ----------
    notebook : str
        The file's name.
    place : str
        Where in it.
    what : str
        What it is, with so much of it that it can be found.
    """

    notebook: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.notebook}, {self.place}: {self.what}"


def check(path: Path) -> list[Finding]:
    """Look through one notebook.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    list of Finding
        Empty where it can be shared.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    sealed = is_sealed(notebook)
    found: list[Finding] = []
    for place, text in _texts(notebook):
        secrets = [*_keys_in(text), *_paths_in(text)]
        if not (sealed and "output" in place):
            secrets += _numbers_in(text)
        found += [Finding(path.name, place, what) for what in secrets]
    return list(dict.fromkeys(found))


def seal(notebook: dict[str, Any]) -> None:
    """Note that the outputs of a notebook were made by the embedded sandbox, just now."""
    notebook["metadata"][SEAL] = _digest(notebook)


def is_sealed(notebook: dict[str, Any]) -> bool:
    """Tell whether a notebook is as it was when it was sealed."""
    return notebook.get("metadata", {}).get(SEAL) == _digest(notebook)


def _digest(notebook: dict[str, Any]) -> str:
    said = [
        (cell["cell_type"], _joined(cell["source"]), _joined(cell.get("outputs", [])))
        for cell in notebook["cells"]
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()


def _joined(value: Any) -> Any:
    """Return what a file has as lists of lines, and a notebook in memory as texts, in one way."""
    if isinstance(value, dict):
        return {
            name: _joined(one)
            for name, one in value.items()
            if name not in ("execution_count", "metadata")
        }
    if isinstance(value, list):
        if all(isinstance(one, str) for one in value):
            return "".join(value)
        return [_joined(one) for one in value]
    return value


def _texts(notebook: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every text of a notebook, and where it stands."""
    metadata = {name: one for name, one in notebook.get("metadata", {}).items() if name != SEAL}
    yield from _walked("metadata", metadata)
    for number, cell in enumerate(notebook["cells"], 1):
        yield f"cell {number}", _text(cell["source"])
        yield from _walked(f"cell {number}, metadata", cell.get("metadata", {}))
        yield from _walked(f"cell {number}, attachment", cell.get("attachments", {}))
        yield from _walked(f"cell {number}, output", cell.get("outputs", []))


def _walked(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            if not name.startswith(_UNREAD):
                yield place, name
                yield from _walked(place, one)
    elif isinstance(value, list) and not all(isinstance(one, str) for one in value):
        for one in value:
            yield from _walked(place, one)
    elif isinstance(value, str | list):
        yield place, _text(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, str(value)


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _keys_in(text: str) -> Iterator[str]:
    for pattern in _KEYS:
        for found in pattern.finditer(text):
            secret = found[found.lastindex or 0]
            yield f"what may be an API key: {secret[:4]}…"


def _paths_in(text: str) -> Iterator[str]:
    for pattern in _PATHS:
        for found in pattern.finditer(text):
            yield f"a path of a machine: {found[0][:60]}"


def _numbers_in(text: str) -> Iterator[str]:
    for found in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        try:
            valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
        except phonenumbers.NumberParseException:
            continue
        if valid:
            yield (
                f"what may be a real number: {digits[:4]}…{digits[-2:]}. sms.mask() hides numbers; "
                "make notebooks runs it on the sandbox"
            )


def main(paths: list[str]) -> int:
    """Run from the command line."""
    notebooks = [Path(path) for path in paths] or sorted(FOLDER.glob("*.ipynb"))
    found = [one for path in notebooks for one in check(path)]
    for one in found:
        print(one)
    what = "1 notebook" if len(notebooks) == 1 else f"{len(notebooks)} notebooks"
    print(f"{what}: {len(found) or 'nothing'} that must not be shared")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
