"""What is measured of the panels, in a real browser: keys in a picker, and watched numbers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from browser.jupyter import KEY, Notebook, browser_at, chromium, lab_in, notebooks, page_of
from measure import Ratio, at_most
from watch_panel import watched

from sms_notebook.sandbox import Sandbox, serve

COUNTRIES, SERVICES = 200, 1_000
ROUNDS = 3
AT_MOST = 0.1  # seconds from a key to the list as it is painted
_FILL = f"""
from sms_notebook.panels.picker import Choice

def some(kind, count):
    words = (f"{{kind}} number {{n}}" for n in range(count))
    return [Choice(str(n), f"{{name}} (x{{n}})", (f"x{{n}}", name)) for n, name in enumerate(words)]

kazakhstan = Choice("kz", "Kazakhstan (KZ, 2)", ("kz",))
panel._country.fill([*some("Country", {COUNTRIES - 1}), kazakhstan])
panel._service.fill([*some("Service", {SERVICES - 1}), Choice("wa", "WhatsApp (wa)", ("wa",))])
print(len(panel._service.choices))
"""
_LISTEN = """() => { window.took = []; window.pressed = 0;
document.addEventListener('keydown', (event) => { const pressed = event.timeStamp;
    window.pressed += 1;
    requestAnimationFrame(() => { const channel = new MessageChannel(); // after the next paint
        channel.port1.onmessage = () => window.took.push(performance.now() - pressed);
        channel.port2.postMessage(0); }); }, true); }"""


def reactions(notebook: Any) -> list[float]:
    """Type into both pickers; return the milliseconds from each key to the painted list.

    All is typed some times, and each key's fastest counts: what else runs may delay any of them.
    """
    book = notebook("panel = OrderPanel(sms)\npanel")
    book.page.get_by_text("Pick a service").wait_for()
    assert book.execute(_FILL) == str(SERVICES)
    book.page.evaluate(_LISTEN)
    rounds = [_typed(book) for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _typed(book: Notebook) -> list[float]:
    book.page.evaluate("() => { window.took = []; window.pressed = 0; }")
    for label, text in (("Service", "number 77"), ("Country", "kaz")):
        field = book.picker(label)
        field.fill("")
        for letter in text:
            field.press(letter)
            book.page.wait_for_timeout(60)
            book.page.wait_for_function("window.took.length === window.pressed")
        assert field.input_value() == text
    return book.page.evaluate("window.took")


def in_the_browser() -> Iterator[Ratio]:
    """Measure both, where there is a browser."""
    path = chromium()
    if path is None:
        print("*** There is no Chromium here: the panels are not measured. ***")
        return
    market = Sandbox(speed=0, success=0, api_key=KEY, balance="1000")
    with (
        tempfile.TemporaryDirectory() as folder,
        lab_in(Path(folder)) as lab,
        browser_at(path) as browser,
        serve(market) as url,
        page_of(lab, browser) as page,
    ):
        with notebooks(page, url) as notebook:
            slowest = max(reactions(notebook)) / 1000
        yield from watched(browser)
    what = f"key in a picker of {SERVICES:,} to the painted list / {AT_MOST} s"
    yield at_most(what, slowest, AT_MOST, 1)
