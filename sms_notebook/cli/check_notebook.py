"""``check-notebook``: tells whether notebooks can be shared, and cleans them for Git.

A real number cannot be told from one of the sandbox by looking at it: both are valid. So whoever
runs a notebook on the embedded sandbox alone can seal it: a digest of sources and outputs. The
outputs of a sealed notebook are the sandbox's; where the seal is missing or broken, by a run
elsewhere or an edit, every number in it counts as real. The seal keeps honest people from mistakes.
It is no signature.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sms_notebook.cli import Parser, TerminalCommand
from sms_notebook.cli.notebook_secrets import numbers_in, passages, readings, secrets_in
from sms_notebook.protocol.errors import UsageProblem

SEAL: Final = "sms_notebook_sandbox_run"
"""The metadata that holds the digest of a sandbox run."""

_HALF: Final = re.compile("[\ud800-\udfff]")


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
        Its kind; of a secret nothing is repeated.
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

    Raises
    ------
    UsageProblem
        If it cannot be read, or is no notebook.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UsageProblem(f"{path} cannot be read: {problem.strerror or problem}.") from None
    return findings(_notebook(content, path.name), path.name)


def findings(notebook: dict[str, Any], name: str) -> list[Finding]:
    """Look through a notebook that is in memory.

    Raises
    ------
    UsageProblem
        If it is nested too deeply.
    """
    try:
        return _findings(notebook, name)
    except RecursionError:
        raise UsageProblem(f"{name} is nested too deeply to be looked through.") from None


def _findings(notebook: dict[str, Any], name: str) -> list[Finding]:
    is_ours = is_sealed(notebook)
    if is_ours:
        metadata = {key: value for key, value in notebook["metadata"].items() if key != SEAL}
        notebook = {**notebook, "metadata": metadata}
    leaks: list[Finding] = []
    for place, text, is_id in passages(notebook):
        for reading in readings(text):
            secrets = [*secrets_in(reading, is_id=is_id)]
            if not (is_ours and "output" in place):
                secrets += numbers_in(reading)
            leaks += [Finding(name, place, what) for what in secrets]
    return list(dict.fromkeys(leaks))


def seal(notebook: dict[str, Any]) -> None:
    """Note that the outputs of a notebook were made by the embedded sandbox, just now."""
    notebook["metadata"][SEAL] = _digest(notebook)


def is_sealed(notebook: dict[str, Any]) -> bool:
    """Tell whether a notebook is as it was when it was sealed."""
    return bool(notebook.get("metadata", {}).get(SEAL) == _digest(notebook))


def cleaned(content: bytes, name: str) -> tuple[bytes, list[Finding]]:
    """Take outputs and widgets that must not be shared out of a notebook.

    Parameters
    ----------
    content : bytes
        The file. One that can be shared is returned as it is.
    name : str
        What it is called in findings.

    Returns
    -------
    tuple of bytes and list of Finding
        The notebook, and what only a person can take out: what stands in its cells.
    """
    notebook = _notebook(content, name)
    leaks = findings(notebook, name)
    if not leaks:
        return content, []
    for number, cell in enumerate(notebook["cells"], 1):
        if any(finding.place.startswith(f"cell {number}, output") for finding in leaks):
            cell["outputs"], cell["execution_count"] = [], None
    notebook.get("metadata", {}).pop("widgets", None)
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    # Half a character has no bytes of its own: it stays as JSON escapes it.
    text = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    return f"{text}\n".encode(), findings(notebook, name)


def _notebook(content: bytes, name: str) -> dict[str, Any]:
    notebook: Any = None
    with suppress(ValueError, RecursionError):
        notebook = json.loads(content)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UsageProblem(f"{name} is no notebook.")
    document: dict[str, Any] = notebook
    if not isinstance(document.setdefault("metadata", {}), dict):
        raise UsageProblem(f"{name} is no notebook.")
    return document


def _digest(notebook: dict[str, Any]) -> str:
    parts = [
        (cell.get("cell_type"), _joined(cell.get("source", "")), _joined(cell.get("outputs", [])))
        for cell in notebook["cells"]
    ]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def _joined(value: Any) -> Any:
    """Return what a file has as lists of lines, and a notebook in memory as texts, in one way."""
    if isinstance(value, dict):
        return {
            name: _joined(item)
            for name, item in value.items()
            if name not in ("execution_count", "metadata")
        }
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return "".join(value)
        return [_joined(item) for item in value]
    return value


def _lines(leaks: list[Finding], count: int) -> Iterator[str]:
    yield from map(str, leaks)
    what = "1 notebook" if count == 1 else f"{count} notebooks"
    yield f"{what}: {len(leaks) or 'nothing'} that must not be shared"


def _run(options: argparse.Namespace) -> None:
    if options.clean:
        name = options.files[0] if options.files else "notebook"
        content, leaks = cleaned(sys.stdin.buffer.read(), Path(name).name)
        if leaks:
            sys.stderr.write("".join(f"{finding}\n" for finding in leaks))
            raise SystemExit(1)
        sys.stdout.buffer.write(content)
        return
    if not options.files:
        raise UsageProblem("name the notebooks to check.")
    leaks = [finding for file in options.files for finding in check(Path(file))]
    sys.stdout.write("".join(f"{line}\n" for line in _lines(leaks, len(options.files))))
    if leaks:
        raise SystemExit(1)


def _add_options(parser: Parser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="notebooks")
    parser.add_argument(
        "--clean",
        action="store_true",
        help="for a Git filter: from stdin to stdout, without outputs that must not be shared",
    )


COMMAND = TerminalCommand(
    "Look for keys, phone numbers, passwords and paths in notebooks, wherever they stand.",
    "Each finding is one line, without the secret. The exit code is 0 where nothing was found, 1\n"
    "where something was, 2 where a file is no notebook.\n\n"
    "As a Git filter it takes outputs out before they are committed, and fails for what stands in\n"
    "a cell:\n"
    "  git config filter.sms_notebook.clean 'sms-notebook check-notebook --clean %f'\n"
    "  git config filter.sms_notebook.required true\n"
    "  echo '*.ipynb filter=sms_notebook' >> .gitattributes\n",
    _add_options,
    _run,
    operands="FILE…",
)
