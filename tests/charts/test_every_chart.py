"""What holds for all charts."""

import base64
import re
import subprocess
import sys

import altair as alt
import pandas as pd
import pytest
from altair.utils.schemapi import debug_mode
from charts.conftest import (
    VEGA_LITE,
    amount_of,
    channels,
    colours,
    decoded,
    notes,
    parts,
    png,
    rows,
    shown,
    spec_of,
    title,
    written,
)

from sms_notebook import charts
from sms_notebook.charts.look import COLOURS, MAIN, SECOND

OF_FRAMES = {
    "prices": (charts.prices_by_country, "prices"),
    "prices of many services": (charts.prices_by_country, "many_prices"),
    "extended prices": (charts.prices_by_country, "extended"),
    "prices of verification": (charts.prices_by_country, "verification"),
    "top countries": (charts.prices_by_country, "top"),
    "top countries with tiers": (charts.prices_by_country, "top_tiers"),
    "stock": (charts.price_and_stock, "prices"),
    "stock of many services": (charts.price_and_stock, "many_prices"),
    "extended stock": (charts.price_and_stock, "extended"),
    "stock of verification": (charts.price_and_stock, "verification"),
    "stock of top countries": (charts.price_and_stock, "top"),
    "tiers": (charts.free_price_ladder, "tiers"),
    "tiers of top countries": (charts.free_price_ladder, "top_tiers"),
    "tiers by rank": (charts.free_price_ladder, "rank_tiers"),
    "time to code": (charts.time_to_code, "ledger"),
    "spending of a ledger": (charts.spending, "ledger"),
    "spending of a history": (charts.spending, "history"),
}


class Drawn:
    """A frame of its kind, with the chart of it: drawn and written once."""

    def __init__(self, draw, frame):
        self.draw = draw
        self.frame = frame
        self.chart = draw(frame)
        self.written = written(self.chart)

    def again(self, frame) -> str:
        """The chart of another frame as JSON: altair need not check what is compared."""
        with debug_mode(False):
            return written(self.draw(frame))


_drawn: dict[tuple, Drawn] = {}


@pytest.fixture(params=OF_FRAMES.values(), ids=OF_FRAMES)
def drawn(request, frames) -> Drawn:
    draw, name = request.param
    if request.param not in _drawn:
        _drawn[request.param] = Drawn(draw, getattr(frames, name))
    return _drawn[request.param]


def test_it_is_drawn(drawn):
    assert rows(drawn.chart)
    assert len(colours(drawn.chart)) > 20
    assert isinstance(drawn.chart, alt.TopLevelMixin)


def test_one_row_is_drawn(drawn):
    is_there = drawn.frame.get("bought_at", drawn.frame.iloc[:, 0]).notna()
    chart = drawn.draw(drawn.frame[is_there].head(1))
    assert rows(chart)
    assert sum(amount_of(colour, chart) for colour in (MAIN, SECOND)) > 15


def test_no_rows_say_so(drawn):
    chart = drawn.draw(drawn.frame.head(0))
    assert rows(chart) == []
    assert "nothing to show" in written(chart)
    assert "no rows" in repr(chart)
    assert len(colours(chart)) > 1


def test_missing_values_everywhere_say_so_too(drawn):
    frame = drawn.frame.head(3)
    hollow = frame.assign(
        **{name: pd.Series([None] * 3, dtype=frame[name].dtype) for name in frame}
    )
    chart = drawn.draw(hollow)
    assert "nothing to show" in written(chart)
    assert "left out: 3 " in notes(chart)


def test_the_same_frame_is_the_same_chart_and_stays_as_it_was(drawn):
    before = drawn.frame.copy()
    assert drawn.again(drawn.frame) == drawn.written
    pd.testing.assert_frame_equal(drawn.frame, before)


def test_an_index_or_other_columns_change_nothing(drawn):
    other = drawn.frame.assign(mine="mine")[[*reversed(drawn.frame.columns), "mine"]]
    other.index = pd.Index(range(len(other), 0, -1))
    assert drawn.again(other) == drawn.written


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow", "object"])
def test_other_dtypes_of_the_same_values_change_nothing(drawn, backend):
    frame = drawn.frame.drop(columns=["codes", "texts"], errors="ignore")
    other = (
        frame.astype(object) if backend == "object" else frame.convert_dtypes(dtype_backend=backend)
    )
    assert drawn.again(other) == drawn.written


def test_it_comes_as_vega_lite_as_a_picture_and_as_words(drawn):
    data, metadata = shown(drawn.chart)
    assert set(data) == {VEGA_LITE, "image/png", "text/plain"}
    image = png(drawn.chart)
    width, height, _ = decoded(image)
    assert metadata["image/png"] == {"width": width, "height": height}
    assert data["image/png"] == base64.b64encode(image).decode()
    assert data[VEGA_LITE]["$schema"].endswith("/v5.json")


def test_it_is_small(drawn):
    assert len(png(drawn.chart)) < 256_000
    assert len(drawn.written) < 80_000
    assert len(rows(drawn.chart)) <= 1_000


@pytest.mark.parametrize("draw", [charts.prices_by_country, charts.price_and_stock])
def test_a_whole_market_is_small_too(draw, frames):
    assert len(frames.all_prices) > 20_000
    chart = draw(frames.all_prices)
    assert len(png(chart)) < 256_000
    assert len(written(chart)) < 80_000
    assert 0 < len(rows(chart)) <= 1_000


def test_it_asks_nothing_of_the_outside_and_has_no_links(drawn):
    assert re.findall(r"https?:", drawn.written) == ["https:"]  # $schema, an identifier
    keys = {key for part in parts(spec_of(drawn.chart)) for key in part}
    assert not keys & {"href", "url", "src", "image"}
    actions = drawn.chart._repr_mimebundle_()[1][VEGA_LITE]["embed_options"]["actions"]
    assert actions["editor"] is False


def test_it_explains_itself(drawn):
    chart = drawn.chart
    said = spec_of(chart)
    assert said["description"].startswith(title(chart))
    for axis in ("x", "y"):
        found = channels(chart, axis)
        assert any(one.get("title") for one in found)
        assert not [one for one in found if one.get("title") == one["field"] != "country"]
    assert channels(chart, "tooltip")
    for tooltip in channels(chart, "tooltip"):
        assert all(one["title"] for one in tooltip)


def test_it_tells_no_number_code_or_message(drawn, frames):
    text = drawn.written
    ledger = frames.ledger[frames.ledger["phone_number"].notna()]
    assert not [number for number in ledger["phone_number"] if number in text]
    assert not [code for codes in ledger["codes"] for code in codes if f'"{code}"' in text]
    assert "\\u041a\\u043e\\u0434" not in text  # "code" in a message
    assert not [one for one in ledger["activation_id"].dropna() if one in text]


def test_altair_stays_as_it_was_and_its_limit_of_rows_does_not_matter(drawn):
    before = (alt.renderers.active, alt.theme.active, alt.data_transformers.active)
    with alt.data_transformers.enable("default", max_rows=1):
        assert drawn.again(drawn.frame) == drawn.written
    after = (alt.renderers.active, alt.theme.active, alt.data_transformers.active)
    assert after == before


# Around them ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", ["#ffffff", "#333333"])
@pytest.mark.parametrize("colour", COLOURS)
def test_its_colours_are_seen_in_both_themes(colour, background):
    light, dark = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 1.4.11


def ran(program: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


LOADS_NOTHING = (
    "import sys, sms_notebook; print('altair' in sys.modules, 'charts' in dir(sms_notebook)); "
)


def test_they_load_when_first_used():
    program = LOADS_NOTHING + (
        "import sms_notebook.charts as c; "
        "print('altair' in sys.modules, sms_notebook.charts.spending.__name__)"
    )
    assert ran(program).splitlines() == ["False True", "True spending"]


def test_nothing_loads_that_is_not_drawn():
    program = f"""
{LOADS_NOTHING}
from sms_notebook import charts
print('altair' in sys.modules, sms_notebook.charts.spending.__name__)
grammar = {{"lark", "rfc3987_syntax"}}
print(grammar & set(sys.modules))
from IPython.core.formatters import DisplayFormatter
from sms_notebook import Client
chart = charts.prices_by_country(Client().get_prices("tg"))
terminal = DisplayFormatter(active_types=["text/plain"])
print(terminal.format(chart)[0]["text/plain"])
heavy = {{"sqlalchemy", "starlette", "uvicorn", "vl_convert"}}
print(heavy & set(sys.modules))
assert "image/png" in DisplayFormatter().format(chart)[0]
print(heavy & set(sys.modules))
from jsonschema import FormatChecker
print([FormatChecker().conforms(iri, "iri") for iri in ("http://ä/x", "http://x y")])
print(sorted(grammar & set(sys.modules)))
"""
    assert ran(program).splitlines() == [
        "False True",
        "True spending",
        "set()",
        "<chart: Cheapest countries for Telegram, 20 rows>",
        "set()",
        "{'vl_convert'}",
        "[True, False]",
        "['lark', 'rfc3987_syntax']",
    ]
