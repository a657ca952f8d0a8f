"""Tab after ``sms.``: the verbs that people use first, then the API's actions."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sms_notebook.client import AsyncClient, Client
from sms_notebook.protocol.actions import ALL_ACTIONS

_ATTRIBUTE = re.compile(r"(?<![\w.)\]'\"])(?P<name>[^\W\d]\w*)\.(?P<typed>\w*)$")
_VERBS = (
    *("order", "wait_code", "again", "finish", "cancel", "activation"),
    *("compare", "advise", "rent", "extend", "watch"),
    *("ledger", "reconcile", "budget", "set_budget", "with_names", "names"),
)
"""What people do most, in the order in which they do it."""
_API = {action.method for action in ALL_ACTIONS.values()}


class Completion(NamedTuple):
    """What Tab offers, as every IPython reads it.

    Attributes
    ----------
    text, type : str
        A word, and what it means.
    """

    text: str
    type: str


def match_attribute(text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client can do: the verbs first, then the API's actions.

    Jedi and IPython sort names by the alphabet, which puts `order` behind forty `get_…`.
    """
    match = _ATTRIBUTE.search(text)
    owner: Any = variables.get(match["name"]) if match is not None else None
    # By its type: an object may say otherwise of its class, and run code of its own for that.
    if match is None or not issubclass(type(owner), Client | AsyncClient):
        return {"completions": [], "suppress": False}
    typed = match["typed"]
    is_private = typed.startswith("_")
    names = [
        name
        for name in members(type(owner))
        if name.startswith(typed) and name.startswith("_") is is_private
    ]
    return {
        "completions": [Completion(name, type=_kind(owner, name)) for name in names],
        "suppress": True,
        "ordered": True,
        "matched_fragment": typed,
    }


def replacing(word: str, match: Mapping[str, Any]) -> list[str]:
    """Return what is offered so that it replaces the last word, whatever it was offered for.

    Examples
    --------
    >>> offered = [Completion("'Hong Kong'", "id 14")]
    >>> replacing("Ho", {"completions": offered, "matched_fragment": "'Ho"})
    ["Hong Kong'"]
    """
    fragment = match.get("matched_fragment", "")
    more, cut = word.removesuffix(fragment), max(len(fragment) - len(word), 0)
    return [
        ("" if cut else more) + completion.text[cut:]
        for completion in match["completions"]
        if completion.text[:cut] == fragment[:cut]
    ]


def members(kind: type) -> list[str]:
    """Return the names of what a client has: verbs, what else is ours, the API, the rest.

    Examples
    --------
    >>> members(Client)[:5]
    ['order', 'wait_code', 'again', 'finish', 'cancel']
    """

    def place(name: str) -> tuple[bool, bool, int, str]:
        rank = _VERBS.index(name) if name in _VERBS else len(_VERBS)
        return name.startswith("_"), name in _API, rank, name

    return sorted(dir(kind), key=place)


def _kind(owner: Client | AsyncClient, name: str) -> str:
    """Return what Jedi would call it."""
    return "function" if callable(getattr(type(owner), name, None)) else "property"
