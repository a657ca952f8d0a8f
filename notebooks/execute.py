"""Executes the notebooks headless, on the embedded sandbox and on a real kernel.

``python notebooks/execute.py`` runs the quickstart and prints the number and its code.
``python notebooks/execute.py --save`` runs every notebook and keeps its outputs.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent
QUICKSTART = FOLDER / "01_quickstart.ipynb"
SHOWN = "print(order.loc[0, 'phone_number'], code.loc[0, 'code'])"


def execute(path: Path, then: str | None = None) -> tuple[NotebookNode, str]:
    """Execute a notebook.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    then : str, optional
        Code to run on its kernel afterwards.

    Returns
    -------
    tuple of NotebookNode and str
        The notebook with its outputs, and what the code printed.
    """
    notebook = nbformat.read(path, as_version=4)
    # Whatever is configured on this machine: a headless run never spends real money.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
    environment["SMS_PROVIDER"] = "sandbox"
    client = NotebookClient(
        notebook,
        timeout=300,
        resources={"metadata": {"path": str(FOLDER)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    with client.setup_kernel(env=environment):
        for position, cell in enumerate(notebook.cells):
            client.execute_cell(cell, position, execution_count=position)
        printed = ""
        if then is not None:
            notebook.cells.append(nbformat.v4.new_code_cell(then))
            last = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
            printed = "".join(output["text"] for output in last.outputs)
            notebook.cells.pop()
    return notebook, printed


def save(path: Path) -> None:
    """Execute a notebook and keep its outputs, without what differs from run to run."""
    notebook, _ = execute(path)
    for position, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = position
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
