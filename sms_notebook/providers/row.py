"""A provider as a row of data: each way in which it departs from the reference is a field.

The reference is what the API documentation says; its value is the default of a field where anything
may be assumed, and the careful value where money hangs on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

import msgspec
import pandas as pd

from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.protocol.actions.rent import Rent
from sms_notebook.protocol.calls import Call, declared_actions
from sms_notebook.protocol.errors import EarlyCancelDenied, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.replies import Context, Reply
from sms_notebook.protocol.steps import Ask, ProviderRequest, Steps

PATH = "/stubs/handler_api.php"
RENT_ACTIONS = tuple(declared_actions(Rent))

Composite = Callable[[Call, Ask], Steps[pd.DataFrame]]
"""Performs an action for which a provider needs other requests than one, or several."""


class Rents(StrEnum):
    """What rents are at a provider."""

    OWN = "own"
    """They have actions of their own: getRentNumber and its like in the API documentation."""
    AS_ACTIVATIONS = "as activations"
    """They are activations that last longer, with the actions of activations."""
    NONE = "none"


class TierCount(StrEnum):
    """What the count beside a price says, where prices come as a map of price to count."""

    EXACT = "exact"
    """So many numbers cost exactly this."""
    CUMULATIVE = "cumulative"
    """So many can be had for this or less."""
    UNKNOWN = "not known"


class StockSuffix(StrEnum):
    """What follows the service in a key of getNumbersStatus, as in ``tg_0``."""

    FORWARD = "forward"
    """Whether the stock is for call forwarding: 0 or 1."""
    COUNTRY = "country"
    """The id of the country."""


class OwnAction(msgspec.Struct, frozen=True):
    """How a provider wants an action to be asked for.

    Attributes
    ----------
    name : str
        Its own name of the action; the API's where empty.
    method : str
        The HTTP method; the usual one where empty.
    params : mapping
        Its own name by the API's name of a parameter, for this action; an empty one is left out.
    fixed : mapping
        Parameters that are always sent with it.
    chosen_by : str
        The parameter, by the API's name, whose value chooses the name; it is not sent itself.
    names : mapping
        Its own name of the action by that value.
    usual : mapping
        What is sent, by the API's name of a parameter, where a person names nothing.
    needs : tuple of str
        Parameters, by the API's name, without which it refuses.
    path : str
        Where it is asked for in place of the protocol's address: a path of the same host, which
        takes the key in a header.
    """

    name: str = ""
    method: str = ""
    params: Mapping[str, str] = msgspec.field(default_factory=dict)
    fixed: Mapping[str, str] = msgspec.field(default_factory=dict)
    chosen_by: str = ""
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    usual: Mapping[str, str] = msgspec.field(default_factory=dict)
    needs: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """How the list of activations that live is read to its end: getActiveActivations.

    Attributes
    ----------
    size : int or None
        Rows of a page that can be asked for with ``start`` and ``limit``; None where the list has
        no pages.
    is_proof : bool
        Whether what the whole list does not show was not bought: the provider lists at once, and an
        empty list is no failure.
    rest : str
        Path of a better list, if there is one: it has ``size`` and ``page``, zoned times and a
        total, and takes the key in a header.
    rest_size : int
        Rows of a page there.
    """

    size: int | None = None
    is_proof: bool = False
    rest: str = ""
    rest_size: int = 25


WHOLE = Listing(is_proof=True)
"""The list of the reference: all rows in one reply, at once."""

TIERS_AND_RATES = {
    "getPricesV2": OwnAction("getPricesExtended", fixed={"freePrice": "true"}),
    "getDeliveryRates": OwnAction(
        "getListOfTopCountriesByService", params={"country": ""}, fixed={"length": "1000"}
    ),
}
"""What is beyond the API documentation, asked for with what is in it: as of the reference."""

STATUSES: Mapping[str, str] = {
    "1": "the SMS has been sent",
    "3": "one more code",
    "6": "finish",
    "8": "cancel",
}
"""What the numbers of setStatus mean, in the API documentation."""

PAGE_SIZES = frozenset((10, 20, 25, 30, 50, 100, 200, 250, 500, 1000))
"""Lengths at which lists are known to end: one that has as many may not be the whole."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of the protocol.

    Attributes
    ----------
    name : str
        What people write: ``herosms``.
    title : str
        What it calls itself.
    base_url : str
        The address of its API.
    zone : tzinfo
        The zone of its times that name none.
    currency : str
        ISO 4217, of amounts beside which none stands; empty where that is not known.
    needs_key : bool
        Whether a call makes sense without a key.
    real_money : bool
        Whether a purchase costs anything.
    lacks : tuple of str
        Actions that it is known not to have.
    undocumented : tuple of str
        Actions that no source names here: they are asked for only when a person does.
    beyond : tuple of str
        Actions beyond the API documentation that it has.
    actions : mapping
        How it wants actions to be asked for, by the API's name.
    composites : mapping
        What performs an action, by the API's name, where one request is not enough.
    params : mapping
        Its own name by the API's name of a parameter, for all actions.
    fixed_params : mapping
        Parameters that belong to each request.
    ignores : tuple of str
        Parameters of a purchase that it takes no notice of, by the API's name.
    filters : tuple of str
        Filters of a purchase beyond the API documentation that it honours: ``minPrice``,
        ``fixedPrice``, ``providerIds``, ``exceptProviderIds``.
    tiers : mapping
        Actions that name prices with how many numbers there are at each, and what the count says.
    statuses : mapping
        Its own number by the API's number, for setStatus.
    takes : tuple of str
        The numbers that setStatus takes, by the API's numbers.
    methods : tuple of str
        The HTTP methods that it takes, the usual one first.
    order_id : bool
        Whether it fills an order of the same ``orderId`` once only.
    listing : Listing
        How its list of activations that live is read.
    rents : Rents
        What rents are here.
    own_countries : bool
        Whether its ids of countries are its own.
    named_places : bool
        Whether its services and countries are words of its own, sent as they are written.
    stock_suffix : StockSuffix
        What follows the service in a key of getNumbersStatus.
    rate : float or None
        Requests a second that it bears.
    webhook_sources : tuple of str
        Addresses its webhooks come from.
    words : mapping
        The API's error code by a word of its own that means the same.
    vague : tuple of str
        Error codes that mean several things here: none of them says that an action is missing.
    notes : mapping
        What an error code means here, where it is peculiar.
    own_clock : bool
        Whether its time may be another than the real one: that of a sandbox can be stepped.
    life : float
        Seconds after which an activation ends by itself; see getStatus in the API documentation.
    longest_life : float or None
        The longest life, where it depends on service and country.
    first_cancel : float
        Seconds after buying in which an activation cannot be cancelled yet; see
        EARLY_CANCEL_DENIED of setStatus in the API documentation.
    can_cancel : bool
        Whether an activation can be cancelled at all.
    rent_refund : float
        Seconds after renting in which a rent can be cancelled; see setRentStatus in the API
        documentation.
    shortest_rent : int
        Hours of a rent, or of an extension, where none are given; see rent_time of getRentNumber in
        the API documentation.
    rent_hours : tuple of int
        The only hours that can be rented; empty where any can.
    closed : str
        The day it closed, and where its users went.
    remark : str
        What a person should know, for docs/providers.md.
    """

    name: str
    title: str
    base_url: str
    zone: tzinfo = UTC
    currency: str = ""
    needs_key: bool = True
    real_money: bool = True
    lacks: tuple[str, ...] = ()
    undocumented: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    actions: Mapping[str, OwnAction] = field(default_factory=dict)
    composites: Mapping[str, Composite] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    fixed_params: Mapping[str, str] = field(default_factory=dict)
    ignores: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    tiers: Mapping[str, TierCount] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = tuple(STATUSES)
    methods: tuple[str, ...] = ("GET", "POST")
    order_id: bool = False
    listing: Listing = Listing()
    rents: Rents = Rents.OWN
    own_countries: bool = False
    named_places: bool = False
    stock_suffix: StockSuffix = StockSuffix.FORWARD
    rate: float | None = None
    webhook_sources: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    vague: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    own_clock: bool = False
    life: float = 20 * 60.0
    longest_life: float | None = None
    first_cancel: float = EarlyCancelDenied.retry_after
    can_cancel: bool = True
    rent_refund: float = 20 * 60.0
    shortest_rent: int = 2
    rent_hours: tuple[int, ...] = ()
    closed: str = ""
    remark: str = ""

    def has(self, action: str) -> bool:
        """Tell whether an action is worth asking for, unless a person does."""
        if self.rents is Rents.NONE and action in RENT_ACTIONS:
            return False
        if action in BEYOND:
            return action in self.beyond
        return action not in self.lacks and action not in self.undocumented

    def check(self, call: Call) -> None:
        """Refuse what would not do here what it says, before anything is sent.

        Raises
        ------
        UsageProblem
            If the action is beyond the API documentation and this provider lacks it, if a parameter
            beyond it would be ignored, if one that is needed here was not given, or if a status of
            the API documentation cannot be set here.
        """
        action, params = call.action, call.params
        if action.is_beyond and action.name not in self.beyond:
            what = Phrase("{provider} does not have this", provider=self.title)
            raise UsageProblem(what, action=action.method)
        own = self.actions.get(action.name, _AS_DOCUMENTED)
        for name in action.extras:
            if name in params and name not in (*self.filters, *own.params, own.chosen_by):
                what = Phrase(
                    "{provider} would ignore {name}, so nothing was sent",
                    provider=self.title,
                    name=Parameter(action.extras[name]),
                )
                raise UsageProblem(what, action=action.method)
        for name in own.needs:
            if name not in params:
                what = Phrase("{provider} needs a {name}", provider=self.title, name=name)
                raise UsageProblem(what, action=action.method)
        status = params.get("status", "")
        if action.name == "setStatus" and status in STATUSES and status not in self.takes:
            raise self._no_such_status(status)

    def _no_such_status(self, status: str) -> UsageProblem:
        """Say that a status cannot be set, before anything is sent."""
        there = ", ".join(f"{number} ({STATUSES[number]})" for number in self.takes)
        return UsageProblem(
            Phrase(
                "{provider} has no status {status} ({what})",
                provider=self.title,
                status=status,
                what=STATUSES[status],
            ),
            hints=[Hint("it takes {there}", there=there)],
            action="setStatus",
            provider=self.name,
        )

    @property
    def documented(self) -> Mapping[str, str]:
        """The API's name by its own name of an action, where that is a name of its own."""
        names: dict[str, str] = {}
        for action, own in self.actions.items():
            for name in filter(None, (own.name, *own.names.values())):
                if name not in ACTIONS:
                    names.setdefault(name, action)
        return names

    def request(self, call: Call) -> ProviderRequest:
        """Put a call in this provider's own words."""
        action = call.action.name
        if call.action.rest:
            rest = call.action.rest
            return ProviderRequest(rest, dict(call.params), of=action, path=rest)
        own = self.actions.get(action, _AS_DOCUMENTED)
        params = {**self.fixed_params, **own.fixed}
        for name, value in {**own.usual, **call.params}.items():
            spelled = own.params.get(name, self.params.get(name, name))
            if not spelled or name == own.chosen_by:
                continue
            renumbered = action == "setStatus" and name == "status"
            params[spelled] = self.statuses.get(value, value) if renumbered else value
        chosen = own.names.get(call.params.get(own.chosen_by, "")) if own.chosen_by else None
        name = chosen or own.name or action
        return ProviderRequest(name, params, of=action, method=own.method, path=own.path)

    def context(self, call: Call, reply: Reply) -> Context:
        """Say who was asked what, and how this provider speaks."""
        action = call.action.name
        return Context(
            action,
            call.params,
            self.name,
            self.zone,
            self.note_on(action),
            reply.at or datetime.now(UTC),
            words=self.words,
            vague=self.vague,
            tier_count=self.tiers.get(action, TierCount.UNKNOWN).value,
            stock_suffix=self.stock_suffix.value,
            first_cancel=self.first_cancel,
            headers=reply.headers,
            currency=self.currency,
            rents_among=self.rents is Rents.AS_ACTIVATIONS,
        )

    def note_on(self, action: str) -> Mapping[str, str]:
        """Return what error codes mean here, also that an action is known to be missing."""
        if action not in self.lacks:
            return self.notes
        missing = f"{self.title} is known not to have {action}."
        return {**self.notes, "BAD_ACTION": missing, "HTTP_404": missing}


_AS_DOCUMENTED = OwnAction()
