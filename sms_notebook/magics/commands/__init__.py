"""All commands of ``%sms``, by their words. There is no second list."""

from collections.abc import Mapping

from sms_notebook.magics.commands import account, market, numbers, rents, running
from sms_notebook.magics.table import Command, by_words

COMMANDS: Mapping[tuple[str, ...], Command] = by_words(
    (
        *account.COMMANDS,
        *market.COMMANDS,
        *numbers.COMMANDS,
        *rents.COMMANDS,
        *running.COMMANDS,
    )
)
"""In the order in which they are explained."""
