"""Numbers in a panel, as tests order and find them."""

import re
from typing import Any

from playwright.sync_api import Locator

from sms_notebook import Client

EVERY = 0.2


def order(sms: Client, service: str = "tg") -> str:
    """Order a number in Kazakhstan; return its id."""
    return str(sms.order(service, "Kazakhstan").loc[0, "activation_id"])


def number_of(sms: Client, ref: str) -> re.Pattern[str]:
    """Return a number as it is written in a row."""
    bare = sms.ledger().set_index("activation_id").loc[ref, "phone_number"]
    return re.compile(r"\+7 " + r"\s?".join(bare[1:]) + "$")


def rows(shown: Any) -> Locator:
    """Return the rows that are drawn."""
    return shown.page.locator(".smsn-numbers [data-key]")
