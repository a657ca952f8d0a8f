"""Runs a notebook twice: once recorded, then replayed on a fresh kernel that has no network."""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NO_NETWORK = """
import socket as _socket, sys as _sys

_really = _socket.socket.connect


def _connect(self, address):
    # The kernel talks to whoever started it, and to nobody else.
    if _sys._getframe(1).f_globals.get("__name__", "").partition(".")[0] in ("zmq", "ipykernel"):
        return _really(self, address)
    raise OSError(f"the network is blocked: {address}")


_socket.socket.connect = _socket.socket.connect_ex = _connect
_socket.getaddrinfo = _socket.create_connection = lambda *args, **kwargs: _connect(None, args)
"""


def run(notebook: NotebookNode, folder: Path, *, before: str = "", **settings: str) -> NotebookNode:
    """Execute a copy of a notebook on a fresh kernel.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is not changed.
    folder : Path
        Where the kernel runs, and keeps its settings.
    before : str
        Code to run on the kernel first.
    **settings
        Environment variables.
    """
    copy = nbformat.reads(nbformat.writes(notebook), as_version=4)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
    environment |= {
        "IPYTHONDIR": str(folder / "ipython"),
        "SMS_NOTEBOOK_HOME": str(folder / "home"),
        "SMS_QUIET": "1",  # a replay does not wait, and so says nothing
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **settings,
    }
    client = NotebookClient(
        copy,
        timeout=120,
        allow_errors=True,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    with client.setup_kernel(env=environment):
        copy.cells.insert(0, nbformat.v4.new_code_cell(before))
        for position, cell in enumerate(copy.cells):
            client.execute_cell(cell, position, execution_count=position)
        first = copy.cells.pop(0)
        assert not first.outputs, first.outputs
    return copy


def twice(
    notebook: NotebookNode, folder: Path, **settings: str
) -> tuple[NotebookNode, NotebookNode]:
    """Record a notebook, then replay it without a network.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    folder : Path
        An empty folder.
    **settings
        Environment variables of the recording; the replay has none of them.

    Returns
    -------
    tuple of NotebookNode
        As it was recorded, and as it was replayed.
    """
    tape = str(folder / "flow.jsonl")
    recorded = run(notebook, folder, SMS_RECORD=tape, **settings)
    assert Path(tape).exists()
    return recorded, run(notebook, folder, before=NO_NETWORK, SMS_REPLAY=tape)


def outputs(notebook: NotebookNode) -> list[tuple[str, list[Any]]]:
    """Return each code cell with what it shows, without what differs from kernel to kernel."""
    return [
        (cell.source, [_plain(output) for output in cell.outputs])
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _plain(output: NotebookNode) -> dict[str, Any]:
    plain = {name: value for name, value in output.items() if name != "execution_count"}
    if "data" in plain:  # a widget's id is drawn anew each time
        view = "application/vnd.jupyter.widget-view+json"
        plain["data"] = {kind: value for kind, value in plain["data"].items() if kind != view}
    return plain


def assert_the_same(
    recorded: NotebookNode, replayed: NotebookNode, file: str = "flow.jsonl"
) -> None:
    """Compare all outputs, cell by cell; a cell whose text is the client's repr may differ."""
    for (cell, before), (_, after) in zip(outputs(recorded), outputs(replayed), strict=True):
        if "<Client " in str(before) or "<AsyncClient " in str(before):
            assert f"replay of {file}" in str(after), cell
            continue
        assert before == after, f"{cell}\n--- recorded\n{before}\n--- replayed\n{after}"
