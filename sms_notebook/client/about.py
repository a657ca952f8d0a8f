"""What a client knows without asking anybody, and what a face may ask of it: ``sms.about``.

`%sms` and panels work through this door, and through nothing that is private to the client.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sms_notebook.client.catalogue import Names
from sms_notebook.client.comparing import Comparing
from sms_notebook.client.ledger_reports import LedgerReports
from sms_notebook.client.offers import CountryOffer, OfferSource
from sms_notebook.client.session import Session
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.protocol.arguments import one
from sms_notebook.protocol.calls import Call, Frame, PurchaseKind
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.steps import Steps, offload
from sms_notebook.providers.key import ApiKey
from sms_notebook.providers.row import Provider

if TYPE_CHECKING:
    from sms_notebook.ledger.purchases import Quote
    from sms_notebook.sandbox import Gateway

_ACTIONS = {
    **{action.method: action.name for action in (*ACTIONS.values(), *BEYOND.values())},
    "rent": "getRentNumber",
    "extend": "continueRentNumber",
}
"""The action that decides whether a method has something to do, by the method's name."""
_STATUSES = {"again": "3", "finish": "6", "cancel": "8"}
"""The number of setStatus, likewise."""


class ActiveNumber(NamedTuple):
    """A number that is alive, as far as the ledger knows.

    Attributes
    ----------
    ref : str
        Id of the activation or rent.
    label : str
        The number, and what it is for.
    is_rent : bool
        Whether it is a rent.
    """

    ref: str
    label: str
    is_rent: bool


class About:
    """Who is asked, whether it costs money, and what is known of numbers.

    Parameters
    ----------
    session : Session
        Of the client.
    gateway : Gateway or None
        The embedded sandbox, where that is asked.
    take : callable
        Performs steps as the client does.
    """

    def __init__(
        self,
        session: Session,
        gateway: "Gateway | None",
        take: Callable[[Steps[Any]], Any],
    ) -> None:
        self._session = session
        self._take = take
        self.gateway = gateway
        """The embedded sandbox with its faults; None where a provider is asked over the network."""

    @property
    def label(self) -> str:
        """Who is asked, in words; never the key."""
        return self._session.settings.label

    @property
    def provider(self) -> Provider:
        """The provider."""
        return self._session.settings.provider

    @property
    def key(self) -> ApiKey | None:
        """The key in use, which shows itself to nobody unasked."""
        return self._session.settings.key

    @property
    def spends_real_money(self) -> bool:
        """Whether a purchase costs anything; what has no key and is on this machine does not."""
        is_sandbox = self.provider.own_clock and self.key is None
        return self.provider.real_money and not is_sandbox

    def now(self) -> datetime:
        """Return the time at the provider: the real one, that of the sandbox, the recorded one."""
        return self._session.ledgers.now()

    def resolve(self, call: Call) -> Call:
        """Return a call with ids and codes for names; the provider's catalogue may be asked."""
        session = self._session
        resolved: Call = self._take(session.catalogue.resolve(call, session.read))
        return resolved

    def quote(self, call: Call) -> "Quote":
        """Ask what a purchase would cost.

        Raises
        ------
        NoNumbers, BadAction
            If it is not on sale, or the provider names no prices.
        """
        quote: Quote = self._take(self._quoted(call))
        return quote

    def offers(self, service: str, country: str | None) -> list[CountryOffer]:
        """Return what a service is offered for, in one country or in all, as `compare` knows it."""
        offers: list[CountryOffer] = self._take(self._offered(service, country))
        return offers

    def is_bought(self, call: Call, key: str) -> bool:
        """Tell whether a person's key stands for something that was bought."""
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.schema import OrderState  # noqa: PLC0415 - likewise

        account_ledger = self._session.ledgers.account_ledger
        found = account_ledger.by_key(PurchaseRequest(call).buys, one("key", key))
        return found is not None and found.state == OrderState.BOUGHT

    def active_numbers(self) -> list[ActiveNumber]:
        """Return the numbers that the ledger knows as alive, the latest first.

        Raises
        ------
        LedgerProblem
            If the ledger cannot be read.
        """
        ledgers = self._session.ledgers
        if not ledgers.is_in_use:
            return []
        from sms_notebook.ledger.ledger import WITH_OWN_ID  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.schema import NUMBERS, NumberState  # noqa: PLC0415 - likewise

        account_ledger = ledgers.account_ledger
        rows = account_ledger.numbers(
            NUMBERS.c.state == NumberState.ACTIVE, NUMBERS.c.buys.in_(WITH_OWN_ID)
        )
        now = self.now() if ledgers.knows_the_clock else None
        return [
            ActiveNumber(
                row.ref,
                " ".join(filter(None, (row.phone_number, row.service))),
                row.buys is PurchaseKind.RENT,
            )
            for row in reversed(rows)
            if now is None or now < (row.ends_at or (row.since or row.bought_at) + self._life)
        ]

    def end_of(self, ref: str) -> datetime:
        """Return when an activation ends by itself, by the clock of `now`."""
        return self._session.ledgers.moment_of(ref, self.provider.life)

    @property
    def _life(self) -> timedelta:
        return timedelta(seconds=self.provider.life)

    def _offered(self, service: str, country: str | None) -> Steps[list[CountryOffer]]:
        market = OfferSource(self._session)
        codes = yield from market.services([service])
        ids = yield from market.countries([] if country is None else [country])
        return (yield from market.offers(codes[0], ids))

    def _quoted(self, call: Call) -> "Steps[Quote]":
        from sms_notebook.ledger.budget import quote  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - loads SQLAlchemy

        session = self._session
        call = yield from session.catalogue.resolve(call, session.read)
        return (yield from quote(self.provider, PurchaseRequest(call), session.read))


class Knowing(LedgerReports[Frame], Comparing[Frame]):
    """What a client knows and finds out of where to buy, whichever way it waits."""

    @property
    def names(self) -> Names:
        """The names of services and countries: the provider's where it was asked, else known ones.

        Examples
        --------
        >>> sms.names.services["tg"], sms.names.countries[2]
        ('Telegram', 'Kazakhstan')
        """
        return self._session.catalogue.names

    def has(self, method: str) -> bool:
        """Tell whether the provider in use is known to have what a method does. Asks nobody.

        False where it is known to lack it, and where no source names it: then the method may be
        tried all the same, and `check` tries those that only read.

        Parameters
        ----------
        method : str
            Name of a method of a client, as ``get_history``, ``rent`` or ``again``.

        Raises
        ------
        UsageProblem
            If there is no such method.

        Examples
        --------
        >>> sms.has("rent"), sms.has("get_price_tiers"), sms.has("get_all_sms")
        (True, True, False)
        """
        provider = self._session.settings.provider
        if method in _STATUSES:
            is_cancel_refused = method == "cancel" and not provider.can_cancel
            return _STATUSES[method] in provider.takes and not is_cancel_refused
        if method in _ACTIONS:
            return provider.has(_ACTIONS[method])
        if method.startswith("_") or not hasattr(type(self), method):
            raise UsageProblem(f"a client has no method {method!r:.60}.")
        return True

    def budget(self) -> Frame:
        """Tell what may still be spent today (UTC). Asks nobody but the ledger.

        Returns
        -------
        DataFrame
            One row, in the provider's currency: ``budget`` (the day's limit; missing where there is
            none), ``spent_today`` (what today's orders of all kernels that share the ledger cost or
            may cost, refunds taken off), ``left`` (missing without a limit, and where nobody knows
            all costs), ``unknown`` (how many purchases of today nobody knows the cost of: they are
            not in ``spent_today``).

        Raises
        ------
        LedgerProblem

        Examples
        --------
        >>> from sms_notebook.sandbox import Sandbox
        >>> careful = Client(sandbox=Sandbox(), budget="2.00")
        >>> number = careful.order("tg", "Kazakhstan")
        >>> careful.budget()
           budget  spent_today  left  unknown
        0     2.0         0.86  1.14        0
        """
        return self._take(self._budgeted())

    def _budgeted(self) -> Steps[pd.DataFrame]:
        yield from offload()
        from sms_notebook.ledger.budget import spent, unknown  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.ledger import today  # noqa: PLC0415 - likewise

        account_ledger = self._session.ledgers.account_ledger
        about = (account_ledger.provider.name, today())
        already, not_known = account_ledger.database.read(
            lambda connection: (spent(connection, *about), unknown(connection, *about))
        )
        limit = account_ledger.budget
        row: dict[str, Any] = {
            "budget": pd.NA if limit is None else float(limit),
            "spent_today": float(already),
            "left": pd.NA
            if limit is None or not_known
            else float(max(limit - already, Decimal(0))),
            "unknown": not_known,
        }
        money = dict.fromkeys(("budget", "spent_today", "left"), "Float64")
        return pd.DataFrame([row]).astype(money | {"unknown": "Int64"})
