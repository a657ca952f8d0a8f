"""From words to the values of a command: options, names of several words, what is missing."""

import math
import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from sms_notebook.client.catalogue import Catalogue, Names
from sms_notebook.magics.line_parser import VALUE, Literal, in_braces, variables_in
from sms_notebook.magics.table import Argument, Command, Repetition, Value, did_you_mean, excerpt
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.providers.key import without_key

_NUMBER = re.compile(r"-[\d.]")
_JOINED = re.compile(r"(-\w)(\d+)")
_ID = re.compile(r"[^\W\d]\w*(\.\w+)*[\[(].*")  # no id begins so, but an expression does
_API_KEY = re.compile(r"(?<![^\W_])(?=[a-zA-Z]*\d)[0-9a-zA-Z]{30,}(?![^\W_])", re.ASCII)
_LONGEST = 90  # characters of a usage
_TEXT = "{text}"  # a sentence that ends as it is

_NUMBERS = (Value.ACTIVATION, Value.RENT, Value.NUMBER)
_SERVICES = (Value.SERVICE, Value.SERVICES)
_NAMES = (*_SERVICES, Value.WORDS)
_LISTS = {
    Value.SERVICE: "%sms services lists them",
    Value.SERVICES: "%sms services lists them",
    Value.ACTIVATION: "%sms active lists yours",
    Value.RENT: "%sms rent list lists yours",
    Value.NUMBER: "%sms active and %sms rent list show yours",
}


class KnownNames(NamedTuple):
    """What is known where a line is read.

    Attributes
    ----------
    names : Names
        Services and countries.
    variables : mapping
        The person's.
    """

    names: Names = Catalogue().names
    variables: Mapping[str, Any] = {}


def parse(command: Command, rest: Sequence[str], known: KnownNames | None = None) -> Namespace:
    """Read the words of a command.

    Names of services and countries may have several words: see `read_names`.

    Raises
    ------
    UsageProblem
        If they do not fit, or may mean two things; the line says how it is used.
    """
    return _ArgumentReader(command, known or KnownNames()).read(rest)


class _NameReading(NamedTuple):
    """A way to read words: a name, and the countries after it."""

    name: str | None
    countries: list[str]


class _ArgumentReader:
    """Reads the words of one command."""

    def __init__(self, command: Command, known: KnownNames) -> None:
        self.command = command
        self.known = known

    def read(self, rest: Sequence[str]) -> Namespace:
        """Return the values of all arguments."""
        given, plain = self._apart(rest)
        lists: dict[Argument, list[str]] = {}
        for argument in self.command.positional:
            if argument.value in _NAMES or argument.value is Value.COUNTRY:
                break  # these read all that is left
            if argument.often is Repetition.ANY:
                lists[argument], plain = plain, []
            elif plain:
                given[argument] = plain.pop(0)
        if plain:
            self._read_names(plain, given, lists)
        values: dict[str, Any] = {
            each.dest: False if each.is_switch else [] if each.often is Repetition.ANY else None
            for each in (*self.command.positional, *self.command.options)
        }
        for argument, words in lists.items():
            values[argument.dest] = [self._value(argument, word) for word in words]
        for argument, word in given.items():
            values[argument.dest] = self._value(argument, word)
        for argument in self.command.required:
            if values[argument.dest] is None:
                self._miss(argument)
        return Namespace(**values)

    def _apart(self, rest: Sequence[str]) -> tuple[dict[Argument, str], list[str]]:
        """Part options, each with its value, from the other words."""
        known = self.command.by_name
        given: dict[Argument, str] = {}
        plain: list[str] = []
        left = list(rest)
        while left:
            word = left.pop(0)
            if isinstance(word, Literal):
                plain.append(word)
                continue
            name, equals, value = word.partition("=")
            option = known.get(name)
            if option is None and (joined := _JOINED.fullmatch(word)) and joined[1] in known:
                option, equals, value = known[joined[1]], "=", joined[2]
            if option is None:
                if word.startswith("-") and not _NUMBER.match(word):
                    hint = did_you_mean(name, {name: name for name in known})
                    self._refuse(f"there is no option {excerpt(name)}.{hint}", self._see("options"))
                plain.append(word)
                continue
            if option.is_switch and equals:
                self._refuse(f"{option.name} takes no value. Write it alone.", "")
            if not option.is_switch and not equals:
                if not left or self._is_option(left[0]):
                    what = f"{option.name} needs a value after it, as in {option.written}"
                    self._refuse(f"{what}: {option.help}.", "")
                value = left.pop(0)
            value = self._longest_name(option, value, left)
            if (before := given.setdefault(option, value)) != value:
                what = f"{option.name} stands there twice: {excerpt(before)} and {excerpt(value)}"
                self._refuse(f"{what}. Leave one out.", "")
        return given, plain

    def _is_option(self, word: str) -> bool:
        name = word.partition("=")[0]
        return name in self.command.by_name and not isinstance(word, Literal)

    def _longest_name(self, option: Argument, value: str, left: list[str]) -> str:
        """Return the value of an option; a name takes the words after it that belong to it."""
        names = self.known.names
        is_name = names.is_country if option.value is Value.COUNTRY else names.is_service
        if option.value in (*_SERVICES, Value.COUNTRY):
            for count in range(len(left), 0, -1):
                name = joined([value, *left[:count]])
                if name is not None and is_name(name):
                    del left[:count]
                    return name
        return value

    # Names of several words ---------------------------------------------------------------------

    def _read_names(
        self, plain: list[str], given: dict[Argument, str], lists: dict[Argument, list[str]]
    ) -> None:
        """Read words that are names: of a service, of countries."""
        named = next((each for each in self.command.positional if each.value in _NAMES), None)
        anywhere = (*self.command.positional, *self.command.options)
        country = next((each for each in anywhere if each.value is Value.COUNTRY), None)
        if named is None and country is None:
            self._refuse(f"{excerpt(plain[0])} is one word too many.")
        if country in given:
            if len(plain) > 1 and (named is None or not self._is(named, " ".join(plain))):
                self._refuse(
                    f"the country stands there twice: {excerpt(plain[-1])}, and {country.name} "
                    f"{excerpt(given[country])}. Leave one out.",
                    "",
                )
            country = None
        reading = self._reading(plain, named, country)
        if named is not None and reading.name is not None:
            given[named] = reading.name
        if country is None or not reading.countries:
            return
        if country.often is Repetition.ANY:
            lists[country] = reading.countries
        elif len(reading.countries) > 1:
            self._refuse(
                f"it takes one country, and here are {len(reading.countries)}: "
                f"{', '.join(map(excerpt, reading.countries))}.",
                self._see("it"),
            )
        else:
            [given[country]] = reading.countries

    def _reading(
        self, plain: list[str], named: Argument | None, country: Argument | None
    ) -> _NameReading:
        """Return what words mean; what is known decides, and else the first one is the name."""
        if named is None:
            return _NameReading(None, read_names(plain, self.known.names.is_country))
        if country is None:
            return _NameReading(self._single_name(plain, named), [])
        readings = [
            _NameReading(name, countries)
            for count in range(1, len(plain) + 1)
            for name in [joined(plain[:count])]
            for countries in [read_names(plain[count:], self.known.names.is_country)]
            if name is not None and self._is(named, name) and self._are_countries(countries)
        ]
        if named.value is Value.WORDS:
            return readings[0] if readings else self._unknown(plain, named)
        if country.often is not Repetition.ANY:
            readings = [each for each in readings if len(each.countries) <= 1] or readings
        if len(readings) > 1:
            ways = [" ".join([f"'{each.name}'", *each.countries]) for each in readings]
            self._refuse(f"it may mean {' or '.join(ways)}. Write it so, with the quotes.", "")
        if readings:
            return readings[0]
        countries = read_names(plain, self.known.names.is_country)
        if self._are_countries(countries):
            if named.often is Repetition.AT_MOST_ONCE:
                return _NameReading(None, countries)
            if len(countries) == 1:
                self._miss(named, f"{excerpt(countries[0])} is a country. ")
        return self._unknown(plain, named)

    def _single_name(self, plain: list[str], named: Argument) -> str:
        """Read all words as one name, where nothing can follow it."""
        whole = " ".join(plain)
        if len(plain) > 1 and not self._is(named, whole) and self._is(named, plain[0]):
            self._refuse(f"{excerpt(plain[1])} is one word too many.")
        return whole

    def _unknown(self, plain: list[str], named: Argument) -> _NameReading:
        """Part words some of which are not known: whoever looks them up says which."""
        is_country = self.known.names.is_country
        begins = [(place, joined(plain[:place])) for place in range(len(plain), 0, -1)]
        named_ones = [place for place, name in begins if name and self._is(named, name)]
        followed = [
            place
            for place, name in reversed(begins[1:])
            if name is not None and self._are_countries(read_names(plain[place:], is_country))
        ]
        count = [*named_ones, *followed, 1][0]
        return _NameReading(" ".join(plain[:count]), read_names(plain[count:], is_country))

    def _is(self, named: Argument, text: str) -> bool:
        """Tell whether a text is a name of the kind that an argument takes."""
        if named.value is Value.SERVICES:
            parts = [part.strip() for part in text.split(",")]
            return all(map(self.known.names.is_service, filter(None, parts)))
        return named.value is Value.WORDS or self.known.names.is_service(text)

    def _are_countries(self, names: list[str]) -> bool:
        return all(map(self.known.names.is_country, names))

    # Values -------------------------------------------------------------------------------------

    def _value(self, argument: Argument, word: str) -> Any:
        """Read the word of an argument as the kind of value that it takes."""
        if argument.is_switch:
            return True
        if argument.value in _NUMBERS:
            self._insist_on_number(argument, word, word if isinstance(word, Literal) else None)
        word = word.removeprefix(VALUE)
        name = argument.name if argument.is_option else argument.metavar
        if argument.choices:
            if word not in argument.choices:
                self._refuse_choice(argument, word)
        elif not word.strip() and argument.value is not Value.WORDS and argument.name != "-o":
            self._refuse(f"{name} is empty: there is nothing between its quotes.", self._see("it"))
        elif argument.value is Value.SERVICES:
            return ",".join(filter(None, map(str.strip, word.split(",")))) or word
        elif argument.value in (Value.WHOLE, Value.REAL):
            number = _number(argument.value, word)
            if number is None:
                kind = "whole number" if argument.value is Value.WHOLE else "number"
                what = f"{name} takes a {kind} from 0, not {excerpt(word)}."
                self._refuse(what, f"It means: {argument.help}.")
            return number
        elif argument.value is Value.OWN_NAME and _API_KEY.search(word):  # the ledger keeps it
            self._refuse(
                f"{name} is your own name for the order, and this looks like an API key, which "
                "the ledger would keep. Take a name such as 'my order'.",
                "",
            )
        return word

    def _refuse_choice(self, argument: Argument, word: str) -> NoReturn:
        name = argument.name if argument.is_option else "it"
        *others, last = argument.choices
        choices = f"{', '.join(others)} or {last}" if others else last
        hint = did_you_mean(word, {choice: choice for choice in argument.choices})
        self._refuse(f"{name} takes {choices}, not {excerpt(word)}.{hint}", "")

    def _insist_on_number(self, argument: Argument, word: str, literal: Literal | None) -> None:
        """Refuse what is no id: an expression, a rent for an activation; nobody is asked."""
        if literal is None and (_ID.fullmatch(word) or variables_in(word, self.known.variables)):
            raise in_braces(without_key(word))
        kinds = {"activation_id": Value.ACTIVATION, "rent_id": Value.RENT}
        if literal is None or kinds.get(literal.column, argument.value) is argument.value:
            return
        if argument.value is Value.ACTIVATION:
            self._refuse("this is a rent. The commands for rents begin with %sms rent.", "")
        if argument.value is Value.RENT:
            self._refuse("this is an activation. Its commands do not begin with %sms rent.", "")

    def _miss(self, argument: Argument, why: str = "") -> NoReturn:
        """Say what is missing, with a line that has it, and where it is found."""
        lists = f" {_LISTS[argument.value]}." if argument.value in _LISTS else ""
        raise UsageProblem(
            f"%sms {self.command.name}: {why}{argument.metavar} is missing: {argument.help}."
            f"{lists} For example: %sms {self.command.examples[0]}"
        )

    def _see(self, what: str) -> str:
        explains = "explains it" if what == "it" else f"lists its {what}"
        return f"%sms {self.command.name} -h {explains}."

    def _refuse(self, what: str, then: str | None = None) -> NoReturn:
        """Say what is wrong, and then how the command is used if nothing else helps."""
        hints = () if then == "" else (Hint(_TEXT, text=self._usage if then is None else then),)
        raise UsageProblem(f"%sms {self.command.name}: {what}", hints=hints)

    @property
    def _usage(self) -> str:
        usage = f"Usage: %sms {self.command.usage}"
        if len(usage) > _LONGEST:
            words = [argument.usage for argument in self.command.positional]
            usage = f"Usage: {' '.join(['%sms', self.command.name, *words])} …"
            usage += f"; see %sms help {self.command.name}."
        return usage


def _number(kind: Value, word: str) -> float | None:
    """Read a number from 0; None for anything else."""
    with suppress(ValueError):
        number = int(word) if kind is Value.WHOLE else float(word)
        if 0 <= number < math.inf:
            return number
    return None


def read_names(words: Sequence[str], is_name: Callable[[str], bool]) -> list[str]:
    """Join words into names: the longest that is one first; commas part them too.

    What is no name stays together, up to the next one that is.

    Parameters
    ----------
    words : sequence of str
        As they were typed.
    is_name : callable
        Whether a text is a name.

    Examples
    --------
    >>> is_country = {"Guinea", "Papua New Guinea", "KZ", "UZ"}.__contains__
    >>> read_names("Papua New Guinea KZ,UZ Guinea".split(), is_country)
    ['Papua New Guinea', 'KZ', 'UZ', 'Guinea']
    """
    names: list[str] = []
    for part in _parts(words, is_name):
        unknown: list[str] = []
        place = 0
        while place < len(part):
            ends = range(len(part), place, -1)
            spans = ((end, joined(part[place:end])) for end in ends)
            match = next(((end, name) for end, name in spans if name and is_name(name)), None)
            if match is None and not isinstance(part[place], Literal):
                unknown.append(part[place])
                place += 1
                continue
            names += [" ".join(unknown)] * bool(unknown)
            unknown = []
            place, name = match or (place + 1, part[place])
            names.append(name)
        names += [" ".join(unknown)] * bool(unknown)
    return names


def joined(words: Sequence[str]) -> str | None:
    """Join words into one name; what was quoted, or is a value, is joined with nothing."""
    if len(words) > 1 and any(isinstance(word, Literal) for word in words):
        return None
    return " ".join(words)


def _parts(words: Sequence[str], is_name: Callable[[str], bool]) -> Iterator[list[str]]:
    """Part words at commas, but for names that have one."""
    part: list[str] = []
    for word in words:
        if "," not in word or is_name(word):  # a value may be a list
            part.append(word)
            continue
        first, *others = word.split(",")
        part += [first] * bool(first)
        for other in others:
            yield part
            part = [other] * bool(other)
    yield part
