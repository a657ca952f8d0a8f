"""Everything the provider knows, handed to each action."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sms_notebook.sandbox.account import Account
from sms_notebook.sandbox.activations import Activations
from sms_notebook.sandbox.agenda import Agenda
from sms_notebook.sandbox.books import Books
from sms_notebook.sandbox.clock import Clock
from sms_notebook.sandbox.lands import Land, lands
from sms_notebook.sandbox.market import Market
from sms_notebook.sandbox.numbers import PhoneNumbers
from sms_notebook.sandbox.postbox import Postbox
from sms_notebook.sandbox.price_lists import PriceList, extended_row, free_price_row, price_row
from sms_notebook.sandbox.rent_market import RentMarket
from sms_notebook.sandbox.rents import Rents


@dataclass(slots=True, eq=False)
class State:
    """What the provider knows.

    Attributes
    ----------
    now
        The moment of the request that is being answered.
    channels
        How many activations may be active at the same time.
    """

    seed: int
    now: datetime
    channels: int
    account: Account
    lands: dict[int, Land]
    books: Books
    agenda: Agenda
    postbox: Postbox
    numbers: PhoneNumbers
    market: Market
    activations: Activations
    rent_market: RentMarket
    rents: Rents
    prices: PriceList
    extended_prices: PriceList
    free_prices: PriceList

    @classmethod
    def new(
        cls, *, seed: int, clock: Clock, account: Account, channels: int, success: float | None
    ) -> Self:
        """Open a provider with a fresh market and no customers yet."""
        known_lands = lands(seed)
        books, agenda, postbox = Books(account), Agenda(), Postbox()
        market, rent_market = Market(seed, known_lands), RentMarket(seed, known_lands)
        return cls(
            seed=seed,
            now=clock.now(),
            channels=channels,
            account=account,
            lands=known_lands,
            books=books,
            agenda=agenda,
            postbox=postbox,
            numbers=PhoneNumbers(),
            market=market,
            activations=Activations(
                seed=seed,
                books=books,
                agenda=agenda,
                market=market,
                postbox=postbox,
                success=success,
            ),
            rent_market=rent_market,
            rents=Rents(
                seed=seed,
                books=books,
                agenda=agenda,
                market=rent_market,
                postbox=postbox,
                success=success,
            ),
            prices=PriceList(market, price_row),
            extended_prices=PriceList(market, extended_row),
            free_prices=PriceList(market, free_price_row),
        )
