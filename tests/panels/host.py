"""A page with one panel in a real browser, without JupyterLab: it takes half a second.

The page talks over HTTP to the widget in this process, as a notebook's page does over its socket:
the state, what changes of it, what the person sets, and what is asked for.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from traitlets import HasTraits

_LONGEST = 20.0  # seconds that a page waits for news

PAGE = """<!doctype html><meta charset="utf-8"><title>Notebook</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style id="css"></style><body><main id="panel"></main><script type="module">
import panel from "/panel.js";
const listeners = new Map();
const state = {}, dirty = {};
const fire = (name, ...args) => [...(listeners.get(name) ?? [])].forEach((one) => one(...args));
const post = (path, body) => fetch(path, { method: "POST", body: JSON.stringify(body) });
let last = Promise.resolve(); // one after the other, as on a socket
window.sent = () => last;
window.updates = [];
window.model = {
  get: (name) => state[name],
  set(name, value) { state[name] = value; dirty[name] = value; fire(`change:${name}`); },
  save_changes() {
    const changed = { ...dirty };
    Object.keys(dirty).forEach((name) => delete dirty[name]);
    last = last.then(() => post("/set", changed));
  },
  send(content) { last = last.then(() => post("/ask", content)); },
  on(name, one) { listeners.set(name, [...(listeners.get(name) ?? []), one]); },
  off(name, one) {
    listeners.set(name, (listeners.get(name) ?? []).filter((each) => each !== one));
  },
};
window.restart = () => fire("comm_live_update");
async function news(since) {
  const { at, changed } = await (await fetch(`/state?since=${since}`)).json();
  return [at, changed];
}
let [at, first] = await news(-1);
Object.assign(state, first);
document.querySelector("#css").textContent = state._css;
window.destroy = await panel.render({ model: window.model, el: document.querySelector("#panel") });
for (;;) {
  const [now, changed] = await news(at);
  at = now;
  for (const [name, value] of Object.entries(changed)) {
    if (JSON.stringify(state[name]) === JSON.stringify(value)) continue;
    state[name] = value;
    window.updates.push(name);
    fire(`change:${name}`);
  }
}
</script>"""


LOW_CONTRAST = """(root) => {
  const numbers = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (rgb) => { const [r, g, b] = rgb.map((part) => part / 255).map(
    (part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (node) => { for (let at = node; at; at = at.parentElement) {
    const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
    if (a > 0) return [r, g, b]; }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255]; };
  return [...root.querySelectorAll("*")].filter((node) => node.checkVisibility() &&
    (node.placeholder || [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim())))
  .map((node) => { const style = getComputedStyle(node, node.placeholder && !node.value
      ? "::placeholder" : null);
    const [a, b] = [light(numbers(style.color).slice(0, 3)), light(ground(node))];
    return [node.textContent || node.placeholder,
      (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; })
  .filter(([, ratio]) => !(ratio >= 4.5)); }"""

CUT_OFF = """(root) => [...root.querySelectorAll(`.smsn-number, .smsn-code, .smsn-button,
  [role=columnheader], .smsn-cell-price, .smsn-cell-left`)]
  .filter((one) => one.checkVisibility() && one.textContent).filter((one) => {
    const box = one.getBoundingClientRect();
    const around = one.closest("[role=gridcell], [role=columnheader]") ?? one;
    const cell = around.getBoundingClientRect();
    const row = one.closest(".smsn-grid-row")?.getBoundingClientRect() ?? box;
    return (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== "visible")
      || box.width < 20 || box.right > cell.right + 1 || box.bottom > row.bottom + 1; })
  .map((one) => `${one.className}: ${one.textContent}`)"""
"""What a person has to read whole, and cannot."""


class Host:
    """Serves one widget after the other.

    Attributes
    ----------
    url : str
        Of the page.
    updates : list of str
        The traits that Python sent since the widget was put here, one entry for each update.
    """

    def __init__(self) -> None:
        self.url = ""
        self.updates: list[str] = []
        self._news = threading.Condition()
        self._widget: Any = None
        self._at = 0
        self._changes: list[tuple[int, str]] = []
        self._is_over = False
        self._of_page = threading.local()

    def put(self, widget: HasTraits) -> None:
        """Show this widget from now on."""
        with self._news:
            self._widget, self._changes = widget, []
            self.updates = []
            widget.observe(self._changed, list(widget.keys))  # those that are synced

    def _changed(self, change: Any) -> None:
        with self._news:
            if change["owner"] is not self._widget:
                return  # another test's, which closes
            if getattr(self._of_page, "changed", {}).get(change["name"]) == change["new"]:
                return  # the page knows it, and may know better by now
            self._at += 1
            self._changes.append((self._at, change["name"]))
            self.updates.append(change["name"])
            self._news.notify_all()

    def state(self, since: int) -> dict[str, Any]:
        """Return what changed since; all of it for a page that was just loaded."""
        with self._news:
            if since < 0:
                return {"at": self._at, "changed": self._widget.get_state()}
            self._news.wait_for(lambda: self._at > since or self._is_over, _LONGEST)
            names = {name for at, name in self._changes if at > since}
            changed = {name: getattr(self._widget, name) for name in names}
            return {"at": self._at, "changed": changed}

    def set(self, changed: dict[str, Any]) -> None:
        """Take what the person set."""
        self._of_page.changed = changed
        self._widget.set_state(changed)
        self._of_page.changed = {}

    def ask(self, content: Any) -> None:
        """Take a message of the page."""
        self._widget._handle_custom_msg(content, [])

    def end(self) -> None:
        """Let no page wait any more."""
        with self._news:
            self._is_over = True
            self._news.notify_all()


@contextmanager
def hosted() -> Iterator[Host]:
    """Serve panels on this machine."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/state":
                self._answer(
                    json.dumps(host.state(int(query.partition("=")[2]))), "application/json"
                )
            elif path == "/panel.js":
                self._answer(host._widget._esm, "text/javascript")
            else:
                self._answer(PAGE, "text/html")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            (host.set if self.path == "/set" else host.ask)(body)
            self._answer("{}", "application/json")

        def _answer(self, text: str, kind: str) -> None:
            written = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # the page was left
                super().handle()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = False  # see ports.listening

    with Server(("127.0.0.1", 0), Handler) as server:
        host.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield host
        finally:
            host.end()
            server.shutdown()
            thread.join()
