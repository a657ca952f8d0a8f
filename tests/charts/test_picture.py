"""How charts are shown, kept and put together."""

import base64
import json
import re

import altair as alt
import numpy as np
import pytest
import vl_convert
from charts.conftest import VEGA_LITE, decoded, png, shown, spec_of, written

from sms_notebook import charts
from sms_notebook.charts import Picture


@pytest.fixture(scope="module")
def prices(frames):
    return charts.prices_by_country(frames.prices, top=5)


@pytest.fixture(scope="module")
def stock(frames):
    return charts.price_and_stock(frames.prices)


def test_a_terminal_shows_title_and_rows(prices, stock, frames):
    assert repr(prices) == "<chart: Cheapest countries for Telegram, 5 rows>"
    assert prices._repr_mimebundle_()[0]["text/plain"] == repr(prices)
    one = charts.prices_by_country(frames.prices, top=1)
    assert repr(one) == "<chart: Cheapest countries for Telegram, 1 row>"
    assert repr(prices.properties(title="Mine")) == "<chart: Mine, 5 rows>"
    assert repr(prices & one) == "<chart: Cheapest countries for Telegram, 6 rows>"
    nothing = charts.spending(frames.history.head(0))
    assert repr(nothing) == "<chart: Spending, no rows>"


PUT_TOGETHER = {
    "|": lambda one, other: one | other,
    "| |": lambda one, other: one | other | one.properties(title="again"),
    "&": lambda one, other: one & other,
    "& &": lambda one, other: one & other & one.properties(title="again"),
    "| &": lambda one, other: (one | other) & one,
    "+": lambda one, _: one + alt.Chart().mark_rule().encode(x=alt.datum(0.4)),
    "| altair's": lambda one, _: one | alt.Chart(alt.InlineData(values=[{"a": 1}])).mark_bar(),
    "properties": lambda one, _: one.properties(width=200),
    "configure": lambda one, _: one.configure_axis(grid=False),
    "encode": lambda one, _: one.encode(x=alt.X("price:Q", title="mine")),
    "interactive": lambda one, _: one.interactive(),
    "copy": lambda one, _: one.copy(),
}


@pytest.mark.parametrize("put", PUT_TOGETHER.values(), ids=PUT_TOGETHER)
def test_what_altair_makes_of_it_is_shown_the_same_way(prices, stock, put):
    before = written(prices), written(stock)
    made = put(prices, stock)
    assert isinstance(made, Picture)
    assert isinstance(made, alt.TopLevelMixin)
    data, _ = shown(made)
    assert set(data) == {VEGA_LITE, "image/png", "text/plain"}
    image = base64.b64decode(data["image/png"])
    assert len(np.unique(decoded(image)[2])) > 20
    assert (written(prices), written(stock)) == before


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\ufffe", "\x1b[31m", "fine\ttab"])
def test_a_text_of_ones_own_cannot_end_the_process(prices, text, tmp_path):
    mine = prices.properties(title=text)
    assert png(mine)
    mine.save(tmp_path / "mine.png")
    assert mine.to_dict()["title"] == re.sub("[\x00\ud800\ufffe\x1b]", "\ufffd", text)


def test_the_same_chart_is_the_same_picture_to_the_byte(prices, stock):
    for chart in (prices, stock):
        assert chart._repr_png_() == chart.copy()._repr_png_()


def test_changes_are_drawn(prices):
    assert png(prices.properties(width=200)) != png(prices)
    assert decoded(png(prices.properties(width=200)))[0] < decoded(png(prices))[0]


@pytest.mark.parametrize("ending", ["json", "svg", "png", "html"])
def test_it_can_be_saved(prices, tmp_path, ending):
    path = tmp_path / f"chart.{ending}"
    prices.save(path)
    begins = {"json": b"{", "svg": b"<svg", "png": b"\x89PNG", "html": b"<!DOCTYPE html>"}
    assert path.read_bytes().lstrip().startswith(begins[ending])


def loads(html):
    """What a page would fetch: addresses that are not part of a script's own text."""
    without_scripts = re.sub(r"(<script[^>]*>).*?</script>", r"\1", html, flags=re.DOTALL)
    return re.findall(r"(?:src|href)\s*=\s*[\"'][^\"']+", without_scripts)


def test_a_page_of_it_needs_no_network(prices, tmp_path):
    path = tmp_path / "chart.html"
    prices.save(path)
    assert loads(path.read_text(encoding="utf-8")) == []
    assert loads(prices.to_html()) == []
    assert '"editor": false' in prices.to_html()
    # For those who want a small page:
    prices.save(path, inline=False)
    assert loads(path.read_text(encoding="utf-8"))


def test_a_transparent_picture_is_shown_too(prices):
    assert shown(prices.configure(background="transparent"))[0]["image/png"]


def test_the_versions_of_vega_lite_agree_on_it(prices, stock, frames):
    for chart in (
        prices,
        stock,
        charts.spending(frames.ledger),
        charts.time_to_code(frames.ledger),
    ):
        marks = [
            json.dumps(vl_convert.vegalite_to_vega(spec_of(chart), vl_version=version)["marks"])
            for version in ("5.8", "5.21")
        ]
        kinds = [sorted(re.findall(r'"type": "(\w+)"', one)) for one in marks]
        assert kinds[0] == kinds[1]
        assert kinds[0]
