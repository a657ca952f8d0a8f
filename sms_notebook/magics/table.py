"""What a command is: a row of the one table that parser, completion, help, page and errors read."""

import re
import shutil
import sys
import textwrap
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any

from sms_notebook.magics.line_parser import VALUE
from sms_notebook.protocol.errors.sms_error import MethodCall, Parameter, Speaker
from sms_notebook.providers.key import without_key

if TYPE_CHECKING:
    from sms_notebook.magics.session import MagicSession


_WORD = 60  # characters of a wrong word
_LIKE = 0.7
_MOST_SUGGESTIONS = 3  # so many are suggested
_SHORTEST = 2  # characters of the beginning of a name


class Value(Enum):
    """What an argument takes; completion offers what there is of it."""

    TEXT = auto()
    WORDS = auto()
    OWN_NAME = auto()
    WHOLE = auto()
    REAL = auto()
    SERVICE = auto()
    SERVICES = auto()
    COUNTRY = auto()
    OPERATOR = auto()
    ACTIVATION = auto()
    RENT = auto()
    NUMBER = auto()
    PROVIDER = auto()
    ACTION = auto()
    COMMAND = auto()
    COLUMN = auto()
    FAULT = auto()
    DIALECT = auto()


class Repetition(Enum):
    """How often a positional argument is given."""

    ONCE = "once"
    AT_MOST_ONCE = "at most once"
    ANY = "any number of times"


@dataclass(frozen=True, slots=True)
class Argument:
    """A word or an option of a command.

    Attributes
    ----------
    form : str
        Its name, and how its value is shown: ``activation ID``, ``--country C``, ``what on|off``.
        A word is shown as its name in capitals if not said; an option is a switch.
    help : str
        What it means, in a few words.
    value : Value
        What it takes.
    often : Repetition
        Of a positional argument.
    short : str
        Another name of an option: ``-n``.
    parameter : str
        What a method calls it, where that is another name: it is taken as well.
    """

    form: str
    help: str
    value: Value = Value.TEXT
    often: Repetition = Repetition.ONCE
    short: str = ""
    parameter: str = ""

    @property
    def name(self) -> str:
        """Its name: ``service``, or ``--country``."""
        return self.form.partition(" ")[0]

    @property
    def in_python(self) -> str:
        """The name of a method's parameter, as an option: ``--user-id``."""
        return f"--{(self.parameter or self.dest).replace('_', '-')}"

    @property
    def is_option(self) -> bool:
        """Whether it begins with dashes."""
        return self.form.startswith("-")

    @property
    def is_switch(self) -> bool:
        """Whether it is an option without a value."""
        return self.is_option and not self.metavar

    @property
    def dest(self) -> str:
        """The name of its value among the parsed ones."""
        return self.name.lstrip("-").replace("-", "_")

    @property
    def metavar(self) -> str:
        """How its value is shown."""
        symbol = self.form.partition(" ")[2]
        return symbol or ("" if self.is_option else self.name.upper())

    @property
    def choices(self) -> Sequence[str]:
        """The only words that it takes: those in small letters."""
        return self.metavar.split("|") if self.metavar.islower() else ()

    @property
    def written(self) -> str:
        """An option with its value, or a word."""
        return self.form if self.is_option else self.metavar

    @property
    def usage(self) -> str:
        """How it is written in a line."""
        if self.is_option or self.often is Repetition.AT_MOST_ONCE:
            return f"[{self.written}]"
        return f"[{self.written} …]" if self.often is Repetition.ANY else self.written


class PlainText(str):
    """A text as the result of a command, shown without quotes; a terminal may be narrow."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not (sys.stdout and sys.stdout.isatty()):
            return str(self)
        width = shutil.get_terminal_size().columns
        return "\n".join(_wrapped(line, width) for line in self.splitlines())


def _wrapped(line: str, width: int) -> str:
    """Wrap a line of words and what they mean: what goes on stands below the meaning."""
    meaning = re.match(r" *(\S.*?   *)?", line)
    indent = meaning.end() if meaning else 0
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * (indent if indent < width / 2 else 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


Run = Callable[["MagicSession", Namespace], Any]
"""What a command does; returns a frame, or a `PlainText`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``%sms``.

    Attributes
    ----------
    name : str
        Its words: ``rent order``.
    help : str
        What it does, in one line.
    run : callable
        Does it.
    arguments : tuple of Argument
        What it takes.
    actions : tuple of str
        The API's actions that it reaches.
    examples : tuple of str
        Lines as people write them.
    methods : tuple of str
        The calls of Python that it stands for; fixed arguments and names in brackets, and what
        is added to the line after a blank: ``set_rent_status(1)``, ``get_status_v2 --text``.
    is_list : bool
        Whether it gives many rows (`ListCommand`). No purchase does: after it nothing may fail.
    columns : callable or None
        The names of its columns by the switches in the line; those of its first action if None.
    latest_last : bool
        Of a list: whether its last rows are those that are looked for.
    """

    name: str
    help: str
    run: Run
    arguments: tuple[Argument, ...] = ()
    actions: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    is_list: bool = False
    columns: Callable[[frozenset[str]], Iterable[str]] | None = None
    latest_last: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Its name word by word."""
        return tuple(self.name.split())

    @property
    def usage(self) -> str:
        """How it is written."""
        return " ".join([self.name, *(argument.usage for argument in self.arguments)])

    @property
    def positional(self) -> Sequence[Argument]:
        """Its words beside the name."""
        return [argument for argument in self.arguments if not argument.is_option]

    @property
    def required(self) -> Sequence[Argument]:
        """Those of them that must be given."""
        return [argument for argument in self.positional if argument.often is Repetition.ONCE]

    @property
    def options(self) -> Sequence[Argument]:
        """Its options, those for the result at the end."""
        own = [argument for argument in self.arguments if argument.is_option]
        return [*own, *(LIST_OPTIONS if self.is_list else ()), *RESULT_OPTIONS]

    @property
    def by_name(self) -> Mapping[str, Argument]:
        """Its options by each of their names."""
        names = {option.in_python: option for option in self.options if option.parameter}
        for option in self.options:  # what they are called goes before what else they are called
            names |= {name: option for name in (option.name, option.short) if name}
        return names

    def switches(self, words: Iterable[str]) -> frozenset[str]:
        """Return those of its own switches that are among words."""
        own = {argument.name for argument in self.arguments if argument.is_switch}
        return frozenset(own.intersection(words))

    @property
    def buys(self) -> bool:
        """Whether it may spend money."""
        return YES in self.arguments

    @property
    def has_second_country(self) -> bool:
        """Whether a country may stand as its last word, in place of ``--country``."""
        return COUNTRY in self.arguments


ListCommand = partial(Command, is_list=True)
"""A command that gives many rows, which can be sorted and cut."""

Commands = Mapping[tuple[str, ...], Command]
"""Commands by their words."""


def by_words(commands: Iterable[Command]) -> Commands:
    """Index commands by their words."""
    return {command.words: command for command in commands}


SERVICE = Argument("service", "code or name", Value.SERVICE)
ANY_SERVICE = replace(SERVICE, often=Repetition.AT_MOST_ONCE)
ACTIVATION = Argument("activation ID", "id of the activation", Value.ACTIVATION)
RENT = Argument("rent ID", "id of the rent", Value.RENT)
COUNTRY = Argument("--country C", "id, ISO code or name; may stand as the last word", Value.COUNTRY)
OPERATOR = Argument("--operator O", "operators, with commas", Value.OPERATOR)
KEY = Argument("--key K", "your own name for it: the same key, the same purchase", Value.OWN_NAME)
YES = Argument("--yes", "buy without asking")

LIST_OPTIONS = (
    Argument("--limit N", "rows at most; 0 shows all, scrolling", Value.WHOLE, short="-n"),
    Argument("--sort COLUMN", "sort by a column; -COLUMN the other way round", Value.COLUMN),
)
"""What every command takes that gives many rows."""

RESULT_OPTIONS = (
    Argument("-o NAME", "keep the result in a variable, and show nothing"),
    Argument("--show", "with -o: show it as well"),
    Argument("--help", "explain it, and do nothing", short="-h"),
)
"""What every command takes."""


# Words about commands -----------------------------------------------------------------------------


def excerpt(word: str) -> str:
    """Show a wrong word, but no key: people paste it in wrong places."""
    return repr(without_key(word.removeprefix(VALUE))[:_WORD])


def did_you_mean(word: str, known: Mapping[str, str]) -> str:
    """Ask whether something was meant: in other case, by its beginning, or with a letter wrong.

    Parameters
    ----------
    word : str
        What was written.
    known : mapping
        What there is, and how each is written.
    """
    folded: dict[str, str] = {}
    for name, written in known.items():
        folded.setdefault(name.casefold(), written)
    typed = word.casefold()
    if typed in folded:
        matches = [folded[typed]]
    else:
        begun = [
            written
            for name, written in folded.items()
            if name.startswith(typed) and len(typed) >= _SHORTEST
        ]
        near = get_close_matches(typed, folded, _MOST_SUGGESTIONS, _LIKE)
        near.sort(key=lambda name: sorted(name) != sorted(typed))  # letters out of order first
        matches = begun or [folded[name] for name in near[:1]]
    wholes = [
        written for written in matches if not written.startswith(tuple(f"{w} " for w in matches))
    ]
    *others, last = dict.fromkeys(wholes[:_MOST_SUGGESTIONS]) or [""]
    return f" Did you mean {', '.join(others)}{' or ' * bool(others)}{last}?" if last else ""


class MagicSpeaker(Speaker):
    """Writes calls as commands of ``%sms``, and parameters as their options.

    Parameters
    ----------
    commands : iterable of Command
        Each says which methods it stands for.
    current : Command, optional
        The one that is spoken of: a parameter is named as it has it, if it does.
    """

    def __init__(self, commands: Iterable[Command], current: Command | None = None) -> None:
        self._commands: dict[str, tuple[Command, str]] = {}
        self._options: dict[str, Argument] = {}
        own = () if current is None else current.arguments
        self._own = {argument.parameter or argument.dest: argument for argument in own}
        for command in commands:
            for written in command.methods:
                method, _, end = written.partition(" ")
                self._commands[method] = (command, end)
            for argument in command.arguments:
                if argument.is_option:
                    self._options.setdefault(argument.parameter or argument.dest, argument)

    def call(self, call: MethodCall) -> str | None:
        """Write a call as a command."""
        fixed = [*(str(arg) for arg in call.args if isinstance(arg, int)), *call.options]
        target = self._commands.get(f"{call.method}({','.join(fixed)})" if fixed else call.method)
        if target is None:
            return super().call(call)
        command, end = target
        values = [arg for arg in (*call.args, *call.options.values()) if not isinstance(arg, int)]
        given = [
            "none" if value is None else str(value)
            for value in values
            if not isinstance(value, Parameter)
        ]
        missing = [argument.metavar for argument in command.required[len(given) :]]
        return " ".join(filter(None, ("%sms", *command.words, *given, *missing, end)))

    def parameter(self, name: str) -> str:
        """Write a parameter as an option, where there is one."""
        if "params" in self._own:  # it takes them as on the wire
            return name
        argument = self._own.get(name, self._options.get(name))
        return argument.name if argument is not None and argument.is_option else name
