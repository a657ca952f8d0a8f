"""A person's script, which mypy is to read as it was meant.

It is checked after the package, so that mypy has that from its cache: what it keeps there of a
method may be less than it knew.
"""

from typing import assert_type

import pandas as pd

from sms_notebook import AsyncClient, Client


def compare(sms: Client) -> None:
    """Ask, order and wait."""
    assert_type(sms.get_prices("tg", country="KZ"), pd.DataFrame)
    assert_type(sms.get_number("tg", 2, max_price="0.5"), pd.DataFrame)
    assert_type(sms.get_price_tiers("tg"), pd.DataFrame)  # an action beyond the documentation
    assert_type(sms.order("tg", "KZ"), pd.DataFrame)
    sms.get_prices(servise="tg")  # type: ignore[call-arg]  # misspelt on purpose
    sms.get_number("tg")  # type: ignore[call-arg]  # the country is missing on purpose


async def compare_at_once(sms: AsyncClient) -> None:
    """Do the same where it is awaited."""
    assert_type(await sms.get_prices("tg", country="KZ"), pd.DataFrame)
    assert_type(await sms.order("tg", "KZ"), pd.DataFrame)
    await sms.get_prices(servise="tg")  # type: ignore[call-arg]  # misspelt on purpose
