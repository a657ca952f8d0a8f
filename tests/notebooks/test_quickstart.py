"""The quickstart shows what it promises; that a run gives what is committed, another test says."""

import re
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUICKSTART = NOTEBOOKS / "01_quickstart.ipynb"


def texts(notebook) -> list[str]:
    """Return what each code cell shows, as text."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        "".join(output.get("text", "") or output.data["text/plain"] for output in cell.outputs)
        for cell in cells
    ]


def test_it_has_ten_cells_at_most():
    assert len(nbformat.read(QUICKSTART, as_version=4).cells) <= 10


def test_it_goes_from_connecting_to_the_history():
    connect, balance, cheapest, order, wait, message, finish, history = texts(
        nbformat.read(QUICKSTART, as_version=4)
    )
    assert connect == "<Client sandbox: no real money>"
    assert balance.split() == ["balance", "0", "50.0"]
    assert cheapest.count("\n") == 5
    costs = [float(cost) for cost in re.findall(r"tg +\d+ +([\d.]+)", cheapest)]
    assert costs == sorted(costs)
    activation, number = re.search(r"(\d{10}) +(\d{10,15})", order).groups()
    code = re.search(rf"{activation} +(\d+) +sms", wait).group(1)
    assert code in message
    assert re.search(rf"ACCESS_ACTIVATION +{activation}", finish)
    assert activation in history
    assert number in history
    assert f"{costs[0]:.2f}" in history
    assert f"[{code}]" in history


def test_it_holds_no_path_of_a_machine():
    assert not re.search(r"/(?:home|root|Users|tmp|work)/", QUICKSTART.read_text(encoding="utf-8"))
