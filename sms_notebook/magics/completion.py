"""Tab: commands, options and values, and what a client can do; from memory: nobody is asked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from sms_notebook.client import AsyncClient, Client
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import Argument, Command, Often, Value
from sms_notebook.magics.text import printable
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.providers.providers import PROVIDERS

_LINE = re.compile(r"^(?:.*=)?\s*%sms\s(?P<words>.*)$")
_PLAIN = re.compile(r"[\w@%+:,./=-]+")  # what a shell takes as one word without quotes
_LISTS = (Value.SERVICES, Value.OPERATOR)
_ATTRIBUTE = re.compile(r"(?<![\w.)\]'\"])(?P<name>[^\W\d]\w*)\.(?P<typed>\w*)$")
_VERBS = (
    *("order", "wait_code", "again", "finish", "cancel", "activation"),
    *("compare", "advise", "rent", "extend", "watch"),
    *("ledger", "reconcile", "budget", "set_budget", "with_names", "names"),
)
"""What people do most, in the order in which they do it."""
_API = {action.method for action in (*ACTIONS.values(), *BEYOND.values())}


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
    meant : str
        The same without the quote.
    quote : str
        The quote that is open.
    """

    words: list[str]
    fragment: str
    meant: str
    quote: str


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

        def matcher(context: CompletionContext) -> dict[str, Any]:
            return self._match(context.text_until_cursor)

        self.matcher = context_matcher(identifier="sms")(matcher)

    def _match(self, text: str) -> dict[str, Any]:
        """Return what IPython wants of a matcher."""
        found = _LINE.match(text)
        if found is None:
            return self._match_attribute(text)
        typed = _typed(found["words"])
        return {
            "completions": list(self._completions(typed)),
            "suppress": True,  # where there are any; in braces Python's own names are offered
            "matched_fragment": typed.fragment,
        }

    def _match_attribute(self, text: str) -> dict[str, Any]:
        """Return what a client can do: the verbs first, then the API's actions.

        Jedi and IPython sort names by the alphabet, which puts `order` behind forty `get_…`.
        """
        found = _ATTRIBUTE.search(text)
        owner = self._variables().get(found["name"]) if found is not None else None
        if found is None or not isinstance(owner, Client | AsyncClient):
            return {"completions": [], "suppress": False}
        typed = found["typed"]
        is_private = typed.startswith("_")
        names = [
            name
            for name in members(type(owner))
            if name.startswith(typed) and name.startswith("_") is is_private
        ]
        return {
            "completions": [SimpleCompletion(name, type=_kind(owner, name)) for name in names],
            "suppress": True,
            "ordered": True,
            "matched_fragment": typed,
        }

    def _completions(self, typed: _TypedLine) -> Iterator[SimpleCompletion]:
        argument, suggestions = self.suggestions(typed.words, typed.meant)
        head, meant = "", typed.meant
        if meant.startswith("--") and "=" in meant:
            name, _, meant = meant.partition("=")
            head = f"{name}="
        if argument is not None and argument.value in _LISTS:
            done, comma, meant = meant.rpartition(",")
            head += done + comma
        wanted = meant.casefold()
        for word, meaning in suggestions:
            # What would control a terminal is no word to write into a line.
            if word.casefold().startswith(wanted) and printable(word) == word:
                yield SimpleCompletion(_quoted(head + word, typed.quote), type=printable(meaning))

    def suggestions(
        self, given: list[str], meant: str
    ) -> tuple[Argument | None, Iterable[Suggestion]]:
        """Return what may come next, each with its meaning, and the argument that it is for.

        Parameters
        ----------
        given : list of str
            The words before.
        meant : str
            What has been typed of the next one.
        """
        command = COMMANDS.get(tuple(given[:2])) or COMMANDS.get(tuple(given[:1]))
        if command is None:
            return None, _next_words(given)
        rest = given[len(command.words) :]
        options = command.by_name
        before = options.get(meant.partition("=")[0]) if "=" in meant else None
        if before is None and rest:
            before = options.get(rest[-1])
        if before is not None and not before.is_switch:
            return before, self._values(before, meant)
        unused = [
            (option.name, option.help) for option in command.options if option.name not in rest
        ]
        if meant.startswith("-"):
            return None, unused
        argument = _next_argument(command, rest, options)
        if argument is None:
            return None, unused
        if argument.value is Value.COMMAND:
            return argument, _next_words(rest)
        return argument, self._values(argument, meant) or unused

    def _values(self, argument: Argument, meant: str) -> list[Suggestion]:
        if argument.choices:
            return [(choice, argument.help) for choice in argument.choices]
        return suggested_values(argument.value, self._session, meant.rpartition("=")[2])


def members(kind: type) -> list[str]:
    """Return the names of what a client has: verbs, what else is ours, the API, the rest.

    Examples
    --------
    >>> members(Client)[:5]
    ['order', 'wait_code', 'again', 'finish', 'cancel']
    """

    def place(name: str) -> tuple[bool, bool, int, str]:
        rank = _VERBS.index(name) if name in _VERBS else len(_VERBS)
        return name.startswith("_"), name in _API, rank, name

    return sorted(dir(kind), key=place)


def _kind(owner: Client | AsyncClient, name: str) -> str:
    """Return what Jedi would call it."""
    return "function" if callable(getattr(type(owner), name, None)) else "property"


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


def _next_words(given: list[str]) -> list[Suggestion]:
    """Suggestion the next word of a command's name."""
    depth = len(given)
    offered: dict[str, str] = {}
    for command in COMMANDS.values():
        if len(command.words) <= depth or list(command.words[:depth]) != given:
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
    if command.positional and command.positional[-1].often is Often.ANY:
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
            known = session.names.services
            names = [(name, code) for code, name in known.items() if name != code]
            suggestions = [*known.items(), *names]
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
