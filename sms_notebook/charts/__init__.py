"""Charts: one frame in, one altair chart out.

>>> from sms_notebook import charts
>>> charts.prices_by_country(sms.get_prices("tg"))
<chart: Cheapest countries for Telegram, 20 rows>

A chart takes any frame that has the columns it needs, however it was filtered, sorted or merged;
the names of a merged ``get_countries()`` (``eng``) or ``get_services_list()`` (``name``) are used.
Another frame is a `UsageProblem` that says what to call. What cannot be drawn, because a value is
missing, is counted below the title. Charts show no phone number, code or message.

What comes back is a chart of altair, with all its methods. It differs in how it is shown
(`Picture` tells more): as Vega-Lite, which JupyterLab and marimo draw by themselves, and beside it
as a PNG, which GitHub shows. Nothing is asked of the network. A renderer of altair that you enabled
is used in place of all that, and altair's settings stay as they are.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from sms_notebook.protocol.errors.missing_extra import extra


def _is_valid_syntax(rule: str, text: str) -> bool:
    from rfc3987_syntax import is_valid_syntax  # noqa: PLC0415 - slow to load, see below

    return bool(is_valid_syntax(rule, text))


@contextmanager
def _grammar_when_used() -> Iterator[None]:
    """Let jsonschema, which altair loads, build its grammar of IRIs when it checks one.

    It would take a second as it loads, beside JupyterLab, and no chart has use for it.
    """
    name = "rfc3987_syntax"
    if name in sys.modules or find_spec(name) is None:
        yield
        return
    later: Any = ModuleType(name)
    later.is_valid_syntax = _is_valid_syntax
    sys.modules[name] = later
    try:
        yield
    finally:
        del sys.modules[name]  # whoever asks for it has the real one


with extra("charts"), _grammar_when_used():
    from sms_notebook.charts.ledger import spending, time_to_code
    from sms_notebook.charts.look import Picture
    from sms_notebook.charts.prices import free_price_ladder, prices_by_country
    from sms_notebook.charts.stock import price_and_stock

__all__ = [
    "Picture",
    "free_price_ladder",
    "price_and_stock",
    "prices_by_country",
    "spending",
    "time_to_code",
]
