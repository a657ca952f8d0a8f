"""A notebook that is saved after errors of every kind does not hold the key."""

import os

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CELLS = [
    "%xmode Verbose\nimport logging\nlogging.basicConfig(level=1)",
    "from sms_notebook import Client\nsms = Client(timeout=2, retries=0)\nsms",
    "sms.get_balance()",
    "sms.get_number('tg', 2)",
    "%tb",
    "sms.get_prices(servise='tg')",
    "vars(sms)",
    "import httpx\nhttpx.get('nowhere')",
]


def test_the_key_is_not_saved_with_a_notebook(wire):
    def echo(asked):
        return wire.http(f"<title>{asked.params}</title>", 500, x_echo=str(asked.params))

    wire.answer = echo
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    client = NotebookClient(
        notebook, allow_errors=True, extra_arguments=["--IPKernelApp.log_level=ERROR"]
    )
    settings = {"SMS_API_KEY": KEY, "SMS_BASE_URL": wire.url}
    client.execute(env=os.environ | settings)
    assert [asked.params["api_key"] for asked in wire.asked] == [KEY, KEY]
    saved = nbformat.writes(notebook)
    assert "PurchaseUncertain" in saved
    assert "with a key" in saved
    assert KEY not in saved
