"""All commands of ``%sms``, by their words. There is no second list."""

from argparse import Namespace

from sms_notebook.magics.commands import account, market, numbers, rents, running
from sms_notebook.magics.helping import helped
from sms_notebook.magics.saying import Said
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Argument, Command, Commands, Often, Value, by_words


def _help(_session: Session, options: Namespace) -> Said:
    return helped(COMMANDS, options.command)


COMMANDS: Commands = by_words(
    (
        *account.COMMANDS,
        *market.COMMANDS,
        *numbers.COMMANDS,
        *rents.COMMANDS,
        *running.COMMANDS,
        Command(
            ("help",),
            "what commands there are, or how one is used",
            _help,
            (Argument("command", "its words", Value.COMMAND, Often.ANY),),
            examples=("help rent order",),
        ),
    )
)
"""In the order in which they are explained."""
