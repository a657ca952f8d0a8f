"""Look-ups: from what people write to what the wire takes.

An id or a code goes out as it is where the protocol knows it. For a name, an ISO code or anything
unknown the provider's own catalogue is asked, once: it is free, and ids could differ.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from sms_notebook.protocol import catalogue as known
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import BadAction, SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.frames.kinds import string_array
from sms_notebook.protocol.steps import Ask, Steps

_CALLS = Calls()
_CODE = re.compile(r"[a-z0-9]{2,5}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")
CATALOGUES = ("getCountries", "getServicesList")
"""The actions whose frames say what countries and services are called."""
NAMED = frozenset(("country", "service", "multiService"))
"""The wire parameters in whose place a person may write a name."""
_DIGITS = 18  # a longer number is no id
_MOST_IDS = 5
_FIRST = 3  # names that are shown of many
Id = TypeVar("Id", int, str)


class _Named(dict[Id, str]):
    """Names by id, which show the first ones alone."""

    def __repr__(self) -> str:
        first = ", ".join(f"{key!r}: {name!r}" for key, name in islice(self.items(), _FIRST))
        more = f", … {len(self):,} in all" if len(self) > _FIRST else ""
        return f"{{{first}{more}}}"


class Names(NamedTuple):
    """What services and countries are called.

    Attributes
    ----------
    services : mapping of str to str
        Names by code.
    countries : mapping of int to str
        English names by id.
    """

    services: Mapping[str, str]
    countries: Mapping[int, str]

    def is_country(self, text: str) -> bool:
        """Tell whether a text is known to mean a country: an id, a name or an ISO code.

        Examples
        --------
        >>> [sms.names.is_country(text) for text in ("KZ", "costa rica", "2", "Atlantis")]
        [True, True, True, False]
        """
        folded = text.casefold()
        if folded.isascii() and folded.isdigit():
            return len(folded) <= _DIGITS and int(folded) in self.countries
        names = {name.casefold() for name in self.countries.values()}
        return folded in names or any(
            country.id in self.countries or country.eng.casefold() in names
            for country in _known_by_name(text)
        )

    def is_service(self, text: str) -> bool:
        """Tell whether a text is known to mean a service: a code or a name.

        Examples
        --------
        >>> [sms.names.is_service(text) for text in ("tg", "any other", "Atlantis")]
        [True, True, False]
        """
        return _bare(text) in self.services or bool(_services_named(text, self.services))

    def __repr__(self) -> str:
        return (
            f"<{len(self.services):,} services and {len(self.countries):,} countries: "
            ".services['tg'], .countries[2]>"
        )


@dataclass(slots=True)
class Catalogue:
    """The provider's countries and services, as far as they have been asked for.

    Attributes
    ----------
    has_own_ids : bool
        Whether its ids of countries are its own: nothing that the protocol knows of ids holds.
    takes_words : bool
        Whether a word is what it calls a service or a country, and is sent as it is.
    """

    has_own_ids: bool = False
    takes_words: bool = False
    countries: dict[int, str] | None = field(default=None)
    services: dict[str, str] | None = field(default=None)
    lacking: set[str] = field(default_factory=set)

    @property
    def names(self) -> Names:
        """The names as far as they are known without asking."""
        return Names(
            _Named(self.services or _known_services()), _Named(self.countries or self._known)
        )

    def name(self, frame: pd.DataFrame, ask: Ask | None) -> Steps[pd.DataFrame]:
        """Return a frame with names beside its ids.

        Parameters
        ----------
        frame : DataFrame
            With a column ``service`` or ``country``.
        ask : callable or None
            Performs a call, where the provider has not said yet what it calls them; None to name
            what is known without asking.

        Raises
        ------
        UsageProblem
            If there is nothing to name.
        SmsError
            If the provider was asked, and does not say what it calls them.
        """
        if not isinstance(frame, pd.DataFrame):
            raise UsageProblem(f"with_names takes a frame, not {type(frame).__name__}.")
        columns = list(frame.columns)
        if columns.count("service") + columns.count("country") == 0:
            raise UsageProblem("with_names: this frame has neither a column service nor country.")
        if len(set(columns)) < len(columns):
            raise UsageProblem("with_names: this frame has two columns of one name.")
        result = frame.copy()
        if "service" in columns and OWN_NAMES["service"] not in columns:
            if ask is not None and self.services is None:
                yield from self.look_up(_CALLS.get_services_list(), ask, needed=True)
            _put_beside(result, "service", self.services or _known_services(), _bare)
        if "country" in columns and OWN_NAMES["country"] not in columns:
            if ask is not None and self.countries is None:
                yield from self.look_up(_CALLS.get_countries(), ask, needed=True)
            _put_beside(result, "country", self.countries or self._known, _whole)
        return result

    @property
    def _known(self) -> dict[int, str]:
        """The countries by the protocol's ids, where those hold."""
        return {} if self.has_own_ids else _known_countries()

    def begin(self, ask: Ask) -> Steps[None]:
        """Ask a provider for its countries, of whose ids nothing is known yet."""
        if self.has_own_ids and self.countries is None:
            yield from self.look_up(_CALLS.get_countries(), ask, needed=False)

    def learn(self, call: Call, frame: pd.DataFrame) -> None:
        """Remember a catalogue that somebody asked for anyway."""
        if call.action.name == "getCountries":
            named = frame[frame["eng"].notna()]
            self.countries = dict(zip(named["country"], named["eng"], strict=True))
        elif call.action.name == "getServicesList" and not call.params:
            self.services = dict(
                zip(frame["service"], frame["name"].fillna(frame["service"]), strict=True)
            )

    def resolve(self, call: Call, ask: Ask) -> Steps[Call]:
        """Return a call with ids and codes for names.

        Parameters
        ----------
        call : Call
            As a person made it.
        ask : callable
            Performs a call, where the provider's catalogue is needed.
        """
        params = dict(call.params)
        if "country" in params:
            params["country"] = yield from self._country(params["country"], ask)
        if "service" in params:
            params["service"] = yield from self._service(params["service"], ask)
        if "multiService" in params:
            codes: list[str] = []
            for service in params["multiService"].split(","):
                codes.append((yield from self._service(service, ask)))  # noqa: PERF401 - a comprehension cannot yield
            params["multiService"] = ",".join(codes)
        return call if params == call.params else Call(call.action, params)

    def _is_own(self, text: str) -> bool:
        """Tell whether a text is what the provider itself calls something."""
        return self.takes_words and _WORD.fullmatch(text) is not None

    def _country(self, text: str, ask: Ask) -> Steps[str]:
        if self._is_own(text):
            return text
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
        if number is not None and number in (self.countries or self._known):
            return text
        if self.countries is None:
            yield from self.look_up(_CALLS.get_countries(), ask, needed=number is None)
        countries = self.countries or self._known
        if number is not None:
            if number in countries or self.countries is None:
                return text
            dialled = {country.id for country in known.countries() if text == country.dial}
            raise _not_a_dial_code(text, self._where_ids_agree(dialled, countries))
        if text.startswith("+"):
            dialled = {country.id for country in known.countries() if text == f"+{country.dial}"}
            raise _not_a_dial_code(text, self._where_ids_agree(dialled, countries))
        matches = self._countries_named(text, countries)
        if not matches and _services_named(text, self.services or _known_services()):
            raise UsageProblem(
                f"unknown country {text!r}: that is a service. The service comes first, "
                "then the country."
            )
        return _only_match(
            "country",
            text,
            {str(key): name for key, name in matches.items()},
            (*countries.values(), *(c.iso for c in known.countries() if c.id in countries)),
        )

    def _service(self, text: str, ask: Ask) -> Steps[str]:
        if self._is_own(text):
            return text
        if _bare(text) in (self.services or _known_services()):
            return text
        if self.services is None:
            yield from self.look_up(_CALLS.get_services_list(), ask, needed=False)
        services = self.services or _known_services()
        if _bare(text) in services:
            return text
        matches = _services_named(text, services)
        if not matches and self._countries_named(text, self.countries or self._known):
            raise UsageProblem(
                f"unknown service {text!r}: that is a country. The service comes first, "
                "then the country."
            )
        if not matches and self.services is None and _CODE.fullmatch(text):
            return text  # perhaps a code of the provider's own: it will say
        return _only_match("service", text, matches, (*services.values(), *services))

    def _countries_named(self, text: str, countries: dict[int, str]) -> dict[int, str]:
        """Return the countries that a name or an ISO code means."""
        folded = text.casefold()
        if named := {key: name for key, name in countries.items() if name.casefold() == folded}:
            return named
        ids = {country.id for country in _known_by_name(text)}
        return self._where_ids_agree(ids, countries)

    def _where_ids_agree(self, ids: Iterable[int], countries: dict[int, str]) -> dict[int, str]:
        """Keep ids under which the provider has no country of another name."""
        ours = _known_countries()
        if self.has_own_ids:
            own_names = {ours[key].casefold() for key in ids}
            return {key: name for key, name in countries.items() if name.casefold() in own_names}
        others = {name.casefold(): key for key, name in ours.items()}
        return {
            key: countries[key]
            for key in sorted(ids)
            if key in countries and others.get(countries[key].casefold(), key) == key
        }

    def look_up(self, call: Call, ask: Ask, *, needed: bool = False) -> Steps[None]:
        """Ask the provider for a catalogue; where it has none the protocol's own has to do.

        Where it only failed to answer, nothing is guessed in its place: ids could differ.
        """
        if call.action.name in self.lacking:
            return
        try:
            frame = yield from ask(call)
        except SmsError as error:
            if isinstance(error, BadAction) and error.is_missing:
                self.lacking.add(call.action.name)
            elif needed:
                raise
            return
        self.learn(call, frame)


@cache
def _known_countries() -> dict[int, str]:
    return {country.id: country.eng for country in known.countries()}


def _known_by_name(text: str) -> list[known.Country]:
    """Return the protocol's countries that a name or an ISO code means."""
    folded = text.casefold()
    named = [
        country
        for country in known.countries()
        if folded in (country.eng.casefold(), country.rus.casefold(), country.chn)
    ]
    if named:
        return named
    iso = known.iso_code(text)
    return [country for country in known.countries() if country.iso == iso]


@cache
def _known_services() -> dict[str, str]:
    return {service.code: service.name for service in known.services()}


def _bare(code: str) -> str:
    """Return a service code without the mark of call forwarding."""
    return code[:-2] if code.endswith(("_0", "_1")) else code


def _whole(value: Any) -> int | None:
    """Read the id of a country, also out of a frame that was changed; None where it is none."""
    text = str(value).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _put_beside(
    frame: pd.DataFrame, column: str, names: Mapping[Any, str], id_of: Callable[[Any], Any]
) -> None:
    """Put a column of names beside one of ids; what is named already stays so."""
    ids = frame[column]
    known = {value: names.get(id_of(value), pd.NA) for value in ids.dropna().unique()}
    texts = string_array([known.get(value, pd.NA) for value in ids.astype(object)])
    named = pd.Series(texts, index=frame.index)
    name = f"{column}_name"
    if name in frame.columns:
        frame[name] = frame[name].fillna(named)
    else:
        frame.insert(int(list(frame.columns).index(column)) + 1, name, named)


OWN_NAMES = {"service": "name", "country": "eng"}
"""What has names in the frames of the catalogues themselves."""

_LISTS = {
    "country": Hint("{get_countries()} lists them"),
    "service": Hint("{get_services_list()} lists them"),
}


def _did_you_mean(names: Iterable[str]) -> list[Hint]:
    listing = ", ".join(names)
    return [Hint("did you mean {meant}?", meant=listing)] if listing else []


def _not_a_dial_code(text: str, dialled: dict[int, str]) -> UsageProblem:
    """Say that the protocol has ids of its own, and which the dialled countries have."""
    suggestions = [f"{key} ({name})" for key, name in list(dialled.items())[:_MOST_IDS]]
    if not suggestions and not text.startswith("+"):
        return UsageProblem(
            Phrase("unknown country {text}: none has this id", text=text),
            hints=[_LISTS["country"]],
        )
    return UsageProblem(
        Phrase(
            "unknown country {text}: the protocol has ids of its own, not dial codes", text=text
        ),
        hints=[*_did_you_mean(suggestions), _LISTS["country"]],
    )


def _services_named(text: str, services: Mapping[str, str]) -> dict[str, str]:
    """Return the services that a name means: the whole name, else one of several in it."""
    folded = text.casefold()
    if named := {code: name for code, name in services.items() if name.casefold() == folded}:
        return named
    if folded in services:
        return {folded: services[folded]}
    return {
        code: name
        for code, name in services.items()
        if folded in (part.strip() for part in name.casefold().replace("+", ",").split(","))
    }


def _only_match(kind: str, text: str, matches: dict[str, str], names: Iterable[str]) -> str:
    """Return the one that was found, or say which could be meant."""
    if len(matches) == 1:
        return next(iter(matches))
    if matches:
        listing = ", ".join(f"{key} ({name})" for key, name in list(matches.items())[:_MOST_IDS])
        raise UsageProblem(f"{kind} {text!r} is ambiguous: {listing}. Pass one of these ids.")
    by_fold = {name.casefold(): name for name in names}
    begun = [fold for fold in by_fold if fold.startswith(text.casefold())]
    from difflib import get_close_matches  # noqa: PLC0415 - only for who misspelt something

    near = list(dict.fromkeys([*begun, *get_close_matches(text.casefold(), by_fold, 3, 0.6)]))
    raise UsageProblem(
        Phrase("unknown {kind} {text!r}", kind=kind, text=text[:40]),
        hints=[*_did_you_mean(by_fold[fold] for fold in near[:3]), _LISTS[kind]],
    )
