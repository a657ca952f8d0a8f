"""Which cell a panel stands in: whoever runs a cell again does not want the old panel."""

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from sms_notebook.panels.panel import Panel

_standing: "dict[str, dict[Panel, str]]" = {}  # the id of a cell: panels, and which run showed them


def has_kernel() -> bool:
    """Tell whether somebody can show widgets."""
    return hasattr(_shell(), "kernel")


def enter(panel: "Panel") -> None:
    """Note in which cell a panel is shown, and close those that the cell showed before.

    `_view_count` tells that too, but not after the page was loaded anew.
    """
    cell, run = _now()
    if not cell:
        return
    here = _standing.setdefault(cell, {})
    here[panel] = run
    for other, shown_by in tuple(here.items()):
        if shown_by != run:
            del here[other]
            if not any(other in panels for panels in _standing.values()):
                other.close()


def leave(panel: "Panel") -> None:
    """Forget a panel."""
    for cell, panels in tuple(_standing.items()):
        panels.pop(panel, None)
        if not panels:
            del _standing[cell]


def _shell() -> Any:
    return get_ipython()


def _now() -> tuple[str, str]:
    """Return the ids of the cell that runs and of this run; empty where nobody tells."""
    parent: dict[str, Any] = getattr(_shell(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))
