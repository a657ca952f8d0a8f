"""Tab: commands, options and values, from memory."""

import re
from collections.abc import Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from sms_notebook.client.providers import PROVIDERS
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.parsing import RESULT_OPTIONS
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Argument, Command, Value
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.errors import SmsError

_LINE = re.compile(r"^\s*(?:[\w.,\s]+=\s*)?%sms(?:\s+(?P<words>.*))?$", re.DOTALL)
_MOST = 400  # offers


class Completing:
    """Completes lines of ``%sms``.

    Parameters
    ----------
    session : Session
        Knows services, countries and numbers, as far as they were asked for.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

        @context_matcher(identifier="sms")
        def matcher(context: CompletionContext) -> Any:
            return self._match(context)

        self.matcher = matcher

    def _match(self, context: CompletionContext) -> dict[str, Any]:
        found = _LINE.match(
            context.text_until_cursor.splitlines()[-1] if context.text_until_cursor else ""
        )
        if found is None or found["words"] is None:
            return {"completions": [], "suppress": False}
        text = found["words"]
        given = text.split()
        fragment = "" if not text or text[-1].isspace() else given.pop()
        offers = self.offers(given, fragment)
        folded = fragment.casefold()
        completions = [
            SimpleCompletion(word, type=meaning)
            for word, meaning in offers
            if word.casefold().lstrip("'").startswith(folded)
        ][:_MOST]
        return {"completions": completions, "suppress": True, "matched_fragment": fragment}

    def offers(self, given: list[str], fragment: str) -> Iterable[tuple[str, str]]:
        """Return what may come next, each with its meaning.

        Parameters
        ----------
        given : list of str
            The words before.
        fragment : str
            What has been typed of the next one.
        """
        command = COMMANDS.get(tuple(given[:2])) or COMMANDS.get(tuple(given[:1]))
        if command is None:
            return _next_words(given)
        rest = given[len(command.words) :]
        options = {one.name: one for one in (*command.options, *RESULT_OPTIONS)}
        before = options.get(rest[-1]) if rest else None
        if before is not None and before.value is not None:
            return self._values(before)
        if fragment.startswith("-"):
            return [(one.name, one.help) for one in options.values() if one.name not in rest]
        return self._words(command, rest, options)

    def _words(
        self, command: Command, rest: list[str], options: dict[str, Argument]
    ) -> list[tuple[str, str]]:
        """Offer the next word that is no option."""
        spent = sum(1 for place, word in enumerate(rest) if _is_word(word, rest[:place], options))
        places = [
            one
            for one in command.positional
            for _ in range(20 if one.often.value == "any number of times" else 1)
        ]
        offered: list[tuple[str, str]] = []
        if spent < len(places):
            offered += self._values(places[spent])
        if (
            spent >= len(command.positional)
            and command.has_second_country
            and "--country" not in rest
        ):
            offered += self._values(options["--country"])
        return offered or [(one.name, one.help) for one in command.options if one.name not in rest]

    def _values(self, argument: Argument) -> list[tuple[str, str]]:
        if argument.choices:
            return [(choice, argument.help) for choice in argument.choices]
        match argument.value:
            case Value.SERVICE | Value.SERVICES:
                return self._services()
            case Value.COUNTRY:
                return self._countries()
            case Value.ACTIVATION:
                return self._numbers(rented=False)
            case Value.RENT:
                return self._numbers(rented=True)
            case Value.PROVIDER:
                return [(one.name, one.title) for one in PROVIDERS.values()]
            case Value.ACTION:
                return [(one.name, one.summary) for one in ACTIONS.values()]
            case Value.FAULT:
                return _faults()
            case _:
                return []

    def _services(self) -> list[tuple[str, str]]:
        known = self._catalogue().services or {one.code: one.name for one in catalogue.services()}
        names = [(_quoted(name), code) for code, name in known.items() if name != code]
        return [*known.items(), *names]

    def _countries(self) -> list[tuple[str, str]]:
        known = self._catalogue().countries or {one.id: one.eng for one in catalogue.countries()}
        iso = [(one.iso, one.eng) for one in catalogue.countries() if one.id in known]
        names = [(_quoted(name), str(key)) for key, name in known.items()]
        return [*names, *dict(iso).items(), *((str(key), name) for key, name in known.items())]

    def _catalogue(self) -> Any:
        if not self._session.is_open:
            return _NOTHING
        return self._session.client._session.catalogue  # noqa: SLF001 - a face of the client

    def _numbers(self, *, rented: bool) -> list[tuple[str, str]]:
        """Offer what is alive, as the ledger knows it; the latest first."""
        if not self._session.is_open:
            return []
        try:
            frame = self._session.client.ledger()
        except SmsError:
            return []
        column = "rent_id" if rented else "activation_id"
        alive = frame[(frame["state"] == "active") & frame[column].notna()]
        rows = alive[[column, "phone_number", "service"]].itertuples(index=False)
        return [(ref, f"{number} {service}") for ref, number, service in rows][::-1]


class _Nothing:
    services = countries = None


_NOTHING = _Nothing()


def _next_words(given: list[str]) -> list[tuple[str, str]]:
    """Offer the next word of a command's name."""
    depth = len(given)
    if depth and given[0] == "help":
        given, depth = given[1:], depth - 1
    offered: dict[str, str] = {}
    for command in COMMANDS.values():
        if list(command.words[:depth]) == given and len(command.words) > depth:
            offered.setdefault(command.words[depth], command.help)
    if not given:
        offered.setdefault("help", "what commands there are")
    return list(offered.items())


def _is_word(word: str, before: list[str], options: dict[str, Argument]) -> bool:
    """Tell whether a word is neither an option nor the value of one."""
    if word.startswith("-"):
        return False
    option = options.get(before[-1]) if before else None
    return option is None or option.value is None


def _quoted(name: str) -> str:
    return f"'{name}'" if re.search(r"[\s,()&]", name) else name


def _faults() -> list[tuple[str, str]]:
    from sms_notebook.sandbox.fault_names import CONNECTION_FAULTS, ERROR_CODES  # noqa: PLC0415 - rarely needed

    return [
        (f"{name}:1", meaning) for name, meaning in {**CONNECTION_FAULTS, **ERROR_CODES}.items()
    ]
