"""Tab: commands, options and values, and what a client can do; from memory: nobody is asked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core import completer as ipython

from sms_notebook.client.catalogue import OWN_NAMES
from sms_notebook.magics.attributes import Completion, match_attribute, replacing
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import Argument, Command, Repetition, Value
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.actions import ACTIONS, ALL_ACTIONS
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.typesetting import printable

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, IPCompleter

_LINE = re.compile(r"^(?:.*=)?\s*%sms\s(?P<words>.*)$")
_FIRST_LINE = re.compile(r"^%%sms\s(?P<words>.*)$")
_IN_CELL = re.compile(r"^\s*(?:%sms\s)?\s*(?P<words>.*)$")
_PLAIN = re.compile(r"[\w@%+:,./=-]+")  # what a shell takes as one word without quotes
_NOT_BARE = re.compile(r"['\"{}$\\]|^-|\s-|=")
_LONGEST_NAME = 5  # words
_LISTS = (Value.SERVICES, Value.OPERATOR)
_FREE = (Value.TEXT, Value.OWN_NAME, Value.WHOLE, Value.REAL, Value.OPERATOR)
_SERVICES = (Value.SERVICE, Value.SERVICES)
_NAMES = (*_SERVICES, Value.COUNTRY)
_POPULAR = {code: place for place, code in enumerate(catalogue.POPULAR)}

Suggestion = tuple[str, str]
"""A word, and what it means."""


class _TypedLine(NamedTuple):
    """A line as far as it was typed.

    Attributes
    ----------
    words : list of str
        The words before.
    fragment : str
        The next one as it was typed, with its quote.
    prefix : str
        The same without the quote.
    quote : str
        The quote that is open.
    """

    words: list[str]
    fragment: str
    prefix: str
    quote: str

    def joined(self, text: str, count: int) -> "_TypedLine | None":
        """Return the same with its last words as the begin of the next one, if they are bare."""
        match = re.search(rf"(?:\S+\s+){{{count}}}\S*$", text)
        if match is None or _NOT_BARE.search(match[0]):
            return None
        return _TypedLine(self.words[:-count], match[0], re.sub(r"\s+", " ", match[0]), "")


class Completer:
    """Completes lines of ``%sms``.

    Parameters
    ----------
    session : MagicSession
        Knows services, countries and numbers, as far as they were asked for.
    variables : callable
        Returns the person's variables.
    """

    def __init__(
        self, session: MagicSession, variables: Callable[[], Mapping[str, Any]] = dict
    ) -> None:
        self._session = session
        self._variables = variables

        self._old_matcher: Callable[[str], list[str]] | None = None

    def add_to(self, completer: "IPCompleter") -> None:
        """Complete there from now on."""
        if (decorate := getattr(ipython, "context_matcher", None)) is None:
            self._old_matcher = lambda line: self._match_in_old(completer, line)
            completer.magic_arg_matchers.append(self._old_matcher)
            return

        def matcher(context: "CompletionContext") -> dict[str, Any]:
            return self._match(context.text_until_cursor, context.full_text, context.cursor_line)

        self.matcher = decorate(identifier="sms")(matcher)
        completer.custom_matchers.append(self.matcher)

    def remove_from(self, completer: "IPCompleter") -> None:
        """Complete there no more."""
        if self._old_matcher is not None:
            completer.magic_arg_matchers.remove(self._old_matcher)
        else:
            completer.custom_matchers.remove(self.matcher)

    def _match_in_old(self, completer: "IPCompleter", line: str) -> list[str]:
        """Return what IPython before 8.6 wants, which Colab has: what replaces its last word."""
        text = completer.text_until_cursor
        word: str = completer.splitter.split_line(text)  # type: ignore[no-untyped-call]  # IPython's
        return replacing(word, self._match(text, line))

    def _match(self, text: str, cell: str, cursor_line: int = 0) -> dict[str, Any]:
        """Return what IPython wants of a matcher."""
        line = _LINE
        if cell.startswith("%%sms"):
            line = _IN_CELL if cursor_line else _FIRST_LINE
        match = line.match(text)
        if match is None:
            return match_attribute(text, self._variables())
        typed = _typed(match["words"])
        completions = list(self._completions(typed))
        for count in range(1, min(len(typed.words), _LONGEST_NAME)):
            whole = typed.joined(match["words"], count)
            if whole is not None and (names := self._names_begun(whole)):
                completions, typed = names, whole
        return {
            "completions": completions,
            "suppress": True,  # where there are any; in braces Python's own names are offered
            "matched_fragment": typed.fragment,
            "ordered": True,
        }

    def _names_begun(self, typed: _TypedLine) -> list[Completion]:
        """Return the names of several words that begin so."""
        argument, _ = self.suggestions(typed.words, typed.prefix)
        if argument is None or argument.value not in _NAMES:
            return []
        return list(self._completions(typed))

    def _completions(self, typed: _TypedLine) -> Iterator[Completion]:
        argument, suggestions = self.suggestions(typed.words, typed.prefix)
        head, prefix = "", typed.prefix
        if prefix.startswith("--") and "=" in prefix:
            name, _, prefix = prefix.partition("=")
            head = f"{name}="
        if argument is not None and argument.value in _LISTS:
            items, comma, prefix = prefix.rpartition(",")
            head += items + comma
        beginning = prefix.casefold()
        # What would control a terminal is no word to write into a line.
        fitting = [
            (word, meaning)
            for word, meaning in suggestions
            if word.casefold().startswith(beginning) and printable(word) == word
        ]
        buys = getattr(_command(typed.words), "buys", False)
        if buys and argument is not None and argument.value in _SERVICES and beginning:
            fitting = _without_others(beginning, fitting, self._session.names.services)
        if not fitting and argument is not None and argument.value in _FREE:
            yield from _hint(typed, argument)
        for word, meaning in fitting:
            yield Completion(_quoted(head + word, typed.quote), type=printable(meaning))

    def suggestions(
        self, words: list[str], prefix: str
    ) -> tuple[Argument | None, Iterable[Suggestion]]:
        """Return what may come next, each with its meaning, and the argument that it is for.

        Parameters
        ----------
        words : list of str
            The words before.
        prefix : str
            What has been typed of the next one.
        """
        command = _command(words)
        if command is None:
            return None, _next_words(words)
        rest = words[len(command.words) :]
        options = command.by_name
        before = options.get(prefix.partition("=")[0]) if "=" in prefix else None
        if before is None and rest:
            before = options.get(rest[-1])
        if before is not None and not before.is_switch:
            is_column = before.value is Value.COLUMN
            values = self._columns(command, rest) if is_column else self._values(before, prefix)
            return before, values
        unused = [
            (option.name, option.help) for option in command.options if option.name not in rest
        ]
        if prefix.startswith("-"):
            return None, unused
        argument = _next_argument(command, rest, options)
        if argument is None:
            return None, unused
        if argument.value is Value.COMMAND:
            return argument, _next_words(rest)
        return argument, self._values(argument, prefix) or unused

    def _columns(self, command: Command, rest: list[str]) -> list[Suggestion]:
        """Suggest the columns of a command's frame: of the last one, or as they usually are."""
        switches = command.switches(rest)
        names = self._session.cache.columns.get((command.name, switches))
        if names is None and command.columns is not None:
            names = _with_names(command.columns(switches))
        if names is None:
            names = _with_names(ALL_ACTIONS[command.actions[0]].schema.names)
        rising = [(name, "the smallest first") for name in names]
        return [*rising, *((f"-{name}", "the largest first") for name in names)]

    def _values(self, argument: Argument, prefix: str) -> list[Suggestion]:
        if argument.choices:
            return [(choice, argument.help) for choice in argument.choices]
        return suggested_values(argument.value, self._session, prefix.rpartition("=")[2])


def _with_names(columns: Iterable[str]) -> list[str]:
    """Return columns with those of the names that ``%sms`` puts beside ids."""
    columns = list(columns)
    beside = {
        name: [f"{name}_name"]
        for name, own in OWN_NAMES.items()
        if own not in columns and f"{name}_name" not in columns
    }
    return [each for name in columns for each in (name, *beside.get(name, ()))]


def _command(words: list[str]) -> Command | None:
    return COMMANDS.get(tuple(words[:2])) or COMMANDS.get(tuple(words[:1]))


def _typed(text: str) -> _TypedLine:
    """Part the words that were typed; expressions stay as they are."""
    words: list[str] = []
    word, quote, start = "", "", 0
    begun = False
    for place, character in enumerate(text):
        if quote:
            if character == quote:
                quote = ""
            else:
                word += character
        elif character.isspace():
            if begun:
                words.append(word)
            word, begun, start = "", False, place + 1
            continue
        elif character in "'\"":
            quote = character
        else:
            word += character
        begun = True
    return _TypedLine(words, text[start:], word, quote)


def _next_words(words: list[str]) -> list[Suggestion]:
    """Suggestion the next word of a command's name."""
    depth = len(words)
    offered: dict[str, str] = {}
    for command in COMMANDS.values():
        if len(command.words) <= depth or list(command.words[:depth]) != words:
            continue
        word = command.words[depth]
        if word in offered:
            offered[word] += f", {command.words[-1]}"
        elif len(command.words) > depth + 1:
            offered[word] = command.words[-1]
        else:
            offered[word] = command.help
    return list(offered.items())


def _next_argument(
    command: Command, rest: list[str], options: Mapping[str, Argument]
) -> Argument | None:
    """Return the argument that the next word is for, unless it is an option."""
    spent = sum(1 for place, word in enumerate(rest) if _is_plain(word, rest[:place], options))
    if spent < len(command.positional):
        return command.positional[spent]
    if command.positional and command.positional[-1].often is Repetition.ANY:
        return command.positional[-1]
    named = any(word.partition("=")[0] == "--country" for word in rest)
    if command.has_second_country and not named and spent == len(command.positional):
        return options["--country"]
    return None


def _is_plain(word: str, before: list[str], options: Mapping[str, Argument]) -> bool:
    """Tell whether a word is neither an option nor the value of one."""
    if word.startswith("-"):
        return False
    option = options.get(before[-1]) if before else None
    return option is None or option.is_switch


def _quoted(word: str, quote: str) -> str:
    """Put a word in quotes where it needs them, or where a quote was begun."""
    if not quote:
        if _PLAIN.fullmatch(word):
            return word
        quote = "'" if "'" not in word else '"'
    inner = {"'": r"'\''", '"': r"\"", "\\": r"\\", "$": r"\$"}
    special = quote if quote == "'" else '"\\$'
    word = "".join(inner[character] if character in special else character for character in word)
    word = word.replace("{", "{{").replace("}", "}}")
    return f"{quote}{word}{quote}"


def suggested_values(value: Value | None, session: MagicSession, typed: str) -> list[Suggestion]:
    """Return what may be written for a value.

    Parameters
    ----------
    value : Value
        Its kind.
    session : MagicSession
        What is known.
    typed : str
        What has been typed of it; only then ids and other names of countries are offered.
    """
    suggestions: list[Suggestion] = []
    match value:
        case Value.SERVICE | Value.SERVICES:
            suggestions = _services(session.names.services)
        case Value.COUNTRY:
            suggestions = _countries(session.names.countries, typed)
        case Value.PROVIDER:
            suggestions = [(provider.name, provider.title) for provider in PROVIDERS.values()]
        case Value.ACTION:
            suggestions = [(action.name, action.summary) for action in ACTIONS.values()]
        case Value.FAULT:
            suggestions = _faults()
        case Value.DIALECT:
            suggestions = _dialects()
        case Value.ACTIVATION | Value.RENT | Value.NUMBER:
            if value is not Value.RENT:
                suggestions += _numbers(session, rented=False)
            if value is not Value.ACTIVATION:
                suggestions += _numbers(session, rented=True)
    return suggestions


def _hint(typed: _TypedLine, argument: Argument) -> Iterator[Completion]:
    """Say what is expected where nothing can be offered: else Python's names would be.

    What is offered is what was typed; in braces Python's names are right.
    """
    if not re.search(r"[{$]", typed.prefix):
        yield Completion(typed.fragment or " ", type=argument.help)


def _services(known: Mapping[str, str]) -> list[Suggestion]:
    """Suggest services by name and by code, what most people order first."""
    last = len(_POPULAR)
    by_name = sorted(known.items(), key=lambda item: item[1].casefold())
    by_name.sort(key=lambda item: _POPULAR.get(item[0], last))
    return [
        suggestion
        for code, name in by_name
        for suggestion in ([(name, code)] if name != code else []) + [(code, name)]
    ]


def _without_others(
    beginning: str, fitting: list[Suggestion], services: Mapping[str, str]
) -> list[Suggestion]:
    """Leave out longer codes where Tab alone would write one: it is another service's."""
    if len({word.casefold()[: len(beginning) + 1] for word, _ in fitting}) > 1:
        return fitting
    return [(word, what) for word, what in fitting if word not in services or word == beginning]


def _numbers(session: MagicSession, *, rented: bool) -> list[Suggestion]:
    known = session.cache.numbers(rented=rented)
    return [(ref, session.shown(label)) for ref, label in known.items()]


def _countries(known: Mapping[int, str], typed: str) -> list[Suggestion]:
    names = [(name, f"id {key}") for key, name in known.items()]
    if not typed:
        return names
    iso = {country.iso: country.eng for country in catalogue.countries() if country.id in known}
    return [*names, *iso.items(), *((str(key), name) for key, name in known.items())]


def _dialects() -> list[Suggestion]:
    from sms_notebook.sandbox.dialects import TITLES  # noqa: PLC0415 - rarely needed

    return list(TITLES.items())


def _faults() -> list[Suggestion]:
    from sms_notebook.sandbox.faults import CONNECTION_FAULTS, ERROR_CODES  # noqa: PLC0415 - rarely needed

    named = {**CONNECTION_FAULTS, **ERROR_CODES}
    return [(f"{name}:1", meaning) for name, meaning in named.items()]
