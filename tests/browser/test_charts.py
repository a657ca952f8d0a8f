"""Charts in JupyterLab: drawn by what it has on board, in both themes; no text is a link."""

import re

import pytest
from playwright.sync_api import expect

from sms_notebook import Client, charts
from sms_notebook.sandbox import Sandbox

CHARTS = {
    "prices": 'prices_by_country(sms.get_prices("tg"), top=10)',
    "several": 'prices_by_country(sms.get_prices(country="KZ").head(5))',
    "stock": 'price_and_stock(sms.get_prices("tg"))',
    "ladder": 'free_price_ladder(sms.get_top_countries_by_service("tg", free_price=True))',
    "time": "time_to_code(sms.ledger())",
    "spending": "spending(sms.ledger())",
    "nothing": "spending(sms.ledger().head(0))",
}
BUY = """
from sms_notebook import charts
sms.order("tg", "KZ")

"""
HOSTILE = (
    '<img src="http://evil.example/x.png" onerror="document.title=1"><a href="http://evil.example">'
)
NAMED = f'prices_by_country(sms.get_prices("tg").head(1).assign(eng={HOSTILE!r}, physical_count=1))'


def cell(nb, at):
    return nb.page.locator(".jp-Notebook-cell").nth(at)


def draw(nb, at):
    """Run a cell, and wait for the chart that JupyterLab draws."""
    nb.run_cell(at)
    chart = cell(nb, at).locator(".vega-embed")
    chart.locator("canvas, svg").first.wait_for()
    return chart


def background(chart):
    """The colour of the corner of a chart."""
    return chart.locator("canvas").evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)"
    )


def test_jupyterlab_itself_draws_every_chart_and_a_strangers_name_as_text(notebook):
    said = []
    nb = notebook(BUY, *(f"charts.{chart}" for chart in (*CHARTS.values(), NAMED)))
    nb.page.on("console", lambda message: said.append(message.text))
    for at in range(2, 2 + len(CHARTS)):
        assert background(draw(nb, at)) == [255, 255, 255]
        (output,) = nb.outputs(at)
        kinds = {"application/vnd.vegalite.v5+json", "image/png", "text/plain"}
        assert set(output["data"]) == kinds
    nb.theme("JupyterLab Dark")
    assert background(draw(nb, 2)) == [51, 51, 51]
    assert not nb.errors
    assert not [line for line in said if re.search("vega", line, re.IGNORECASE)]
    chart = draw(nb, 2 + len(CHARTS))
    chart.scroll_into_view_if_needed()
    box = chart.locator("canvas").bounding_box()
    nb.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60)
    tooltip = nb.page.locator("#vg-tooltip-element")
    expect(tooltip).to_contain_text("country")
    expect(tooltip).to_contain_text(HOSTILE[:20])
    assert tooltip.locator("img, a, script").count() == 0
    assert nb.page.locator("a[href*=evil], img[src*=evil]").count() == 0


@pytest.fixture
def page(browser):
    context = browser.new_context()
    asked = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.asked = asked
    yield page
    context.close()


def test_a_saved_page_draws_without_the_network(page, tmp_path):
    with Client(sandbox=Sandbox(speed=0)) as sms:
        charts.price_and_stock(sms.get_prices("tg")).save(tmp_path / "chart.html")
    page.goto((tmp_path / "chart.html").as_uri())
    page.locator(".vega-embed canvas, .vega-embed svg").first.wait_for()
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
