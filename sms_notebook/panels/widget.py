"""The one widget of a panel: Python holds its state, and the browser draws plain data."""

import re
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Int, List, Unicode

_PAGE = Path(__file__).parent / "page"
_ENTRY = "shell"
_IMPORT = re.compile(r'^import \{([^}]+)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)


def joined(entry: str = _ENTRY) -> str:
    """Join the ES modules of the page into one: the browser fetches nothing.

    Each keeps a scope of its own; what it exports is what others import from it.

    Parameters
    ----------
    entry : str
        The module whose own export is that of the whole.

    Returns
    -------
    str
        An ES module.
    """
    parts: dict[str, str] = {}
    _join(entry, parts)
    return "\n".join(parts.values())


def _join(name: str, parts: dict[str, str]) -> None:
    """Add a module after those that it imports."""
    source = (_PAGE / f"{name}.js").read_text(encoding="utf-8")
    for _, needed in _IMPORT.findall(source):
        if needed not in parts:
            _join(needed, parts)
    source = _IMPORT.sub(_destructured, source)
    if name == _ENTRY:
        parts[name] = source
        return
    exported = ", ".join(_EXPORT.findall(source))
    parts[name] = (
        f"const {name}_js = (() => {{\n{_EXPORT.sub('', source)}return {{ {exported} }};\n}})();"
    )


def _destructured(match: re.Match[str]) -> str:
    return f"const {{{match[1].replace(' as ', ': ')}}} = {match[2]}_js;\n"


def _styles() -> str:
    """Return what all panels look like, and after it what is special to a part."""
    own = sorted(file for file in _PAGE.glob("*.css") if file.stem != "panel")
    return "".join(file.read_text(encoding="utf-8") for file in (_PAGE / "panel.css", *own))


class PanelWidget(anywidget.AnyWidget):
    """What a panel is in the browser.

    Each part of the panel has a trait of its name with all that is drawn of it, as plain data, and
    one that ends in ``_choice`` with what the person set there.
    """

    _esm = joined()
    _css = _styles()
    layout: Any = AnyTrait(None, allow_none=True).tag(sync=True)  # a second model for nothing
    _view_count: int | None  # of ipywidgets: how many look at it, where somebody asks

    title: Any = Unicode().tag(sync=True)
    tabs: Any = List().tag(sync=True)
    tab: Any = Int(0).tag(sync=True)
    status: Any = Dict().tag(sync=True)
    clock: Any = Dict().tag(sync=True)
    is_masked: Any = Bool().tag(sync=True)

    account: Any = Dict().tag(sync=True)
    catalogue: Any = Dict().tag(sync=True)  # of the order: long, and it stays as it is
    order: Any = Dict().tag(sync=True)
    order_choice: Any = Dict().tag(sync=True)
    watch: Any = Dict().tag(sync=True)
    watch_choice: Any = Dict().tag(sync=True)
    rent: Any = Dict().tag(sync=True)
    rent_choice: Any = Dict().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(**state)
        # Where there is no kernel, that of ipykernel 6 never was open.
        self._had_comm = not getattr(self.comm, "_closed", False)

    @property
    def lost_its_comm(self) -> bool:
        """Whether somebody else closed what it speaks to the browser through."""
        return self._had_comm and getattr(self.comm, "_closed", False)

    def count_views(self, changed: Any) -> None:
        """Tell from now on how many look at it."""
        if self._view_count is None:
            self._view_count = 0
            self.observe(changed, "_view_count")
