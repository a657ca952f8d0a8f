"""Offers in a frame of prices: where, for what, how dear, how many."""

from dataclasses import dataclass

import pandas as pd

from sms_notebook.charts.reading import Frame

PRICE = "price, provider's currency"


@dataclass(frozen=True, slots=True)
class Offers:
    """What a frame of prices offers.

    Attributes
    ----------
    table : DataFrame
        Each offer once: country, service, price, stock, listed, is_sure (whether the stock is what
        can really be bought).
    reasons : list of (int, str)
        How many rows were left out, and why.
    """

    table: pd.DataFrame
    reasons: list[tuple[int, str]]

    @property
    def services(self) -> list[str]:
        """The services, those with the most numbers first."""
        stock = self.table.groupby("service", sort=True)["stock"].sum()
        return [str(one) for one in stock.sort_values(ascending=False, kind="stable").index]

    def of(self, most: int) -> tuple[pd.DataFrame, list[str], str]:
        """Return the offers of a few services, their names, and what to say of the others."""
        names = self.services
        if len(names) <= most:
            return self.table, names, ""
        table = self.table[self.table["service"].isin(names[:most])].reset_index(drop=True)
        return table, names[:most], f"the {most} of {len(names):,} services with most numbers"


def offers(given: Frame) -> Offers:
    """Read the offers that have a number in stock.

    Parameters
    ----------
    given : Frame
        A frame of prices.

    Raises
    ------
    UsageProblem
        If it is another one.
    """
    given.needs(("country",), ("cost", "price"), ("count",))
    listed, sure = given.numbers("count"), given.numbers("physical_count")
    table = pd.DataFrame(
        {
            "country": given.countries(),
            "service": given.services() if given.has("service") else "any service",
            "price": given.numbers("cost", "price").where(lambda price: price >= 0),
            "stock": sure.fillna(listed),
            "listed": listed,
            "is_sure": sure.notna(),
        }
    )
    table["country"] = table["country"].astype(object)
    # A frame of FreePrice tiers has an offer once for each of its tiers.
    is_known = table[["country", "service", "price", "stock"]].notna().all(axis=1)
    table = table[~(table.duplicated() & is_known)]
    reasons = []
    for lacks, reason in (
        (table["price"].isna(), "without a price"),
        (table["country"].isna(), "without a country"),
        (table["service"].isna(), "without a service"),
        (table["stock"].isna(), "without a stock"),
        (table["stock"] <= 0, "with no number in stock"),
    ):
        out = lacks.loc[table.index]
        reasons.append((int(out.sum()), reason))
        table = table[~out]
    return Offers(table.reset_index(drop=True), reasons)
