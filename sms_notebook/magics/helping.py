"""Help: what commands there are, and how each is used; written from the table."""

from collections.abc import Sequence

from sms_notebook.magics.parsing import find
from sms_notebook.magics.saying import Said
from sms_notebook.magics.table import Argument, Command, Commands

_RESULTS = """\
Each command returns a DataFrame: df = %sms prices tg
  -o NAME keeps it in a variable and shows nothing, --show shows it as well, ; silences,
  -n N gives N rows at most, --sort COLUMN sorts (-COLUMN the other way round).
Values of variables: {order.activation_id[0]} or $name. Tab completes all of it."""
_WIDTH = 26


def overview(commands: Commands) -> Said:
    """Explain all commands."""
    head = ["%sms alone shows where you are. %sms help COMMAND explains one.", ""]
    return Said("\n".join([*head, *(_line(one) for one in commands.values()), "", _RESULTS]))


def helped(commands: Commands, words: Sequence[str]) -> Said:
    """Explain all commands, a family of them, or one.

    Raises
    ------
    UsageProblem
        If there is no such command.
    """
    if not words:
        return overview(commands)
    family = [one for one in commands.values() if one.words[: len(words)] == tuple(words)]
    if len(family) > 1:
        return Said("\n".join(_line(one) for one in family))
    return explained(find(commands, words)[0])


def explained(command: Command) -> Said:
    """Explain one command."""
    lines = [f"%sms {command.usage}", "", f"  {command.help}", ""]
    lines += [_argument(argument) for argument in (*command.positional, *command.options)]
    if command.examples:
        lines += ["", *(f"  %sms {example}".rstrip() for example in command.examples)]
    if command.actions:
        lines += ["", f"  API: {', '.join(command.actions)}"]
    return Said("\n".join(lines))


def _line(command: Command) -> str:
    shown = " ".join([command.name, *(argument.usage for argument in command.positional)])
    return f"  {shown:<{_WIDTH}} {command.help}"


def _argument(argument: Argument) -> str:
    shown = f"{argument.short}, {argument.written}" if argument.short else argument.written
    return f"  {shown:<{_WIDTH}} {argument.help}"
