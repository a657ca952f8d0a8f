"""The account in a panel: the balance, the budget, and orders of which nobody knows the end."""

from typing import Any

from sms_notebook.panels.section import Section


class AccountSection(Section):
    """What there is to spend, and what waits to be settled."""

    name = "account"

    def begin(self) -> None:
        """Ask for the balance."""
        self.refresh()

    def refresh(self) -> None:
        """Ask for the balance again."""

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        return {}
