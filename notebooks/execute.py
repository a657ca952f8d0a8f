"""Executes the notebooks headless, on the embedded sandbox and on a real kernel.

``python notebooks/execute.py`` runs the quickstart and prints the number and its code.
``python notebooks/execute.py --save`` runs every notebook and keeps its outputs.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import nbformat
from check import seal
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent
QUICKSTART = FOLDER / "01_quickstart.ipynb"
SHOWN = "print(order.loc[0, 'phone_number'], code.loc[0, 'code'])"
LIVE = "application/vnd.jupyter.widget-"
"""Begins the types of what only a kernel can show; the snapshot beside it is kept."""


def execute(
    path: Path, then: str | None = None, settings: Mapping[str, str] | None = None
) -> tuple[NotebookNode, str]:
    """Execute a notebook.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    then : str, optional
        Code to run on its kernel afterwards.
    settings : mapping, optional
        Environment variables for it; the embedded sandbox if not given.

    Returns
    -------
    tuple of NotebookNode and str
        The notebook with its outputs, and what the code printed.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(FOLDER)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    with (
        tempfile.TemporaryDirectory() as home,
        client.setup_kernel(env=environment(home, settings or {"SMS_PROVIDER": "sandbox"})),
    ):
        for position, cell in enumerate(notebook.cells):
            client.execute_cell(cell, position)
        printed = ""
        if then is not None:
            notebook.cells.append(nbformat.v4.new_code_cell(then))
            last = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
            printed = "".join(output["text"] for output in last.outputs)
            notebook.cells.pop()
    return notebook, printed


def environment(home: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return a kernel's environment.

    Whatever is configured on this machine: a headless run never spends real money.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
    # Older kernels print a warning of their debugger into the first cell.
    quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    quiet["SMS_QUIET"] = "1"  # whether a bar comes up hangs on how quick this machine is
    return kept | quiet | {"SMS_NOTEBOOK_HOME": home} | dict(settings)


def settle(notebook: NotebookNode) -> NotebookNode:
    """Take out of a notebook what differs from run to run, and what needs its kernel."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            for live in [kind for kind in output.get("data", ()) if kind.startswith(LIVE)]:
                del output.data[live]
    return notebook


def save(path: Path) -> None:
    """Execute a notebook and keep its outputs, sealed as those of the sandbox."""
    notebook = settle(execute(path)[0])
    seal(notebook)
    nbformat.write(notebook, path)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="run every notebook, keep the outputs")
    if parser.parse_args().save:
        for path in sorted(FOLDER.glob("*.ipynb")):
            save(path)
            print(f"saved {path.name}")
        return 0
    started = time.perf_counter()
    _, printed = execute(QUICKSTART, SHOWN)
    number, code = printed.split()
    seconds = time.perf_counter() - started
    print(f"executed {QUICKSTART.name} on the embedded sandbox in {seconds:.0f} s")
    print(f"number: +{number}")
    print(f"code:   {code}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
