"""The price lists of the whole market as JSON; a country is written anew when its stock changed."""

from collections.abc import Callable
from typing import Any

from sms_notebook.sandbox.answers import as_json, dollars, number
from sms_notebook.sandbox.market import Market, Offer


def price_row(offer: Offer) -> dict[str, Any]:
    """Write an offer as getPrices does: everything is text there."""
    return {
        "cost": str(dollars(offer.prices[0])),
        "count": str(offer.count),
        "physicalCount": str(offer.physical),
    }


def extended_row(offer: Offer) -> dict[str, Any]:
    """Write an offer as getPricesExtended does."""
    return {"cost": number(dollars(offer.prices[0])), "count": offer.count}


def free_price_row(offer: Offer) -> dict[str, Any]:
    """Write an offer as getPricesExtended does with ``freePrice=true``."""
    return {**extended_row(offer), "freePriceMap": free_price_map(offer)}


def free_price_map(offer: Offer, shown: Callable[[int], int] = int) -> dict[str, int]:
    """Write the tiers that have numbers: price and count."""
    tiers = zip(offer.prices, offer.counts, strict=True)
    return {str(dollars(shown(price))): count for price, count in tiers if count}


class PriceList:
    """One kind of price list."""

    def __init__(self, market: Market, row: Callable[[Offer], dict[str, Any]]) -> None:
        self._market = market
        self._row = row
        self._written: dict[int, tuple[int, str]] = {}
        self._whole: tuple[int, str] = (-1, "")

    def text(self, countries: tuple[int, ...] | None, service: str | None) -> str:
        """Write the list for these countries and this service; None stands for all."""
        if service is not None:
            return as_json(self._of_service(countries or tuple(self._market.lands), service))
        if countries is None:
            return self._all()
        return self._joined(countries)

    def _of_service(self, countries: tuple[int, ...], service: str) -> dict[str, Any]:
        offers = (self._market.offer(country, service) for country in countries)
        return {str(offer.country): {service: self._row(offer)} for offer in offers if offer}

    def _all(self) -> str:
        revision = sum(self._market.revisions.values())
        if self._whole[0] != revision:
            self._whole = (revision, self._joined(tuple(self._market.lands)))
        return self._whole[1]

    def _joined(self, countries: tuple[int, ...]) -> str:
        written = ((country, self._country(country)) for country in countries)
        return "{" + ",".join(f'"{country}":{text}' for country, text in written if text) + "}"

    def _country(self, country: int) -> str:
        revision = self._market.revisions.get(country)
        if revision is None:
            return ""
        known = self._written.get(country)
        if known is None or known[0] != revision:
            shelf = self._market.shelf(country)
            text = as_json({o.service: self._row(o) for o in shelf}) if shelf else ""
            known = self._written[country] = (revision, text)
        return known[1]
