"""What a client tells of its ledger, and how purchases whose answer was lost are settled."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from sms_notebook.client.session import StepTaker
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.arguments import CountryLike, Identifier, Moment, Texts
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Parameter, Phrase
from sms_notebook.protocol.steps import Offload, Steps

LOG = logging.getLogger("sms_notebook")


class LedgerReports(StepTaker[Frame]):
    """What a client tells of its ledger, whichever way it waits."""

    def ledger(
        self,
        *,
        since: Moment | timedelta | None = None,
        limit: int | None = None,
        service: str | None = None,
        country: CountryLike | None = None,
        state: Texts | None = None,
        kind: Texts | None = None,
        key: str | None = None,
        everywhere: bool = False,
    ) -> Frame:
        """Everything that was ordered: what it cost, and which code came after how long.

        What narrows it is looked up by the database: a long ledger is not read for a few rows.

        Parameters
        ----------
        since : datetime, timedelta, str or float, optional
            Only what was ordered since then: a time with a zone, seconds since 1970, or how long
            ago; by our clock, as ``begun_at``.
        limit : int, optional
            The latest so many rows.
        service : str, optional
            Code or name.
        country : int or str, optional
            Id, ISO code or English name.
        state : str or list of str, optional
            Only these states, such as ``active`` or ``uncertain``.
        kind : str or list of str, optional
            ``activation``, ``rent``, ``extension`` or ``product``.
        key : str, optional
            Your own name for the order.
        everywhere : bool
            True for all providers and accounts in the ledger, not only this client's.

        Returns
        -------
        DataFrame
            One row for everything bought, and for each order that brought nothing, the latest last:
            ``phone_number``, ``service``, ``country``, ``operator``, ``cost`` (missing where nobody
            knows), ``currency``, ``state``, ``codes``, ``bought_at``, ``seconds_to_code``,
            ``first_code_at``, ``texts``, ``refunded``, ``is_quote`` (the cost is what was named
            beforehand), ``begun_at``, ``error``, ``certainty``, ``action``, ``provider``, ``key``,
            ``activation_id``, ``rent_id``, ``order_id``.

        Raises
        ------
        LedgerProblem

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.ledger(state="active", limit=1)[["service", "state"]].iloc[0].tolist()
        ['tg', 'active']
        """
        params = {
            "service": arg.text("service", service),
            "country": arg.identifier("country", country),
        }
        rows = arg.whole("limit", limit, 1)
        return self._take(
            self._reported(
                Call(ACTIONS["getPrices"], {k: v for k, v in params.items() if v is not None}),
                since=_since(since),
                limit=None if rows is None else int(rows),
                states=_words("state", state),
                kinds=_words("kind", kind),
                key=arg.text("key", key),
                everywhere=bool(everywhere),
            )
        )

    def reopen_ledger(self, *, new: bool = False) -> Frame:
        """Go on with the ledger after its file was moved, deleted or replaced.

        Until then every call that needs the ledger is refused, in all clients of this process: what
        it does not know, it would buy again. Nothing is asked of the provider.

        Parameters
        ----------
        new : bool
            True begins a new ledger where there is none. It knows no order and no key: what was
            ordered under a key is ordered again under it.

        Returns
        -------
        DataFrame
            One row: ``ledger`` (where it is), ``is_new``, ``orders`` (how many it has, of all
            providers and accounts), ``unsettled`` (of these, how many wait to be settled).

        Raises
        ------
        LedgerProblem
            If there is none, and ``new`` was not said; it stays refused.

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> bool(sms.reopen_ledger().loc[0, "is_new"])
        False
        """
        return self._take(self._reopened(new=bool(new)))

    def _reported(self, about: Call, **filters: Any) -> Steps[pd.DataFrame]:
        yield Offload()
        from sms_notebook.ledger import ledger_frame as ledgers  # noqa: PLC0415 - loads SQLAlchemy

        _check_words("state", filters["states"], ledgers.STATES)
        _check_words("kind", filters["kinds"], ledgers.KINDS)
        session = self._session
        params = (yield from session.catalogue.resolve(about, session.read)).params
        if (country := params.get("country")) is not None:
            filters["country"] = int(country) if country.isdigit() else -1
        filters["service"] = params.get("service")
        return ledgers.ledger_frame(session.ledgers.account_ledger, ledgers.LedgerFilter(**filters))

    def _reopened(self, *, new: bool) -> Steps[pd.DataFrame]:
        yield Offload()
        from sms_notebook.ledger.frame_schemas import reopened_frame  # noqa: PLC0415 - loads SQLAlchemy

        account_ledger = self._session.ledgers.account_ledger
        return reopened_frame(account_ledger, is_new=account_ledger.ledger.reopen(new=new))


def _since(since: Moment | timedelta | None) -> datetime | None:
    if isinstance(since, timedelta):
        return datetime.now(UTC) - since
    seconds = arg.moment("since", since)
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def _words(name: str, words: Texts | None) -> tuple[str, ...]:
    joined = arg.joined(name, words)
    return () if joined is None else tuple(joined.split(","))


def _check_words(name: str, words: tuple[str, ...], known: Iterable[str]) -> None:
    if unknown := [word for word in words if word not in set(known)]:
        raise UsageProblem(
            Phrase(
                "{name} takes {known}, not {unknown!r}",
                name=Parameter(name),
                known=", ".join(dict.fromkeys(known)),
                unknown=unknown[0][:40],
            )
        )


Claims = Mapping[str, Identifier | Sequence[Identifier]]
"""By order id: the id of what it bought, or several."""


class Reconciling(StepTaker[Frame]):
    """What a client does with purchases of which nobody knows what became."""

    def reconcile(
        self,
        *,
        wait: bool = True,
        dismiss: Texts | None = None,
        claim: Claims | None = None,
    ) -> Frame:
        """Find out what became of purchases whose outcome nobody heard. It never buys.

        Looks at getActiveActivations, getHistory, getRentList and continueRentInfo, writes what it
        finds to the ledger, and completes what the ledger does not know yet of numbers.

        What is listed is an order's own where nothing else fits it, nothing of it was there before,
        and nobody else buys the same on this account, as far as its lists show; it is ``inferred``
        then. Otherwise it stays ``unknown``, with its ``candidates``, until you say which it is.

        Parameters
        ----------
        wait : bool
            A purchase counts as not made when two looks, ten seconds apart, both show nothing, at
            a provider that lists purchases at once, and where all of its list could be read.
            Elsewhere it stays open. False looks once, and leaves it open. While it waits it says
            so, as `wait_code` does.
        dismiss : str or list of str, optional
            Order ids that you have looked up yourself: nothing was bought with them. Also takes
            back what was only inferred or claimed.
        claim : mapping, optional
            By order id: the id of the activation or rent that is its own, as you have found out;
            several for a number for several services. ``certainty`` is ``claimed`` then.

        Returns
        -------
        DataFrame
            One row for each purchase that was open: ``phone_number``, ``service``, ``country``,
            ``cost``, ``currency``, ``result`` (``bought``, ``not bought``, ``open``,
            ``unknown``, ``dismissed``), ``why`` (it is not known), ``certainty`` (``read``,
            ``inferred``, ``claimed``), ``candidates`` and ``candidate_numbers`` (lists),
            ``action``, ``key``, ``activation_id``, ``rent_id``, ``order_id``.

        Raises
        ------
        UsageProblem
            If a claim names an order that is not open, or what another order has, the provider does
            not list, or is for something else. Then no claim is written.
        LedgerProblem, ConnectionFailed, BadKey, ServerError
            If nothing could be looked up. Where only a part could not, the rest is settled.

        Examples
        --------
        >>> sms.reconcile().empty
        True
        """
        dismissed = arg.joined("dismiss", dismiss)
        claims = _claims(claim)
        ids = dismissed.split(",") if dismissed else []
        return self._take(self._reconciled(ids, claims, wait=wait))

    def _reconciled(
        self, dismissed: list[str], claims: dict[str, list[str]], *, wait: bool
    ) -> Steps[pd.DataFrame]:
        yield Offload()
        from sms_notebook.ledger.claims import claim, dismiss  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.frame_schemas import settled_frame  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.observations import complete  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.reconciliation import settle  # noqa: PLC0415 - likewise

        session = self._session
        account_ledger = session.ledgers.account_ledger
        results = yield from claim(account_ledger, claims, session.read)
        results += dismiss(account_ledger, dismissed)
        results += yield from settle(account_ledger, session.read, wait=wait)
        failures = yield from complete(account_ledger, session.read)
        if failures and not results:
            raise failures[0]
        if failures:
            LOG.warning(
                "The orders were looked up, but how numbers ended could not be asked (%s). "
                "sms.reconcile() asks again.",
                failures[0].action,  # a reply, which the mask would have to hide, stays out
            )
        return settled_frame(account_ledger, results)


def _claims(claim: Claims | None) -> dict[str, list[str]]:
    """Check claims: ids by order id."""
    if claim is None:
        return {}
    if not isinstance(claim, Mapping):
        raise UsageProblem('claim takes {"order id": "activation id"}.')
    return {
        arg.required("claim", arg.text("claim", order)): arg.ids("claim", "activation_id", ids)
        for order, ids in claim.items()
    }
