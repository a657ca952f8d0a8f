"""A recorded notebook shows the same on a fresh kernel without a network, cell by cell."""

import re

import nbformat
from cassettes.twice import NO_NETWORK, assert_the_same, outputs, run, twice
from nbformat.v4 import new_code_cell, new_notebook

from sms_notebook.sandbox import Sandbox, serve

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

FLOW = """
from sms_notebook import AsyncClient, Client, CodeTimeout
sms = Client()
sms
---
sms.get_balance()
---
sms.get_prices("Telegram", "Kazakhstan")
---
sms.get_prices_extended("tg", 2, free_price=True).head(3)
---
order = sms.order("tg", "Kazakhstan", key="first", max_price="2")
order
---
ref = order.loc[0, "activation_id"]
sms.sandbox.send_sms(ref, "Your code is 11111")
sms.wait_code(ref)
---
sms.again(ref)
---
try:
    sms.wait_code(ref, timeout=1.5, every=0.3)
except CodeTimeout as error:
    print(error)
---
sms.sandbox.send_sms(ref, "Your code is 22222")
sms.wait_code(ref, every=0.2)
---
sms.finish(ref)
---
sms.get_balance()
---
silent = sms.order("wa", "Kazakhstan").loc[0, "activation_id"]
sms.cancel(silent)
---
sms.sandbox.step(130)
sms.cancel(silent)
---
rent = sms.rent("full", "Kazakhstan", 24, key="line")
rent
---
line = rent.loc[0, "rent_id"]
sms.sandbox.send_sms(line, "Hello 123-456")
sms.get_rent_status(line)
---
with sms.watch(rents=[line]) as watch:
    event = next(watch)
print(event.kind, event.text)
---
sms.extend(line, 24)
---
sms.get_number("tg", "Kazakhstan", max_price="0.01")
---
frame = sms.get_history()
print(frame.attrs["fetched_at"])
frame
---
async with AsyncClient() as other:
    shown = await other.get_active_activations()
    again = await other.order("tg", "Kazakhstan", key="first")
shown
---
again
---
sms.ledger().T
---
%load_ext sms_notebook
---
%sms balance
---
%sms compare Telegram KZ UZ
---
%sms order wa Kazakhstan --key magic --yes -o magic
---
%sms active
---
%sms ledger
---
sms.reconcile()
---
sms.order("tg", "Kazakhstan", key="first")
"""


def notebook(flow: str) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_code_cell(cell.strip()) for cell in flow.split("\n---\n")])


def test_a_notebook_is_the_same_when_it_is_replayed_and_recorded_again(tmp_path):
    first, second = str(tmp_path / "flow.jsonl"), str(tmp_path / "again.jsonl")
    recorded = run(notebook(FLOW), tmp_path, SMS_RECORD=first)
    replayed = run(notebook(FLOW), tmp_path, before=NO_NETWORK, SMS_REPLAY=first, SMS_RECORD=second)
    again = run(notebook(FLOW), tmp_path, before=NO_NETWORK, SMS_REPLAY=second)
    seen = dict(outputs(recorded))
    assert "11111" in str(seen[next(cell for cell in seen if "11111" in cell)])
    errors = [output["ename"] for found in seen.values() for output in found if "ename" in output]
    assert errors == ["EarlyCancelDenied", "WrongMaxPrice"]
    assert_the_same(recorded, replayed)
    assert_the_same(recorded, again, "again.jsonl")
    assert re.search(r"<Client replay of flow\.jsonl: .*no real money>", str(outputs(replayed)[0]))


AT_A_PROVIDER = """
from sms_notebook import Client
sms = Client(budget="5")
sms
---
sms.get_top_countries_by_service("tg").head(3)
---
ref = sms.order("tg", "Kazakhstan", key="first").loc[0, "activation_id"]
sms.wait_code(ref, every=0.2)
---
sms.get_status_v2(ref)
---
with sms.activation("wa", "Kazakhstan", key="block") as number:
    code = number.wait_code(every=0.2)
code
---
sms.call("getBalance")
---
sms.call("getNumber", service="tg", country=2)
---
sms.get_prices("no such service", 2)
---
sms.ledger()
---
sms.budget()
"""


def test_a_notebook_at_a_provider_is_the_same_without_account_and_network(tmp_path):
    shop = Sandbox(speed=120, success=1.0, api_key=KEY)
    with serve(shop) as url:
        recorded, replayed = twice(
            notebook(AT_A_PROVIDER), tmp_path, SMS_BASE_URL=url, SMS_API_KEY=KEY
        )
    assert len(shop.purchases()) == 3
    assert_the_same(recorded, replayed)
    assert KEY not in (tmp_path / "flow.jsonl").read_text(encoding="utf-8")
