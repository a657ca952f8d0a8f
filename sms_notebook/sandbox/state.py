"""Everything the provider knows, handed to each action."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sms_notebook.sandbox.account import Payment, Payments, SandboxAccount
from sms_notebook.sandbox.activation_market import (
    ActivationMarket,
    PriceList,
    extended_row,
    free_price_row,
    price_row,
)
from sms_notebook.sandbox.activations import (
    EARLY_CANCEL_SECONDS,
    FIRST_ID,
    Activation,
    SandboxActivations,
)
from sms_notebook.sandbox.country_markets import PhoneNumbers, draw_country_markets
from sms_notebook.sandbox.messages import WebhookBody, WebhookOutbox, webhook_body
from sms_notebook.sandbox.rented_numbers import RentedNumber, RentedNumbers, RentMarket
from sms_notebook.sandbox.simulation import Scheduler
from sms_notebook.sandbox.wire import Answer, Params, RefusedError, dollars

_Number = TypeVar("_Number", Activation, RentedNumber)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRules:
    """What a provider does otherwise than the reference, whatever its words are.

    Attributes
    ----------
    early_cancel_seconds
        A number cannot be cancelled before.
    lives
        Minutes that an activation lives, by service and country, where not 20.
    first_id
        Ids of activations begin somewhere above.
    without_countries
        Countries of the catalogue that it does not have.
    webhook_body
        How it writes a notification.
    """

    early_cancel_seconds: int = EARLY_CANCEL_SECONDS
    lives: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    first_id: int = FIRST_ID
    without_countries: frozenset[int] = frozenset()
    webhook_body: WebhookBody = webhook_body


class ProviderState:
    """What a provider with a fresh market and no customers yet knows, and then more and more.

    Attributes
    ----------
    now
        The moment of the request that is being answered.
    channels
        How many activations may be active at the same time.
    rules
        What is not as in the reference.
    list_lag
        Seconds until a purchase is in the lists.
    list_page
        Rows of a list at most; the dialect decides when None.
    """

    def __init__(
        self,
        *,
        seed: int,
        now: datetime,
        account: SandboxAccount,
        channels: int,
        success: float | None,
        rules: MarketRules | None = None,
        list_lag: float = 0.0,
        list_page: int | None = None,
    ) -> None:
        self.rules = rules = MarketRules() if rules is None else rules
        self.list_lag = timedelta(seconds=list_lag)
        self.list_page = list_page
        self.seed = seed
        self.now = now
        self.channels = channels
        self.account = account
        self.payments = Payments(account)
        self.scheduler = Scheduler()
        self.outbox = WebhookOutbox(rules.webhook_body)
        self.numbers = PhoneNumbers()
        self.country_markets = {
            country: market
            for country, market in draw_country_markets(seed, is_real=success is None).items()
            if country not in rules.without_countries
        }
        self.market = ActivationMarket(seed, self.country_markets, is_real=success is None)
        self.rent_market = RentMarket(seed, self.country_markets)
        self.activations = SandboxActivations(
            seed,
            self.payments,
            self.scheduler,
            self.outbox,
            self.market,
            success=success,
            first_id=rules.first_id,
            lives=rules.lives,
        )
        self.rents = RentedNumbers(seed, self.payments, self.scheduler, self.outbox, success)
        self.prices = PriceList(self.market, price_row)
        self.extended_prices = PriceList(self.market, extended_row)
        self.free_prices = PriceList(self.market, free_price_row)

    def listed(self, numbers: Iterable[_Number]) -> list[_Number]:
        """Return those that the lists know already."""
        latest = self.now - self.list_lag
        return [number for number in numbers if number.at <= latest]

    def page_size(self, size: int | None, default: int, most: int) -> int:
        """Return how many rows a list answers with, when so many were asked for."""
        if self.list_page is not None:
            default = most = self.list_page
        return default if size is None or size < 1 else min(size, most)

    def pay(
        self,
        action: str,
        number: Activation | RentedNumber,
        cents: int,
        no_money: RefusedError,
        *,
        order_id: str | None = None,
        use_cashback: bool = False,
    ) -> int:
        """Pay for a number, or for more hours of it; return the id of the payment."""
        payment = Payment(
            id=str(number.id),
            action=action,
            order_id=order_id,
            service=number.service,
            country=number.country_market.id,
            phone_number=number.phone,
            cost=dollars(cents),
            at=self.now,
        )
        return self.payments.pay(payment, no_money, use_cashback=use_cashback)


ActionHandler = Callable[[ProviderState, Params], Answer]
"""What answers one action."""
