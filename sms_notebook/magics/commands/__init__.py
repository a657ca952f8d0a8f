"""All commands of ``%sms``, by their words, and their help. There is no second list."""

from argparse import Namespace
from collections.abc import Sequence

from sms_notebook.magics.commands import account, market, numbers, rents, running
from sms_notebook.magics.line_parser import find
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import Argument, Command, Commands, Often, Value, by_words
from sms_notebook.magics.text import PlainText

_RESULTS = """\
Each command returns a DataFrame: df = %sms prices tg
  -o NAME keeps it in a variable and shows nothing, --show shows it as well, ; silences,
  -n N gives N rows at most, --sort COLUMN sorts (-COLUMN the other way round).
Values of variables: {order} or $name. Tab completes all of it."""
_WIDTH = 26


def _help(_session: MagicSession, options: Namespace) -> PlainText:
    return help_on(options.command)


COMMANDS: Commands = by_words(
    (
        *account.COMMANDS,
        *market.COMMANDS,
        *numbers.COMMANDS,
        *rents.COMMANDS,
        *running.COMMANDS,
        Command(
            "help",
            "what commands there are, or how one is used",
            _help,
            (Argument("command", "its words", Value.COMMAND, Often.ANY),),
            examples=("help rent order",),
        ),
    )
)
"""In the order in which they are explained."""


def overview() -> PlainText:
    """Explain all commands."""
    head = ["%sms alone shows where you are. %sms help COMMAND explains one.", ""]
    return PlainText(
        "\n".join([*head, *(_line(command) for command in COMMANDS.values()), "", _RESULTS])
    )


def help_on(words: Sequence[str]) -> PlainText:
    """Explain all commands, a family of them, or one.

    Raises
    ------
    UsageProblem
        If there is no such command.
    """
    if not words:
        return overview()
    family = [
        command for command in COMMANDS.values() if command.words[: len(words)] == tuple(words)
    ]
    if len(family) > 1 and family[0].words == tuple(words):
        others = [_line(command) for command in family[1:]]
        return PlainText("\n".join([str(_explained(family[0])), "", *others]))
    if len(family) > 1:
        lines = [_line(command) for command in family]
        if tuple(words) == ("sandbox",):
            lines += ["", *_for_tests()]
        return PlainText("\n".join(lines))
    return _explained(find(COMMANDS, words)[0])


def _for_tests() -> list[str]:
    """Explain what the sandbox does, and how it is had otherwise."""
    from sms_notebook.sandbox import OPERATORS  # noqa: PLC0415 - when first used

    return [
        "Every number gets a code within seconds, and another after again. For what goes wrong,",
        "order with --operator NAME:",
        *(f"  {name:<{_WIDTH}} {what}" for name, what in OPERATORS.items()),
    ]


def _explained(command: Command) -> PlainText:
    """Explain one command."""
    lines = [f"%sms {command.usage}", "", f"  {command.help}", ""]
    lines += [_argument(argument) for argument in (*command.positional, *command.options)]
    if command.examples:
        lines += ["", *(f"  %sms {example}".rstrip() for example in command.examples)]
    if command.actions:
        lines += ["", f"  API: {', '.join(command.actions)}"]
    return PlainText("\n".join(lines))


def _line(command: Command) -> str:
    usage = " ".join([command.name, *(argument.usage for argument in command.positional)])
    return f"  {usage:<{_WIDTH}} {command.help}"


def _argument(argument: Argument) -> str:
    usage = f"{argument.short}, {argument.written}" if argument.short else argument.written
    also = f" (also {argument.in_python})" if argument.parameter else ""
    return f"  {usage:<{_WIDTH}} {argument.help}{also}"
