"""All commands of ``%sms``, by their words, and their help. There is no second list."""

import re
from argparse import Namespace
from collections.abc import Sequence

from sms_notebook.magics.commands import account, market, numbers, rents, running
from sms_notebook.magics.line_parser import Literal
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    Argument,
    Command,
    Commands,
    PlainText,
    Repetition,
    Value,
    by_words,
    did_you_mean,
    excerpt,
)
from sms_notebook.protocol.errors import UsageProblem

_RESULTS = """\
Each command returns a DataFrame: df = %sms prices tg
  -o NAME keeps it in a variable and shows nothing, --show shows it as well, ; silences,
  -n N gives N rows at most, --sort COLUMN sorts (-COLUMN the other way round).
Values of variables: {order} or $name. Names of several words need no quotes:
  %sms prices tg United Kingdom. Tab completes all of it, -h explains each command.
In a cell that begins with %%sms each line is a command; the first error stops it."""
_WIDTH = 29
_HELP = ("-h", "--help")
_ALSO = {"buy": "order", "get": "order", "purchase": "order", "key": "login", "codes": "watch"}
"""What people call commands beside their names, the API's and those of the methods."""


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
            (Argument("command", "its words", Value.COMMAND, Repetition.ANY),),
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
    if family and family[0].words != tuple(words):
        lines = [f"%sms {' '.join(words)} is followed by one of these. -h explains each.", ""]
        lines += [_line(command) for command in family]
        if tuple(words) == ("sandbox",):
            lines += ["", *_for_tests()]
        return PlainText("\n".join(lines))
    return _explained(find(COMMANDS, words)[0])


def help_for(words: Sequence[str]) -> PlainText | None:
    """Explain what a line begins with, where it asks for that: ``-h``, or a family's name alone.

    Raises
    ------
    UsageProblem
        If there is no such command.
    """
    plain = [word for word in words if word not in _HELP or isinstance(word, Literal)]
    is_asked = len(plain) < len(words)
    if plain[1:] and plain[-1] == "help" and _is_begun(plain[:-1]):
        plain.pop()
        is_asked = True
    if is_asked:
        begun = [plain[:length] for length in (2, 1) if _is_begun(plain[:length])]
        return help_on(begun[0] if begun else plain)
    is_family = tuple(plain) not in COMMANDS and _is_begun(plain)
    return help_on(plain) if is_family else None


def _is_begun(words: Sequence[str]) -> bool:
    """Tell whether words are those of a command, or of a family."""
    return any(known[: len(words)] == tuple(words) for known in COMMANDS) and bool(words)


def _for_tests() -> list[str]:
    """Explain what the sandbox does, and how it is had otherwise."""
    from sms_notebook.sandbox import OPERATORS  # noqa: PLC0415 - when first used

    return [
        "Every number gets a code within seconds, and another one after %sms again ID.",
        "For what goes wrong, order with --operator NAME:",
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


def find(commands: Commands, words: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the command that words begin with, and the rest of them.

    Raises
    ------
    UsageProblem
        If there is none; the line names the nearest. None is run by a part of its name.
    """
    for length in (2, 1):
        if (command := commands.get(tuple(words[:length]))) is not None:
            return command, list(words[length:])
    first, second = [*words, ""][:2]
    family = {known[1]: None for known in commands if len(known) > 1 and known[0] == first}
    if family:
        hint = did_you_mean(second, {name: f"%sms {first} {name}" for name in family})
        raise UsageProblem(
            f"%sms {first}: there is no {excerpt(second)}.{hint} It takes {', '.join(family)}."
        )
    names = _names_of(commands)
    hint = did_you_mean(" ".join(words[:2]), names) or did_you_mean(first, names)
    raise UsageProblem(
        f"%sms: there is no command {excerpt(first)}.{hint} %sms help lists the commands."
    )


def _names_of(commands: Commands) -> dict[str, str]:
    """Return what commands may be called, and how each is written."""
    called = {known[0]: known[0] for known in commands}
    called |= {command.name: command.name for command in commands.values()}
    for command in commands.values():
        for method in (*command.methods, *command.actions):
            called.setdefault(re.split(r"[ (]", method)[0], command.name)
    for first, second in (known for known in commands if len(known) > 1):
        called.setdefault(second, f"{first} {second}")
    called |= _ALSO
    return {name: f"%sms {command}" for name, command in called.items()}
