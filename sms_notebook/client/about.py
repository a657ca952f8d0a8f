"""What a client knows without asking anybody, and what a face may ask of it: ``sms.about``.

`%sms` and panels work through this door, and through nothing that is private to the client.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import pandas as pd

from sms_notebook.client.catalogue import Names
from sms_notebook.client.comparing import Comparing, offered
from sms_notebook.client.ledger_reports import LedgerReports
from sms_notebook.client.offers import (
    CountryOffer,
    Deliveries,
    DeliveryPlace,
    OfferSource,
    deliveries,
)
from sms_notebook.client.session import Session
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import ALL_ACTIONS
from sms_notebook.protocol.arguments import Countries, Price
from sms_notebook.protocol.calls import Call, Frame, PurchaseKind
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.steps import Offload, Steps
from sms_notebook.providers.key import ApiKey
from sms_notebook.providers.row import Provider

if TYPE_CHECKING:
    from sms_notebook.ledger.purchases import Quote
    from sms_notebook.sandbox import Gateway

T = TypeVar("T")

_ACTIONS = {
    **{action.method: action.name for action in ALL_ACTIONS.values()},
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


class TakeSteps(Protocol):
    """Performs steps as the client does."""

    def __call__(self, steps: Steps[T], /) -> T:
        """Return what comes of them."""


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
        take: TakeSteps,
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
        return self._take(session.catalogue.resolve(call, session.read))

    def named(self, frame: pd.DataFrame, *, may_ask: bool) -> pd.DataFrame:
        """Return a frame with names beside ids, as far as they are known without asking.

        Parameters
        ----------
        frame : DataFrame
            Any; one without ids stays as it is.
        may_ask : bool
            Whether a provider with ids of its own may be asked what it calls its countries, once.
        """
        catalogue = self._session.catalogue
        if {"service", "country"}.isdisjoint(frame.columns) or not frame.columns.is_unique:
            return frame
        if may_ask and "country" in frame.columns:
            self._take(catalogue.begin(self._session.read))
        return self._take(catalogue.name(frame, None))

    def quote(self, call: Call) -> "Quote":
        """Ask what a purchase would cost.

        Raises
        ------
        NoNumbers, BadAction
            If it is not on sale, or the provider names no prices.
        """
        return self._take(self._quoted(call))

    def offers(
        self,
        service: str,
        countries: Countries | None,
        own: Mapping[DeliveryPlace, Deliveries] | None = None,
    ) -> list[CountryOffer]:
        """Return what a service is offered for, as `compare` knows it, the best first.

        Parameters
        ----------
        service : str
            Code or name.
        countries : int, str, list or None
            Ids, ISO codes or English names; None for all that have it.
        own : mapping, optional
            What `deliveries` returned: a long ledger is not counted again.
        """
        places = [] if countries is None else arg.places("country", countries)
        return self._take(offered(OfferSource(self._session), [service], places, own))

    def deliveries(self, service: str) -> Mapping[DeliveryPlace, Deliveries]:
        """Return what came to the numbers of this account, as `compare` counts it."""
        return self._take(deliveries(self._session, [service]))

    def is_bought(self, call: Call, key: str) -> bool:
        """Tell whether a person's key stands for something that was bought."""
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.schema import OrderState  # noqa: PLC0415 - likewise

        account_ledger = self._session.ledgers.account_ledger
        order = account_ledger.by_key(PurchaseRequest(call).buys, arg.text("key", key))
        return order is not None and order.state == OrderState.BOUGHT

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

    def _quoted(self, call: Call) -> "Steps[Quote]":
        from sms_notebook.ledger.budget import quote  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - loads SQLAlchemy

        session = self._session
        call = yield from session.catalogue.resolve(call, session.read)
        return (yield from quote(self.provider, PurchaseRequest(call), session.read))


class Lookups(LedgerReports[Frame], Comparing[Frame]):
    """What a client knows and finds out of where to buy, whichever way it waits."""

    @property
    def names(self) -> Names:
        """The names of services and countries: the provider's where it was asked, else known ones.

        Examples
        --------
        >>> sms.names.services["tg"], sms.names.countries[2]
        ('Telegram', 'Kazakhstan')
        >>> len(repr(sms.names)) < 100
        True
        """
        return self._session.catalogue.names

    def with_names(self, frame: pd.DataFrame) -> Frame:
        """Put names beside ids: ``service_name`` beside ``service``, ``country_name`` likewise.

        The provider is asked once what it calls its services and countries, unless it has said so
        already; where it has no such list, the protocol's own names stand for those ids that hold
        everywhere. API documentation: ``getServicesList``, ``getCountries``.

        Parameters
        ----------
        frame : DataFrame
            With a column ``service`` or ``country``; it is not changed. A name that is there
            already stays.

        Returns
        -------
        DataFrame
            The same with ``service_name`` and ``country_name`` (string), each to the right of its
            id; missing where nobody knows the id.

        Raises
        ------
        UsageProblem
            If there is nothing to name in it.
        ConnectionFailed, ServerError
            If the provider does not say what it calls them.

        Examples
        --------
        >>> named = sms.with_names(sms.get_prices("tg", "KZ"))
        >>> named.columns[:4].tolist()
        ['service', 'service_name', 'country', 'country_name']
        >>> named.loc[0, "country_name"]
        'Kazakhstan'
        """
        session = self._session
        return self._take(session.catalogue.name(frame, session.read))

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
            One row, in the provider's currency: ``budget`` (Float64, the day's limit; missing where
            there is none), ``spent_today`` (Float64, what today's orders of all kernels that share
            the ledger cost or may cost, refunds taken off), ``left`` (Float64, missing without a
            limit, and where nobody knows all costs), ``unknown`` (Int64, how many purchases of
            today nobody knows the cost of: they are not in ``spent_today``).

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

    def set_budget(self, amount: Price | None) -> Frame:
        """Set the most that may be spent in a day (UTC), from now on.

        What is spent counts over all kernels that share the ledger; the limit is this client's own,
        as with ``Client(budget=…)``. Every purchase is measured against the limit that holds in the
        moment in which it is written down, before it is sent: one that is under way without a limit
        meanwhile is refused, and nothing is sent.

        Parameters
        ----------
        amount : Decimal, float, str or None
            In the provider's currency. None takes it away; where ``SMS_BUDGET`` is set, that holds
            again.

        Returns
        -------
        DataFrame
            As `budget`.

        Raises
        ------
        UsageProblem
            If it is no amount; the one before holds on.
        LedgerProblem

        Examples
        --------
        >>> from sms_notebook.sandbox import Sandbox
        >>> careful = Client(sandbox=Sandbox())
        >>> float(careful.set_budget("5").loc[0, "left"])
        5.0
        """
        self._session.ledgers.set_budget(amount)
        return self._take(self._budgeted())

    def _budgeted(self) -> Steps[pd.DataFrame]:
        yield Offload()
        from sms_notebook.ledger.budget import spent, unknown  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.frame_schemas import BUDGET  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.schema import today  # noqa: PLC0415 - likewise

        account_ledger = self._session.ledgers.account_ledger
        about = (account_ledger.provider.name, today())
        already, not_known = account_ledger.database.read(
            lambda connection: (spent(connection, *about), unknown(connection, *about))
        )
        limit = account_ledger.budget
        left = None if limit is None or not_known else max(limit - already, Decimal(0))
        row = {
            "budget": limit,
            "spent_today": already,
            "left": left,
            "unknown": not_known,
        }
        return account_ledger.frame(BUDGET, [row], "budget")
