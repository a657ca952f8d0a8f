"""What a panel does in the page itself: plain keys are its own, and a click copies a number."""

from pathlib import Path
from typing import Any

import anywidget


class Manners(anywidget.AnyWidget):
    """Belongs into each panel, and is not seen."""

    _esm = (Path(__file__).parent / "manners.js").read_text(encoding="utf-8")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_class("smsn-manners")
