"""Tab: commands, options and values, from memory."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.offering import Offer, offers_of
from sms_notebook.magics.saying import printable
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Argument, Command, Often, Value

_LINE = re.compile(r"^(?:.*=)?\s*%sms\s(?P<words>.*)$")
_PLAIN = re.compile(r"[\w@%+:,./=-]+")  # what a shell takes as one word without quotes
_LISTS = (Value.SERVICES, Value.OPERATOR)


class _Typed(NamedTuple):
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


class Completing:
    """Completes lines of ``%sms``.

    Parameters
    ----------
    session : Session
        Knows services, countries and numbers, as far as they were asked for.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

        def matcher(context: CompletionContext) -> dict[str, Any]:
            return self._match(context.text_until_cursor)

        self.matcher = context_matcher(identifier="sms")(matcher)

    def _match(self, text: str) -> dict[str, Any]:
        """Return what IPython wants of a matcher."""
        found = _LINE.match(text)
        if found is None:
            return {"completions": [], "suppress": False}
        typed = _typed(found["words"])
        return {
            "completions": list(self._completions(typed)),
            "suppress": True,  # where there are any; in braces Python's own names are offered
            "matched_fragment": typed.fragment,
        }

    def _completions(self, typed: _Typed) -> Iterator[SimpleCompletion]:
        argument, offers = self.offers(typed.words, typed.meant)
        head, meant = "", typed.meant
        if meant.startswith("--") and "=" in meant:
            name, _, meant = meant.partition("=")
            head = f"{name}="
        if argument is not None and argument.value in _LISTS:
            done, comma, meant = meant.rpartition(",")
            head += done + comma
        wanted = meant.casefold()
        for word, meaning in offers:
            if word.casefold().startswith(wanted):
                yield SimpleCompletion(_quoted(head + word, typed.quote), type=printable(meaning))

    def offers(self, given: list[str], meant: str) -> tuple[Argument | None, Iterable[Offer]]:
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
        options = {name: one for one in command.options for name in (one.name, one.short) if name}
        before = options.get(meant.partition("=")[0]) if "=" in meant else None
        if before is None and rest:
            before = options.get(rest[-1])
        if before is not None and before.value is not None:
            return before, self._values(before, meant)
        unused = [(one.name, one.help) for one in command.options if one.name not in rest]
        if meant.startswith("-"):
            return None, unused
        argument = _next_argument(command, rest, options)
        if argument is None:
            return None, unused
        if argument.value is Value.COMMAND:
            return argument, _next_words(rest)
        return argument, self._values(argument, meant) or unused

    def _values(self, argument: Argument, meant: str) -> list[Offer]:
        if argument.choices:
            return [(choice, argument.help) for choice in argument.choices]
        return offers_of(argument.value, self._session, meant.rpartition("=")[2])


def _typed(text: str) -> _Typed:
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
    return _Typed(words, text[start:], word, quote)


def _next_words(given: list[str]) -> list[Offer]:
    """Offer the next word of a command's name."""
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
    command: Command, rest: list[str], options: dict[str, Argument]
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


def _is_plain(word: str, before: list[str], options: dict[str, Argument]) -> bool:
    """Tell whether a word is neither an option nor the value of one."""
    if word.startswith("-"):
        return False
    option = options.get(before[-1]) if before else None
    return option is None or option.value is None


def _quoted(word: str, quote: str) -> str:
    """Put a word in quotes where it needs them, or where a quote was begun."""
    if not quote:
        if _PLAIN.fullmatch(word):
            return word
        quote = "'" if "'" not in word else '"'
    inner = {"'": r"'\''", '"': r"\"", "\\": r"\\", "$": r"\$"}
    special = quote if quote == "'" else '"\\$'
    word = "".join(inner[one] if one in special else one for one in word)
    word = word.replace("{", "{{").replace("}", "}}")
    return f"{quote}{word}{quote}"
