"""What is measured of the watch panel in a real browser: updates for a code, and how fast it is."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from measure import Ratio, at_most
from panels.host import hosted
from playwright.sync_api import Browser, Page

from sms_notebook import Client, WatchPanel
from sms_notebook.sandbox import Sandbox

NUMBERS, CODES = 200, 7
EVERY, QUIET = 0.5, 5  # seconds between two polls, and polls in which nothing happens
MOST_UPDATES = 3  # for one code
AT_ONCE = 0.15  # seconds from the SMS to the screen, where a webhook brings it
_SEEN = """() => { window.seen = {}; new MutationObserver(() => {
for (const one of document.querySelectorAll('.smsn-numbers .smsn-code')) {
  if (one.textContent) window.seen[one.textContent] ??= Date.now() / 1000; }
}).observe(document.querySelector('.smsn-numbers'), {subtree: true, childList: true,
  characterData: true}); }"""


def watched(browser: Browser) -> Iterator[Ratio]:
    """Watch 200 numbers by polling; then have codes posted."""
    market = Sandbox(speed=0, success=0, balance="1000")
    with Client(sandbox=market) as sms, hosted() as host:
        refs = [str(sms.order("tg", "KZ").loc[0, "activation_id"]) for _ in range(NUMBERS)]
        panel = WatchPanel(sms, every=EVERY)
        host.put(panel.widget)
        page = browser.new_page()
        page.goto(host.url)
        page.wait_for_selector(f"[aria-rowcount='{NUMBERS + 1}']")
        page.wait_for_timeout(1500)
        quiet, one = _updates(page, host, market, refs[NUMBERS // 2])
        panel.close()
        times = _posted(sms, market, host, page, refs[:CODES])
        page.close()
    what = f"{NUMBERS} numbers watched, a code comes: updates sent / {MOST_UPDATES}, thousands"
    yield at_most(what, one / 1e3, MOST_UPDATES / 1e3, 1)
    what = f"{NUMBERS} numbers watched, nothing comes: updates sent / ticks, thousands"
    yield Ratio(what, quiet / 1e3, QUIET / 1e3, "= 0", quiet == 0)
    what = f"an SMS by webhook to the screen, {NUMBERS} numbers / {AT_ONCE} s"
    yield at_most(what, statistics.median(times), AT_ONCE, 1)


def _updates(page: Page, host: Any, market: Sandbox, ref: str) -> tuple[int, int]:
    """Return the updates of some quiet ticks, and of one with a code."""
    before = len(host.updates)
    page.wait_for_timeout(1000 * QUIET * EVERY)
    quiet = len(host.updates) - before
    market.send_sms(ref, "Your code is 12345")
    page.wait_for_selector(".smsn-numbers .smsn-code:has-text('12345')")
    page.wait_for_timeout(1500)
    return quiet, len(host.updates) - before - quiet


def _posted(sms: Client, market: Sandbox, host: Any, page: Page, refs: list[str]) -> list[float]:
    """Return the seconds from each SMS to the screen; nothing is polled meanwhile."""
    sms.webhooks.start(port=0)
    panel = WatchPanel(sms, every=600.0)
    host.put(panel.widget)
    page.goto(host.url)
    page.wait_for_selector(f"[aria-rowcount='{NUMBERS + 1}']")
    page.wait_for_timeout(1500)
    page.evaluate(_SEEN)
    times = []
    for place, ref in enumerate(refs):
        code = f"9876{place}"
        sent = time.time()
        market.send_sms(ref, f"Your code is {code}")
        page.wait_for_function(f"window.seen['{code}']")
        times.append(page.evaluate(f"window.seen['{code}']") - sent)
    panel.close()
    sms.webhooks.stop()
    return times
