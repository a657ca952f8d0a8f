"""Reading notebooks: what each cell shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def shown_by(output: Mapping) -> dict[str, str]:
    """Return what an output shows, by kind; pictures are left to those who draw them."""
    if output["output_type"] == "stream":
        return {output["name"]: output["text"]}
    if output["output_type"] == "error":
        return {"error": output["evalue"]}
    return {
        kind: output["data"][kind] for kind in ("text/plain", "text/html") if kind in output.data
    }


def shown(notebook: NotebookNode) -> list[tuple[str, list[dict[str, str]]]]:
    """Return source and outputs of each code cell."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell.source, [shown_by(output) for output in cell.outputs]) for cell in cells]


@dataclass(frozen=True)
class Page:
    """A notebook to read."""

    notebook: NotebookNode

    def after(self, words: str) -> str:
        """Return what the one cell with these words in its source shows, as text."""
        found = [outputs for source, outputs in shown(self.notebook) if words in source]
        assert len(found) == 1, f"{len(found)} cells hold {words!r}"
        return "\n".join(
            text for output in found[0] for kind, text in output.items() if kind != "text/html"
        )

    def html_after(self, words: str) -> str:
        """Return the HTML that the cell with these words shows."""
        found = [outputs for source, outputs in shown(self.notebook) if words in source]
        return "".join(output.get("text/html", "") for output in found[0])

    def find(self, pattern: str, words: str) -> tuple[str, ...]:
        """Find a pattern in what a cell shows."""
        found = re.search(pattern, self.after(words))
        assert found, f"{pattern} is not in\n{self.after(words)}"
        return found.groups()


@pytest.fixture
def page():
    """Return a way to open a committed notebook by its number."""

    def opened(number: str) -> Page:
        (path,) = FOLDER.glob(f"{number}_*.ipynb")
        return Page(nbformat.read(path, as_version=4))

    return opened
