"""What a purchase cost, where a reply says it in a field that is not documented."""

from decimal import Decimal

import pandas as pd

from sms_notebook.protocol.arguments import price
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import UsageProblem

_FIELDS = ("cost", "price", "activationCost")


def costs_beside(frame: pd.DataFrame, buys: PurchaseKind) -> list[Decimal | None]:
    """Return what each row of a purchase's reply cost; None where it does not say.

    Beside a rent or its extension may stand what all of it cost, so nothing is read there.
    """
    extra = {} if buys.is_rental else frame.attrs["extra"]
    found = next((extra[name] for name in _FIELDS if name in extra), [None] * len(frame))
    return [_amount(value) for value in found]


def _amount(value: object) -> Decimal | None:
    try:
        text = price("cost", value if isinstance(value, str | int | float) else None)
    except UsageProblem:
        return None
    return None if text is None else Decimal(text)
