"""Who draws a chart: JupyterLab, marimo, Colab, or the renderer of altair that a person enabled."""

import sys
from types import ModuleType, SimpleNamespace

import altair as alt
import pytest
from charts.conftest import VEGA_LITE
from IPython.core.formatters import DisplayFormatter

from sms_notebook import charts


@pytest.fixture(scope="module")
def chart(frames):
    return charts.prices_by_country(frames.prices, top=3)


def shown(chart) -> dict:
    """What a kernel sends of it, by kind."""
    return DisplayFormatter().format(chart)[0]


# Its full name differs from one altair to the next: v5+json, v6.json.
VEGA_LITE_OF_ALTAIR = f"application/vnd.vegalite.{alt.SCHEMA_VERSION.partition('.')[0]}"
RENDERERS = {
    "html": "text/html",
    "colab": "text/html",
    "mimetype": VEGA_LITE_OF_ALTAIR,
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jupyter": "application/vnd.jupyter.widget-view+json",
}


@pytest.mark.parametrize(("renderer", "kind"), RENDERERS.items(), ids=RENDERERS)
def test_an_enabled_renderer_shows_it_as_any_chart_of_altair(chart, renderer, kind):
    theirs = alt.Chart.from_dict(chart.to_dict())
    before = set(shown(chart))
    with alt.renderers.enable(renderer):
        data = shown(chart)
        assert set(data) == set(shown(theirs))
        assert any(data[name] for name in data if name.startswith(kind))
        assert data.get(VEGA_LITE) == shown(theirs).get(VEGA_LITE)
    assert set(shown(chart)) == before == {VEGA_LITE, "image/png", "text/plain"}


def test_options_of_a_renderer_hold_and_one_of_your_own_is_asked(chart):
    with alt.renderers.enable("html", embed_options={"renderer": "svg"}):
        assert '"renderer": "svg"' in shown(chart)["text/html"]
    asked = []
    alt.renderers.register("mine", lambda spec: asked.append(spec) or {"text/plain": "drawn"})
    try:
        with alt.renderers.enable("mine"):
            assert shown(chart) == {"text/plain": "drawn"}
    finally:
        alt.renderers.register("mine", None)
    assert [spec["title"]["text"] for spec in asked] == ["Cheapest countries for Telegram"]


def test_in_colab_it_is_a_page_that_is_alive_and_no_picture(chart, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    data = shown(chart)
    assert set(data) == {"text/html", "text/plain"}
    assert "vegaEmbed" in data["text/html"]
    with alt.renderers.enable("svg"):
        assert "image/svg+xml" in shown(chart)


def test_in_marimo_it_is_one_thing_that_marimo_draws(chart, monkeypatch):
    # As marimo 0.25 asks for it: one kind, or all of it is shown as text.
    marimo = SimpleNamespace(running_in_notebook=lambda: True)
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    bundle = chart._repr_mimebundle_()
    assert list(bundle) == [VEGA_LITE]
    assert bundle[VEGA_LITE]["usermeta"]["embedOptions"]["actions"]["editor"] is False
    assert chart._repr_png_() is None
    with alt.renderers.enable("svg"):
        assert list(chart._repr_mimebundle_()) == ["image/svg+xml"]
    # marimo that is only installed, or imported in a script, changes nothing.
    marimo.running_in_notebook = lambda: False
    assert set(shown(chart)) == {VEGA_LITE, "image/png", "text/plain"}
