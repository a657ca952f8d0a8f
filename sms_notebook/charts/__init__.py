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

from sms_notebook.protocol.errors.missing_extra import extra

with extra("charts"):
    from sms_notebook.charts.delivery import time_to_code
    from sms_notebook.charts.look import Picture
    from sms_notebook.charts.prices import free_price_ladder, prices_by_country
    from sms_notebook.charts.spending import spending
    from sms_notebook.charts.stock import price_and_stock

__all__ = [
    "Picture",
    "free_price_ladder",
    "price_and_stock",
    "prices_by_country",
    "spending",
    "time_to_code",
]
