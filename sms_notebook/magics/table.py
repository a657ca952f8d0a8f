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
    NUMBER = "N"
    SECONDS = "SECONDS"
    MONEY = "P"
    SERVICE = "SERVICE"
    SERVICES = "SERVICES"
    COUNTRY = "C"
    OPERATOR = "O"
    ACTIVATION = "ID"
    RENT = "RENT"
    PROVIDER = "NAME"
    ACTION = "ACTION"
    COMMAND = "COMMAND"
    FAULT = "FAULT"
    PARAMETER = "KEY=VALUE"


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
    """

    name: str
    help: str
    value: Value | None = Value.TEXT
    often: Often = Often.ONCE
    choices: tuple[str, ...] = ()
    shown: str = ""

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
        return self.shown or (self.value.value if self.value is not None else "")

    @property
    def usage(self) -> str:
        """How it is written in a line."""
        if self.is_option:
            return f"[{self.name} {self.metavar}]" if self.value is not None else f"[{self.name}]"
        word = "|".join(self.choices) or self.shown or self.dest.upper()
        return {Often.ONCE: word, Often.AT_MOST_ONCE: f"[{word}]", Often.ANY: f"[{word} …]"}[
            self.often
        ]


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
    """

    words: tuple[str, ...]
    help: str
    run: Run
    arguments: tuple[Argument, ...] = ()
    actions: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

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
        """Its options."""
        return [argument for argument in self.arguments if argument.is_option]

    @property
    def has_second_country(self) -> bool:
        """Whether a country may stand as its last word, in place of ``--country``."""
        return any(argument.name == "--country" for argument in self.options)


def by_words(commands: Iterable[Command]) -> Mapping[tuple[str, ...], Command]:
    """Index commands by their words."""
    return {command.words: command for command in commands}


def service(often: Often = Often.ONCE) -> Argument:
    """A service as a word."""
    return Argument("service", "code or name", Value.SERVICE, often, shown="SERVICE")


def activation() -> Argument:
    """An activation as a word."""
    return Argument("activation", "id of the activation", Value.ACTIVATION, shown="ID")


def rent() -> Argument:
    """A rent as a word."""
    return Argument("rent", "id of the rent", Value.RENT, shown="ID")


COUNTRY = Argument("--country", "id, ISO code or name; may stand as the last word", Value.COUNTRY)
OPERATOR = Argument("--operator", "operators, with commas", Value.OPERATOR)
KEY = Argument("--key", "your own name for it: the same key, the same purchase", shown="K")
YES = Argument("--yes", "buy without asking", None)
EVERY = Argument("--every", "seconds between two polls", Value.SECONDS, shown="S")
