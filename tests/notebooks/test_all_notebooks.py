"""All notebooks run on a real kernel, and give their committed outputs each time."""

import json
import re

import nbformat
import pytest
from cassettes.twice import assert_the_same, twice
from execute import execute, settle

from sms_notebook.sandbox import Sandbox, serve

from .conftest import NOTEBOOKS, shown

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
RECORDED = ("02", "03", "08")  # the lists, the waits, and the other client
TWICE = [path for path in NOTEBOOKS if path.name[:2] in RECORDED]
NAMES = [path.stem for path in NOTEBOOKS]


def differences(committed, executed) -> list[str]:
    pairs = zip(shown(committed), shown(executed), strict=True)
    return [
        f"cell {number}:\n{source}\n--- committed\n{before}\n--- now\n{now}"
        for number, ((source, before), (_, now)) in enumerate(pairs, start=1)
        if before != now
    ]


@pytest.mark.pinned  # each pandas pads a frame in its own way
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_gives_its_committed_outputs(path):
    executed, _ = execute(path)
    found = differences(nbformat.read(path, as_version=4), settle(executed))
    assert not found, "\n\n".join(found)


@pytest.mark.deep  # tests/cassettes/test_notebooks.py does likewise with one that has it all
@pytest.mark.parametrize("path", TWICE, ids=[path.stem for path in TWICE])
def test_it_gives_its_committed_outputs_recorded_and_replayed(path, tmp_path):
    committed = nbformat.read(path, as_version=4)
    executed, replayed = twice(committed, tmp_path)
    assert_the_same(executed, replayed)
    found = differences(committed, settle(executed))
    assert not found, "\n\n".join(found)


@pytest.mark.deep  # test_at_every_provider.py does likewise at others
@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=NAMES[1:])
def test_no_cell_fails_at_a_provider_over_the_network(path):
    # With a key and a clock that runs, as a live provider has; a minute lasts a second and a half.
    sandbox = Sandbox(speed=40, api_key=KEY)
    with serve(sandbox) as url:
        settings = {"SMS_BASE_URL": url, "SMS_API_KEY": KEY}
        executed, client = execute(path, "print(sms)", settings)
    outputs = [output for _, some in shown(executed) for output in some]
    assert not [output for output in outputs if "error" in output or "stderr" in output]
    assert "127.0.0.1" in client
    assert "with a key" in client
    assert KEY not in nbformat.writes(executed)
    bought = {"02": 0, "03": 3, "04": 3, "05": 1, "06": 0, "07": 3, "08": 4}
    assert len(sandbox.purchases()) == bought[path.name[:2]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_is_committed_ready_to_read(path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in text
    assert not re.search(r"/(?:home|root|Users|tmp|work)/", text)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(
        output.output_type in ("execute_result", "display_data", "stream") for output in outputs
    )
    assert all(output.get("name") != "stderr" for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_is_short_to_read(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        lines = cell.source.splitlines()
        if cell.cell_type == "code":
            assert len(lines) <= 20, cell.source
            assert max(map(len, lines)) <= 100, cell.source
        else:
            assert len(cell.source.split()) <= 90, cell.source


def test_saving_keeps_nothing_that_differs_from_run_to_run():
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "kept"}
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    settled = settle(notebook)
    assert settled.cells[0].outputs[0].data == {"text/plain": "kept"}
    assert "execution" not in settled.cells[0].metadata
    assert json.loads(json.dumps(settled.metadata)) == {}
