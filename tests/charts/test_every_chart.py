"""What holds for all charts."""

import re
import subprocess
import sys

import altair as alt
import pandas as pd
import pytest
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
    title,
    written,
)

from sms_notebook import charts
from sms_notebook.charts.look import COLOURS, MAIN, SECOND

OF_FRAMES = {
    "prices": (charts.prices_by_country, "prices"),
    "prices of all services": (charts.prices_by_country, "all_prices"),
    "extended prices": (charts.prices_by_country, "extended"),
    "prices of verification": (charts.prices_by_country, "verification"),
    "top countries": (charts.prices_by_country, "top"),
    "top countries with tiers": (charts.prices_by_country, "top_tiers"),
    "stock": (charts.price_and_stock, "prices"),
    "stock of all services": (charts.price_and_stock, "all_prices"),
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


@pytest.fixture(params=OF_FRAMES.values(), ids=OF_FRAMES)
def draw_and_frame(request, frames):
    draw, name = request.param
    return draw, getattr(frames, name)


def test_it_is_drawn(draw_and_frame):
    draw, frame = draw_and_frame
    chart = draw(frame)
    assert rows(chart)
    assert len(colours(chart)) > 20
    assert isinstance(chart, alt.TopLevelMixin)


def test_one_row_is_drawn(draw_and_frame):
    draw, frame = draw_and_frame
    is_there = frame.get("bought_at", frame.iloc[:, 0]).notna()
    chart = draw(frame[is_there].head(1))
    assert rows(chart)
    assert sum(amount_of(colour, chart) for colour in (MAIN, SECOND)) > 100


def test_no_rows_say_so(draw_and_frame):
    draw, frame = draw_and_frame
    chart = draw(frame.head(0))
    assert rows(chart) == []
    assert "nothing to show" in written(chart)
    assert "no rows" in repr(chart)
    assert len(colours(chart)) > 1


def test_missing_values_everywhere_say_so_too(draw_and_frame):
    draw, frame = draw_and_frame
    frame = frame.head(3)
    hollow = frame.assign(
        **{name: pd.Series([None] * 3, dtype=frame[name].dtype) for name in frame}
    )
    chart = draw(hollow)
    assert "nothing to show" in written(chart)
    assert "left out: 3 " in notes(chart)


def test_the_same_frame_is_the_same_chart_to_the_byte(draw_and_frame):
    draw, frame = draw_and_frame
    assert draw(frame)._repr_mimebundle_() == draw(frame.copy())._repr_mimebundle_()


def test_an_index_or_other_columns_change_nothing(draw_and_frame):
    draw, frame = draw_and_frame
    other = frame.assign(mine="mine")[[*reversed(frame.columns), "mine"]]
    other.index = pd.Index(range(len(frame), 0, -1))
    assert written(draw(other)) == written(draw(frame))


def test_the_frame_stays_as_it_was(draw_and_frame):
    draw, frame = draw_and_frame
    before = frame.copy()
    draw(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_other_dtypes_of_the_same_values_change_nothing(draw_and_frame, backend):
    draw, frame = draw_and_frame
    frame = frame.drop(columns=["codes", "texts"], errors="ignore")
    assert written(draw(frame.convert_dtypes(dtype_backend=backend))) == written(draw(frame))
    assert written(draw(frame.astype(object))) == written(draw(frame))


def test_it_comes_as_vega_lite_as_a_picture_and_as_words(draw_and_frame):
    draw, frame = draw_and_frame
    data, metadata = draw(frame)._repr_mimebundle_()
    assert set(data) == {VEGA_LITE, "image/png", "text/plain"}
    width, height, _ = decoded(png(draw(frame)))
    assert metadata["image/png"] == {"width": width // 2, "height": height // 2}
    assert data[VEGA_LITE]["$schema"].endswith("/v5.json")


def test_it_is_small(draw_and_frame):
    draw, frame = draw_and_frame
    chart = draw(frame)
    assert len(png(chart)) < 80_000
    assert len(written(chart)) < 80_000
    assert len(rows(chart)) <= 1_000


def test_it_asks_nothing_of_the_outside_and_has_no_links(draw_and_frame):
    draw, frame = draw_and_frame
    whole = draw(frame).to_dict()
    assert re.findall(r"https?:", written(draw(frame))) == ["https:"]  # $schema, an identifier
    keys = {key for part in parts(whole) for key in part}
    assert not keys & {"href", "url", "src", "image"}
    actions = draw(frame)._repr_mimebundle_()[1][VEGA_LITE]["embed_options"]["actions"]
    assert actions["editor"] is False


def test_it_explains_itself(draw_and_frame):
    draw, frame = draw_and_frame
    chart = draw(frame)
    said = chart.to_dict()
    assert said["description"].startswith(title(chart))
    for axis in ("x", "y"):
        found = channels(chart, axis)
        assert any(one.get("title") for one in found)
        assert not [one for one in found if one.get("title") == one["field"] != "country"]
    assert channels(chart, "tooltip")
    for tooltip in channels(chart, "tooltip"):
        assert all(one["title"] for one in tooltip)


def test_it_tells_no_number_code_or_message(draw_and_frame, frames):
    draw, frame = draw_and_frame
    text = written(draw(frame))
    ledger = frames.ledger[frames.ledger["phone_number"].notna()]
    assert not [number for number in ledger["phone_number"] if number in text]
    assert not [code for codes in ledger["codes"] for code in codes if f'"{code}"' in text]
    assert "\\u041a\\u043e\\u0434" not in text  # "code" in a message
    assert not [one for one in ledger["activation_id"].dropna() if one in text]


def test_altair_stays_as_it_was_and_its_settings_do_not_matter(draw_and_frame):
    draw, frame = draw_and_frame
    usual = written(draw(frame))
    before = (alt.renderers.active, alt.theme.active, alt.data_transformers.active)
    with alt.data_transformers.enable("default", max_rows=1):
        assert written(draw(frame)) == usual
    with alt.renderers.enable("html"):
        assert set(draw(frame)._repr_mimebundle_()[0]) == {VEGA_LITE, "image/png", "text/plain"}
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


@pytest.mark.parametrize(
    "ask", ["import sms_notebook.charts as c", "from sms_notebook import charts as c"]
)
def test_they_load_when_first_used(ask):
    look = "import sys, sms_notebook; print('altair' in sys.modules, 'charts' in dir(sms_notebook))"
    assert ran(look) == "False True"
    assert ran(f"{look}; {ask}; print('altair' in sys.modules)").split() == [
        "False",
        "True",
        "True",
    ]
    assert ran("import sms_notebook; print(sms_notebook.charts.spending.__name__)") == "spending"


def test_drawing_loads_neither_ledger_nor_web_server():
    program = (
        "import sys; from sms_notebook import Client, charts; sms = Client(); "
        "charts.prices_by_country(sms.get_prices('tg'))._repr_mimebundle_(); "
        "print({'sqlalchemy', 'starlette', 'uvicorn'} & set(sys.modules))"
    )
    assert ran(program) == "set()"
