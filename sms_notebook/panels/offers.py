"""Offers: what a number costs, how many there are, and how often the code comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sms_notebook.client import Client
from sms_notebook.panels import markup
from sms_notebook.panels.markup import DisplayNames, missing, money, records

_ROWS = 8  # countries in the table
_WIDTH, _HEIGHT, _EDGE = 300, 120, 22


@dataclass(frozen=True, slots=True)
class PriceOffer:
    """What can be bought at a price."""

    country: int
    price: float
    stock: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class ServiceOffers:
    """What there is for a service, in one country or in all."""

    everywhere: list[PriceOffer]
    tiers: list[PriceOffer]


def ask(sms: Client, service: str, country: str | None) -> ServiceOffers:
    """Ask for prices, stock and success."""
    found = sms.about.offers(service, country)
    rates = {offer.country: offer.success for offer in found}
    everywhere = [
        PriceOffer(offer.country, offer.price, offer.stock, offer.success)
        for offer in found
        if offer.country is not None and offer.price is not None and offer.stock
    ]
    tiers = []
    if country is not None and everywhere:
        for row in records(sms.get_prices_extended(service, country, free_price=True)):
            if not missing(row["free_price"]) and not missing(row["free_price_count"]):
                key = int(row["country"])
                price, stock = float(row["free_price"]), int(row["free_price_count"])
                tiers.append(PriceOffer(key, price, stock, rates.get(key)))
    return ServiceOffers(sorted(everywhere, key=lambda offer: offer.price), tiers)


def html(offers: ServiceOffers, service: str, country: str | None, names: DisplayNames) -> str:
    """Draw a table and a chart."""
    name = names.service(service)
    if not offers.everywhere:
        where = f" in {names.country(country)}" if country else ""
        return markup.muted(f"Nothing for {name}{where} now.")
    rows: list[tuple[str, ...]]
    columns: tuple[str, ...]
    if country is None:
        rows = [
            (
                names.country(offer.country),
                money(offer.price),
                f"{offer.stock:,}",
                _rate(offer.rate),
            )
            for offer in offers.everywhere[:_ROWS]
        ]
        caption = f"{name}: the cheapest of {len(offers.everywhere)} countries"
        points, columns = offers.everywhere, ("country", "price", "in stock", "success")
    else:
        offer = offers.everywhere[0]
        points = offers.tiers or offers.everywhere
        rows = [(money(tier.price), f"{tier.stock:,}", _rate(tier.rate)) for tier in points]
        caption = f"{name}, {names.country(country)}: {offer.stock:,} can be bought now"
        columns = ("up to this price", "listed", "success")
    listed = markup.table(columns, rows, caption)
    return f'<div class="smsn-offers">{listed}{chart(points)}</div>'


def _rate(rate: float | None) -> str:
    return "not known" if rate is None else f"{rate:.0f} %"


def chart(points: Sequence[PriceOffer]) -> str:
    """Draw stock by price as an SVG of numbers only."""
    prices, stocks = [offer.price for offer in points], [offer.stock for offer in points]
    low, high, most = min(prices), max(prices), max(stocks)
    inner, floor = _WIDTH - 2 * _EDGE, _HEIGHT - _EDGE
    marks = []
    for offer in points:
        share = (offer.price - low) / (high - low) if high > low else 0.5
        x, y = _EDGE + share * inner, floor - offer.stock / most * (floor - _EDGE)
        line = f'<line x1="{x:.1f}" y1="{floor}" x2="{x:.1f}" y2="{y:.1f}"'
        marks.append(f'{line} stroke="currentColor" stroke-opacity=".45" stroke-width="2"/>')
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="currentColor"/>')
    words: list[tuple[Any, ...]] = [
        (_EDGE, 12, "start", f"stock, up to {most:,}"),
        (_EDGE, _HEIGHT - 6, "start", money(low)),
        (_WIDTH - _EDGE, _HEIGHT - 6, "end", money(high)),
        (_WIDTH / 2, _HEIGHT - 6, "middle", "price"),
    ]
    if high == low:
        del words[1:3]
        words[-1] = (_WIDTH / 2, _HEIGHT - 6, "middle", f"price {money(low)}")
    labels = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{label}</text>'
        for x, y, anchor, label in words
    )
    return (
        f'<svg class="smsn-chart" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-label="Stock by price: {len(points)} offers from '
        f'{money(low)} to {money(high)}"><line class="smsn-axis" x1="{_EDGE}" y1="{floor}" '
        f'x2="{_WIDTH - _EDGE}" y2="{floor}"/>{"".join(marks)}{labels}</svg>'
    )
