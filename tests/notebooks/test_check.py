"""No committed notebook holds a key, a real number or a path; and the check finds planted ones."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from check import check, is_sealed, seal
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
KEY = "3f9c" + "1a2b" * 7


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_committed_notebook_can_be_shared(path):
    assert check(path) == []


def saved(tmp_path, *cells, metadata=None, sealed=False) -> Path:
    notebook = new_notebook(cells=list(cells), metadata=metadata or {})
    if sealed:
        seal(notebook)
    path = tmp_path / "planted.ipynb"
    nbformat.write(notebook, path)
    return path


def shown(text: str, kind: str = "text/plain"):
    return new_code_cell("1", outputs=[new_output("execute_result", {kind: text})])


def printed(text: str):
    return new_code_cell("1", outputs=[new_output("stream", name="stdout", text=text)])


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell(f"Client('{KEY}')"),
        new_code_cell(f"Client('{KEY.upper()}')"),
        new_code_cell("Client(api_key='Secret-123')"),
        new_code_cell("%env SMS_API_KEY=Secret-123"),
        new_markdown_cell(f"My key is {KEY}."),
        printed(f"GET /stubs/handler_api.php?api_key={KEY[:20]}&action=getBalance"),
        shown(f"<td>{KEY}</td>", "text/html"),
        printed("A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"),
    ],
)
def test_a_planted_key_is_found_and_not_repeated(tmp_path, cell):
    (found, *_) = check(saved(tmp_path, cell))
    assert "API key" in found.what
    assert KEY[:8] not in str(found)


@pytest.mark.parametrize(
    "cell",
    [
        printed('File "/home/anna/flow.py", line 1'),
        printed("/tmp/ipykernel_123/456.py:1: UserWarning"),  # noqa: S108 - planted
        new_code_cell("Client(ledger='/Users/anna/ledger.sqlite')"),
        new_markdown_cell(r"It is in C:\Users\anna\flow.jsonl"),
        shown("<a href='file:///etc/hosts'>", "text/html"),
        new_code_cell("open('/tmp/secret.txt')"),
    ],
)
def test_a_planted_path_is_found(tmp_path, cell):
    (found, *_) = check(saved(tmp_path, cell))
    assert "a path of a machine" in found.what


def test_a_path_in_the_metadata_is_found(tmp_path):
    told = {"papermill": {"input_path": "/home/anna/flow.ipynb"}}
    (found,) = check(saved(tmp_path, metadata=told))
    assert found.place == "metadata"


@pytest.mark.parametrize(
    "number", ["79161234567", "+7 916 123-45-67", "77051234567", "447400123456"]
)
def test_a_number_in_outputs_that_nobody_vouches_for_is_found(tmp_path, number):
    for cell in (
        shown(f"0   {number}  tg"),
        printed(number),
        shown(f"<td>{number}</td>", "text/html"),
    ):
        (found, *_) = check(saved(tmp_path, cell))
        assert "real number" in found.what
        assert number not in str(found)


def test_the_outputs_of_a_sandbox_run_may_hold_its_numbers_until_they_are_changed(tmp_path):
    path = saved(tmp_path, shown("0  3936327951  77051234567"), sealed=True)
    assert check(path) == []
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert is_sealed(notebook)
    notebook["cells"][0]["outputs"][0]["data"]["text/plain"] = ["0  3936327951  77059999999"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert any("7705…99" in one.what for one in check(path))


def test_a_number_in_the_source_is_found_even_then(tmp_path):
    path = saved(tmp_path, new_code_cell("mine = '79161234567'"), sealed=True)
    (found,) = check(path)
    assert found.place == "cell 1"


def test_a_key_and_a_path_are_found_even_then(tmp_path):
    path = saved(tmp_path, printed(KEY), printed("/home/ann/x"), sealed=True)
    assert len(check(path)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "7916•••4567",
        "https://example.com/home/page",
        "api.php?action=getBalance&api_key=$API_KEY".replace("$API_KEY", ""),
        "2026-01-01 00:00:30+00:00  0.86  35699  32486",
        "stubs/handler_api.php at 127.0.0.1:8700",
        "data-0123456789abcdef0123456789abcdef",
        "3.141592653589793",
    ],
)
def test_what_is_harmless_is_let_through(tmp_path, text):
    assert check(saved(tmp_path, printed(text))) == []


def test_pictures_are_not_read(tmp_path):
    assert check(saved(tmp_path, shown("iVBORw0KGgo" + KEY, "image/png"))) == []


def test_the_command_says_what_it_found_and_fails(tmp_path):
    path = saved(tmp_path, printed("/home/anna/x"))
    run = subprocess.run(
        [sys.executable, str(NOTEBOOKS / "check.py"), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "planted.ipynb, cell 1, output: a path of a machine: /home/anna/x",
        "1 notebook: 1 that must not be shared",
    ]
