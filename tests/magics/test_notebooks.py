"""A notebook that is run from top to bottom stops where %sms fails, whatever the failure."""

import os

import nbformat
import pytest
from magics.typist import KEY
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from sms_notebook.sandbox import Sandbox, serve

START = "%load_ext sms_notebook\n%sms sandbox start --speed 0 --success 0 --balance 5;"
FAILURES = {
    "%sms prces": "UsageProblem",
    "%sms prices tg --coutnry KZ": "UsageProblem",
    "%sms prices telegrm": "UsageProblem",
    "%sms wait {nowhere}": "UsageProblem",
    "%sms prices tg --sort nothing": "UsageProblem",
    "%sms code 1": "ActivationNotFound",
    "%sms wait 1": "ActivationOver",
    "%sms order tg KZ -o order\n%sms wait {order.activation_id[0]} --timeout 0.2": "CodeTimeout",
    "%sms cancel {order.activation_id[0]}": "EarlyCancelDenied",
    "%sms rent order full KZ --hours 24": "NoBalance",
    "%sms budget 1\n%sms order tg KZ": "BudgetExceeded",
    "%sms budget none\n%sms sandbox faults NO_NUMBERS:1\n%sms order tg UZ": "NoNumbers",
    "%sms sandbox faults drop-before@getNumberV2:1\n%sms order tg UZ": "PurchaseUncertain",
    "%sms sandbox faults html-before:1\n%sms balance": "MalformedReply",
    "%sms provider herosms": "UsageProblem",
    "%sms login herosms": "UsageProblem",
    "%sms provider --base-url http://127.0.0.1:9\n%sms balance": "ConnectionFailed",
}


def run(cells: list[str], **settings: str) -> nbformat.NotebookNode:
    """Run a notebook as nbclient does; return it as far as it was run."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    client.execute(env=os.environ | settings)
    return notebook


def until_ready(client: NotebookClient) -> None:
    """Wait until a kernel takes cells again: after an error it leaves out some that come at once."""
    *_, probe = client.nb.cells
    probe.outputs = []
    while not probe.outputs:
        client.execute_cell(probe, len(client.nb.cells) - 1)


@pytest.fixture(scope="module")
def stopped():
    """Run the cells of a notebook, each after the other; return where each of them stopped."""
    cells = (START, *FAILURES, "print('ready')")
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    told: dict[str, CellExecutionError] = {}
    env = {name: value for name, value in os.environ.items() if not name.startswith("SMS_")}
    with client.setup_kernel(env=env):
        for place, cell in enumerate(notebook.cells[:-1]):
            try:
                client.execute_cell(cell, place)
            except CellExecutionError as stop:
                told[cell.source] = stop
                until_ready(client)
    return notebook, told


@pytest.mark.parametrize("cell", FAILURES)
def test_it_stops_with_a_real_error_of_one_line(stopped, cell):
    notebook, told = stopped
    assert told[cell].ename == FAILURES[cell]
    [place] = [one for one in notebook.cells if one.source == cell]
    [error] = [one for one in place.outputs if one.output_type == "error"]
    assert error.ename == FAILURES[cell]
    assert error.traceback == [f"\x1b[31m{error.ename}: {error.evalue}\x1b[0m"]
    assert "\n" not in error.evalue


def test_a_good_notebook_runs_to_its_end_with_its_code_in_it():
    notebook = run(
        [
            "%load_ext sms_notebook\n%sms sandbox start --speed 0 --success 0;",
            "order = %sms order tg KZ --key 'first try'",
            "sms = get_ipython().magics_manager.registry['SmsMagics'].session.client",
            "said = order.activation_id[0], 'Your code is 01234'",
            "import threading\nthreading.Timer(2.5, sms.sandbox.send_sms, said).start()",
            "code = %sms wait {order.activation_id[0]} --every 0.2\ncode.code[0]",
            "%sms finish {order.activation_id[0]};",
        ]
    )
    waited = notebook.cells[5].outputs
    assert waited[-1].data["text/plain"] == "'01234'"
    [bar] = [one for one in waited if one.output_type == "display_data"]
    assert bar.data["text/plain"].startswith("The code 01234 came"), "how it ended is saved"
    assert "widgets" not in notebook.metadata


def test_run_all_stops_and_orders_nothing_where_nobody_is_there_to_say_yes():
    store = Sandbox(speed=0, balance="100", api_key=KEY)
    with serve(store) as url:
        settings = {"SMS_PROVIDER": "365sms", "SMS_BASE_URL": url, "SMS_API_KEY": KEY}
        cells = ["%load_ext sms_notebook", "%sms", "%sms order tg KZ", "%sms order tg KZ --yes"]
        with pytest.raises(CellExecutionError) as stop:
            run(cells, **settings)
        assert "nobody can be asked here" in stop.value.evalue
        assert not store.purchases(), "cells below a failure are not run"
        notebook = run(["%load_ext sms_notebook", "%sms order tg KZ --yes --key 1"], **settings)
        assert len(store.purchases()) == 1
        assert KEY not in nbformat.writes(notebook)
