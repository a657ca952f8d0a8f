"""Checking a provider: what only reads is asked once, and what came of it is written down.

A report holds shapes and words alone: no key, number, code or text, so that it can be shown.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from sms_notebook.client.report import shape_of
from sms_notebook.client.session import Session, StepTaker
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    ApiError,
    BadAction,
    BadKey,
    MalformedReply,
    RentError,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.frames.kinds import COUNT, FLAG, REAL, TEXT, WORDS
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.protocol.replies import Context, Reply, code_like
from sms_notebook.protocol.steps import Activity, Pause, Steps
from sms_notebook.providers.row import Provider, Rents

CHECK = Schema(
    Column("action", TEXT, "the action, as in the API documentation"),
    Column("answered", FLAG, "whether the provider answered it"),
    Column("as_expected", FLAG, "whether the answer was read, or refused, as expected"),
    Column("rows", COUNT, "rows that were read"),
    Column("skipped", COUNT, "rows that could not be read"),
    Column("seconds", REAL, "how long it took"),
    Column("what_to_know", WORDS, "what is peculiar, and what to do"),
)
"""The frame of a check."""

_CALLS = Calls()
_Make = Callable[[], Call]
_NOBODY = "1"  # an activation that no account has
_USUAL_SERVICE = "tg"
_ONLY_READS = "a check only reads: it has bought nothing"
_PAUSE = 0.3  # seconds between two questions: nobody is hurried


class _Probe(msgspec.Struct, frozen=True):
    """What came of one question.

    Attributes
    ----------
    frame : DataFrame or None
        What was read.
    error : SmsError or None
        Why nothing was.
    status : int
        The HTTP status; 0 where no answer came.
    shape : object
        How the answer was made.
    """

    frame: pd.DataFrame | None = None
    error: SmsError | None = None
    status: int = 0
    shape: Any = None


@dataclass(slots=True)
class _Samples:
    """A country and a service that the provider has."""

    country: int = 0
    service: str = _USUAL_SERVICE


@dataclass(slots=True)
class ProviderCheck:
    """One run through what only reads.

    Parameters
    ----------
    session : Session
        Of the client.
    """

    session: Session
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _report: list[dict[str, Any]] = field(default_factory=list)
    _balance: Any = None

    def run(self) -> Steps[pd.DataFrame]:
        """Ask everything once; a frame with one row for each action comes of it.

        Raises
        ------
        BadKey
            If the provider does not know the key: nothing more is asked then.
        """
        samples, provider = _Samples(), self.session.settings.provider
        for make, note in self._questions(samples):
            call = make()
            began = time.monotonic()
            probe = yield from self._probe(call)
            self._note(call, probe, time.monotonic() - began, note)
            if isinstance(probe.error, BadKey) and probe.error.code not in provider.vague:
                raise probe.error
            _learn(samples, call, probe.frame)
            activity = Activity(f"the next question of the check to {provider.title}")
            yield Pause(0.0 if provider.own_clock else _PAUSE, activity)
        yield from self._say_what_was_spent()
        context = Context("check", {}, provider.name)
        return CHECK.from_rows(
            [], context, {name: [row[name] for row in self._rows] for name in self._rows[0]}
        )

    def _say_what_was_spent(self) -> Steps[None]:
        """Look at the balance again: a check buys nothing, and that can be seen."""
        first = self._rows[0]
        if first["rows"] != 1:
            first["what_to_know"] = _joined(first["what_to_know"], _ONLY_READS)
            return
        probe = yield from self._probe(_CALLS.get_balance())
        after = None if probe.frame is None else probe.frame["balance"].iloc[0]
        unchanged = after is not None and after == self._balance
        what = "and the balance is what it was" if unchanged else "but the balance has changed"
        first["what_to_know"] = _joined(first["what_to_know"], f"{_ONLY_READS}, {what}")

    def report(self) -> dict[str, Any]:
        """Return what a bug report needs."""
        from importlib.metadata import version  # noqa: PLC0415 - only for a report

        provider = self.session.settings.provider
        return {
            "sms_notebook": version("sms-notebook"),
            "provider": provider.name,
            "actions": self._report,
        }

    def _questions(self, samples: _Samples) -> Iterator[tuple[_Make, str]]:
        """Return what is asked, the catalogues first: the rest asks about what they have."""
        make: _Make
        for make in (_CALLS.get_balance, _CALLS.get_countries, _CALLS.get_services_list):
            yield make, ""
        yield lambda: _CALLS.get_operators(country=samples.country), ""
        yield lambda: _CALLS.get_numbers_status(country=samples.country), ""
        yield lambda: _CALLS.get_prices(samples.service, samples.country), ""
        yield (
            lambda: _CALLS.get_prices_extended(service=samples.service, country=samples.country),
            "",
        )
        yield lambda: _CALLS.get_prices_verification(samples.service), ""
        yield lambda: _CALLS.get_top_countries_by_service(samples.service), ""
        yield lambda: _CALLS.get_top_countries_by_service_rank(samples.service), ""
        yield lambda: _CALLS.get_list_of_top_countries_by_service(samples.service), ""
        yield _CALLS.get_active_activations, ""
        yield _CALLS.get_history, ""
        for look in (_CALLS.get_status, _CALLS.get_status_v2, _CALLS.check_extra_activation):
            yield partial(look, _NOBODY), "an activation that nobody has"
        provider = self.session.settings.provider
        if provider.rents is not Rents.NONE:
            yield lambda: _offers(samples.country, provider.shortest_rent), ""
            yield _CALLS.get_rent_list, ""
            yield partial(_CALLS.get_rent_status, _NOBODY), "a rent that nobody has"

    def _probe(self, call: Call) -> Steps[_Probe]:
        probes: list[_Probe] = []

        def read(reply: Reply, context: Context) -> _Probe:
            shape = shape_of(reply.body)
            try:
                probes.append(_Probe(call.read(reply, context), None, reply.status, shape))
            except SmsError as error:
                probes.append(_Probe(None, error, reply.status, shape))
                raise
            return probes[-1]

        try:
            return (yield from self.session.perform(call, read))
        except SmsError as error:
            return probes[-1] if probes else _Probe(error=error)

    def _note(self, call: Call, probe: _Probe, seconds: float, note: str) -> None:
        provider, action = self.session.settings.provider, call.action.name
        skipped = 0 if probe.frame is None else int(probe.frame.attrs.get("skipped", 0))
        expected, what = _judged(provider, action, probe, skipped, is_about_nobody=bool(note))
        if action == "getBalance" and probe.frame is not None:
            self._balance = probe.frame["balance"].iloc[0]
        self._rows.append(
            {
                "action": action,
                "answered": probe.status > 0,
                "as_expected": expected,
                "rows": None if probe.frame is None else len(probe.frame),
                "skipped": skipped,
                "seconds": round(seconds, 3),
                "what_to_know": _joined(note, what) or None,
            }
        )
        self._report.append(
            {
                "action": action,
                "http_status": probe.status,
                "as_expected": expected,
                "rows": self._rows[-1]["rows"],
                "skipped": skipped,
                "seconds": round(seconds, 3),
                "error": type(probe.error).__name__ if probe.error is not None else None,
                "word": _word_of(probe.error),
                "shape": probe.shape,
            }
        )


def _offers(country: int, hours: int) -> Call:
    return _CALLS.get_rent_services_and_countries(rent_time=hours, country=country)


def _judged(
    provider: Provider, action: str, probe: _Probe, skipped: int, *, is_about_nobody: bool
) -> tuple[bool, str]:
    """Tell whether an answer is as expected, and what to know of it."""
    error, is_listed = probe.error, provider.has(action)
    match error:
        case None if not is_listed:
            judged = True, "it is there, although the table of providers says otherwise"
        case None:
            rows = 0 if probe.frame is None else len(probe.frame)
            judged = skipped <= rows, f"rows that could not be read: {skipped}" if skipped else ""
        case _ if probe.status == 0:
            judged = False, f"no answer: {error.reason}"
        case MalformedReply():
            judged = False, f"cannot be read: {error.reason}. Save a report, and send it to us"
        case BadAction():
            what = "the provider does not have it"
            is_known = not is_listed or error.code in provider.vague
            judged = is_known, f"{what}; not known yet" if is_listed else what
        case _:
            is_unknown_id = isinstance(error, ActivationNotFound | RentError)
            judged = is_about_nobody and is_unknown_id, f"refused: {error.reason}"
    return judged


def _joined(*notes: str | None) -> str:
    return "; ".join(filter(None, notes))


def _word_of(error: SmsError | None) -> str | None:
    """Return the word of a refusal, where it is one."""
    code = error.code if isinstance(error, ApiError) else ""
    return code if code_like(code) and not re.search(r"\d{4}", code) else None


def _learn(samples: _Samples, call: Call, frame: pd.DataFrame | None) -> None:
    """Take a country and a service that the provider has, for what is asked next."""
    if frame is None or not len(frame):
        return
    if call.action.name == "getCountries":
        countries = frame["country"].dropna().tolist()
        samples.country = next((c for c in (6, 187, 2) if c in countries), countries[0])
    elif call.action.name == "getServicesList" and _USUAL_SERVICE not in set(frame["service"]):
        samples.service = str(frame["service"].iloc[0])


# The clients' method ----------------------------------------------------------------------------


class Checking(StepTaker[Frame]):
    """Checks of the provider in use, whichever way a client waits."""

    def check(self, *, save: "str | PathLike[str] | None" = None) -> Frame:
        """Check how well the provider in use is understood. Only reads: nothing is spent.

        Parameters
        ----------
        save : str or path, optional
            A file for a report in JSON: shapes and words of the replies, for an issue. It holds no
            key, number, code or text.

        Returns
        -------
        DataFrame
            One row for each action that only reads: ``action``, ``answered``, ``as_expected``,
            ``rows``, ``skipped``, ``seconds``, ``what_to_know``.

        Raises
        ------
        BadKey
            If the provider does not know the key.
        UsageProblem
            If the report cannot be written.

        Examples
        --------
        >>> bool(sms.check()["as_expected"].all())
        True
        """
        return self._take(self._checked(None if save is None else Path(save)))

    def _checked(self, save: Path | None) -> Steps[pd.DataFrame]:
        check = ProviderCheck(self._session)
        frame = yield from check.run()
        if save is not None:
            try:
                text = json.dumps(check.report(), indent=1, ensure_ascii=False)
                save.expanduser().write_text(text + "\n", encoding="utf-8")
            except (OSError, ValueError, RuntimeError) as problem:
                reason = getattr(problem, "strerror", None) or problem
                raise UsageProblem(
                    Phrase("the report cannot be written: {reason}", reason=reason),
                    hints=[Hint("name another file")],
                ) from None
        return frame
