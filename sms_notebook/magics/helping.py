"""Help: what commands there are, and how each is used; written from the table."""

from collections.abc import Sequence

from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.parsing import RESULT_OPTIONS, find
from sms_notebook.magics.saying import Said
from sms_notebook.magics.table import Argument, Command, Often

_RESULTS = """\
Each command returns a DataFrame: df = %sms prices tg
  -o NAME keeps it in a variable and shows nothing, --show shows it as well, ; silences,
  -n N shows N rows, --sort COLUMN sorts (-COLUMN the other way round).
Values of variables: {order.activation_id[0]} or $name. Tab completes commands, options and values."""


def overview(words: Sequence[str]) -> Said:
    """Explain all commands, or one."""
    if words:
        family = [one for one in COMMANDS.values() if one.words[: len(words)] == tuple(words)]
        if len(family) > 1:
            return Said("\n".join(_line(one) for one in family))
        return explained(find(words)[0])
    lines = [_line(command) for command in COMMANDS.values()]
    head = ["%sms alone shows where you are. %sms help COMMAND explains one.", ""]
    return Said("\n".join([*head, *lines, "", _RESULTS]))


def explained(command: Command) -> Said:
    """Explain one command."""
    lines = [f"%sms {command.usage}", "", f"  {command.help}"]
    if command.arguments:
        lines += ["", *(_argument(argument) for argument in command.arguments)]
    if command.has_second_country and not any(
        argument.often is Often.ANY for argument in command.positional
    ):
        lines += ["", "  A country may also stand as the last word: %sms " + _short(command)]
    lines += ["", *(_argument(argument) for argument in RESULT_OPTIONS)]
    if command.examples:
        lines += ["", *(f"  %sms {example}".rstrip() for example in command.examples)]
    if command.actions:
        lines += ["", f"  API: {', '.join(command.actions)}"]
    return Said("\n".join(lines))


def _line(command: Command) -> str:
    shown = " ".join([command.name, *(argument.usage for argument in command.positional)])
    return f"  {shown:<26} {command.help}"


def _short(command: Command) -> str:
    positional = " ".join(argument.usage for argument in command.positional)
    return f"{command.name} {positional} KZ".replace("  ", " ")


def _argument(argument: Argument) -> str:
    if argument.is_option:
        shown = f"{argument.name} {argument.metavar}".rstrip()
    else:
        shown = argument.usage
    return f"  {shown:<22} {argument.help}"
