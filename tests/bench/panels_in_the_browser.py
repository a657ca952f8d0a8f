"""What is measured of the panels in a real browser: how soon a key is answered, and numbers."""

from collections.abc import Iterator

from browser.jupyter import browser_at, chromium
from measure import Ratio, at_most
from panels.host import hosted
from playwright.sync_api import Browser, Page
from watch_panel import watched

from sms_notebook import Client, OrderPanel
from sms_notebook.sandbox import Sandbox

ROUNDS = 3
AT_MOST = 0.05  # seconds from a key to the list as it is painted
TYPED = (("combobox", "Service", "whatsapp"), ("textbox", "Filter countries", "kazakhstan"))
_LISTEN = """() => { window.took = []; window.pressed = 0;
document.addEventListener('keydown', (event) => { const pressed = event.timeStamp;
    window.pressed += 1;
    requestAnimationFrame(() => { const channel = new MessageChannel(); // after the next paint
        channel.port1.onmessage = () => window.took.push(performance.now() - pressed);
        channel.port2.postMessage(0); }); }, true); }"""


def typed(browser: Browser) -> Iterator[Ratio]:
    """Type into the order panel.

    All is typed some times, and each key's fastest counts: what else runs may delay any of them.
    """
    with hosted() as host, Client(sandbox=Sandbox(speed=0)) as sms:
        panel = OrderPanel(sms)
        host.put(panel.widget)
        page = browser.new_page()
        page.goto(host.url)
        page.wait_for_function("window.model?.get('catalogue')?.is_loaded")
        service = page.get_by_role("combobox", name="Service")
        service.fill("tg")
        service.press("Enter")
        page.wait_for_function("window.model.get('order').offers")
        page.evaluate(_LISTEN)
        rounds = [_times(page) for _ in range(ROUNDS)]
        countries = len(page.evaluate("window.model.get('order').offers"))
        page.close()
        panel.close()
    best = [[min(times) for times in zip(*keys, strict=True)] for keys in zip(*rounds, strict=True)]
    for (_, field, _), times in zip(TYPED, best, strict=True):
        print(f"ms from a key in {field} to the painted list:", [round(one, 1) for one in times])
    slowest = max(max(times) for times in best) / 1000
    what = f"a key in the filter of {countries} countries to the painted list / {AT_MOST} s"
    yield at_most(what, slowest, AT_MOST, 1)


def _times(page: Page) -> list[list[float]]:
    """Return the milliseconds of each key, for each of the fields."""
    result = []
    for role, name, text in TYPED:
        field = page.get_by_role(role, name=name)
        field.fill("")  # with a key of its own
        page.wait_for_function("window.took.length === window.pressed")
        keys = [*text, *["Backspace"] * len(text)]
        for key in keys:
            field.press(key)
            page.wait_for_function("window.took.length === window.pressed")
        result.append(page.evaluate("window.took")[-len(keys) :])
        field.press("Escape")  # nothing is picked
    return result


def in_the_browser() -> Iterator[Ratio]:
    """Measure all, where there is a browser."""
    path = chromium()
    if path is None:
        print("*** There is no Chromium here: the panels are not measured. ***")
        return
    with browser_at(path) as browser:
        yield from typed(browser)
        yield from watched(browser)
