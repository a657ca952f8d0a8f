"""What a command is: a row of the one table that parser, completion, help and README read."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sms_notebook.magics.session import Session


class Value(Enum):
    """What an argument takes; completion offers what there is of it."""

    TEXT = "TEXT"
    OWN_NAME = "K"
    WHOLE = "N"
    REAL = "X"
    MONEY = "P"
    SERVICE = "SERVICE"
    SERVICES = "SERVICES"
    COUNTRY = "C"
    OPERATOR = "O"
    ACTIVATION = "ID"
    RENT = "RENT"
    NUMBER = "NUMBER"
    PROVIDER = "NAME"
    ACTION = "ACTION"
    COMMAND = "COMMAND"
    FAULT = "FAULT"


class Often(Enum):
    """How often a positional argument is given."""

    ONCE = "once"
    AT_MOST_ONCE = "at most once"
    ANY = "any number of times"


@dataclass(frozen=True, slots=True)
class Argument:
    """A word or an option of a command.

    Attributes
    ----------
    name : str
        ``service``, or ``--country``.
    help : str
        What it means, in a few words.
    value : Value or None
        What it takes; None for a switch.
    often : Often
        Of a positional argument.
    choices : tuple of str
        The only words that it takes.
    shown : str
        How it is shown, where that is not the name of its value.
    short : str
        Another name of an option: ``-n``.
    """

    name: str
    help: str
    value: Value | None = Value.TEXT
    often: Often = Often.ONCE
    choices: tuple[str, ...] = ()
    shown: str = ""
    short: str = ""

    @property
    def is_option(self) -> bool:
        """Whether it begins with dashes."""
        return self.name.startswith("-")

    @property
    def dest(self) -> str:
        """The name of its value among the parsed ones."""
        return self.name.lstrip("-").replace("-", "_")

    @property
    def metavar(self) -> str:
        """How its value is shown."""
        if self.value is None:
            return ""
        return self.shown or "|".join(self.choices) or self.value.value

    @property
    def written(self) -> str:
        """An option with its value, or a word."""
        return f"{self.name} {self.metavar}".rstrip() if self.is_option else self.metavar

    @property
    def usage(self) -> str:
        """How it is written in a line."""
        if self.is_option or self.often is Often.AT_MOST_ONCE:
            return f"[{self.written}]"
        return f"[{self.written} …]" if self.often is Often.ANY else self.written


Run = Callable[["Session", Namespace], Any]
"""What a command does; returns a frame, or a text."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``%sms``.

    Attributes
    ----------
    words : tuple of str
        ``("rent", "order")``.
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
    is_list : bool
        Whether it gives many rows, which can be sorted and cut. A purchase never does: after it
        nothing may fail.
    """

    words: tuple[str, ...]
    help: str
    run: Run
    arguments: tuple[Argument, ...] = ()
    actions: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    is_list: bool = False

    @property
    def name(self) -> str:
        """Its words."""
        return " ".join(self.words)

    @property
    def usage(self) -> str:
        """How it is written."""
        return " ".join([self.name, *(argument.usage for argument in self.arguments)])

    @property
    def positional(self) -> Sequence[Argument]:
        """Its words beside the name."""
        return [argument for argument in self.arguments if not argument.is_option]

    @property
    def options(self) -> Sequence[Argument]:
        """Its options, those for the result at the end."""
        own = [argument for argument in self.arguments if argument.is_option]
        return [*own, *(LIST_OPTIONS if self.is_list else ()), *RESULT_OPTIONS]

    @property
    def has_second_country(self) -> bool:
        """Whether a country may stand as its last word, in place of ``--country``."""
        return COUNTRY in self.arguments


Commands = Mapping[tuple[str, ...], Command]
"""Commands by their words."""


def by_words(commands: Iterable[Command]) -> Commands:
    """Index commands by their words."""
    return {command.words: command for command in commands}


def service(often: Often = Often.ONCE) -> Argument:
    """Make the argument for a service."""
    return Argument("service", "code or name", Value.SERVICE, often)


def activation() -> Argument:
    """Make the argument for an activation."""
    return Argument("activation", "id of the activation", Value.ACTIVATION)


def rent() -> Argument:
    """Make the argument for a rent."""
    return Argument("rent", "id of the rent", Value.RENT, shown="ID")


COUNTRY = Argument("--country", "id, ISO code or name; may stand as the last word", Value.COUNTRY)
OPERATOR = Argument("--operator", "operators, with commas", Value.OPERATOR)
KEY = Argument("--key", "your own name for it: the same key, the same purchase", Value.OWN_NAME)
YES = Argument("--yes", "buy without asking", None)
EVERY = Argument("--every", "seconds between two polls", Value.REAL, shown="S")

LIST_OPTIONS = (
    Argument("--limit", "rows at most, 0 for all", Value.WHOLE, short="-n"),
    Argument("--sort", "sort by a column; -COLUMN the other way round", shown="COLUMN"),
)
"""What every command takes that gives many rows."""

RESULT_OPTIONS = (
    Argument("-o", "keep the result in a variable, and show nothing", shown="NAME"),
    Argument("--show", "with -o: show it as well", None),
)
"""What every command takes."""
