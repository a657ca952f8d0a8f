"""Orders that nobody can settle: a person says which purchase is theirs, or that none is."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from sms_notebook.client import Client
from sms_notebook.panels import markup
from sms_notebook.panels.markup import Record

_OPEN = ("intent", "uncertain")


def unsettled(sms: Client) -> list[Record]:
    """Return the orders that stay open; asks the provider what may be theirs, if there are any."""
    if not sms.ledger()["state"].isin(_OPEN).any():
        return []
    found = markup.records(sms.reconcile(wait=False))
    return [record for record in found if record["result"] in ("open", "unknown")]


def row_of(record: Record, say: Callable[[dict[str, Any]], None]) -> Any:
    """Return the row of an order: why it is open, a choice of what may be its own, two buttons.

    Parameters
    ----------
    record : dict
        The order, as ``reconcile`` returns it.
    say : callable
        Takes the arguments of ``reconcile`` that say what became of it.
    """
    order_id = record["order_id"]
    key = "" if markup.missing(record["key"]) else f" ({record['key']})"
    words = f"Nobody knows what became of an order of {record['service']}{key}: {record['why']}."
    refs, phones = record["candidates"], record["candidate_numbers"]
    choices = [
        (f"{markup.number(phone) if phone else 'no number'} · id {ref}", ref)
        for ref, phone in zip(refs, phones, strict=True)
    ]
    choice = ipywidgets.Dropdown(description="It may be", options=choices, disabled=not choices)
    claim = ipywidgets.Button(description="It is this one", disabled=not choices)
    claim.on_click(lambda _: say({"claim": {order_id: choice.value}}))
    dismiss = ipywidgets.Button(description="Nothing was bought")
    dismiss.on_click(lambda _: say({"dismiss": [order_id]}))
    buttons = ipywidgets.HBox([choice, claim, dismiss])
    return ipywidgets.VBox([ipywidgets.HTML(markup.muted(words)), buttons])
