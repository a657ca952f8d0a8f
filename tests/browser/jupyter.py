"""JupyterLab, a browser, and notebooks that a test clicks in.

``LAB_PYTHON=/path/to/another/bin/python`` takes the JupyterLab and the kernel of another
environment; ``SCREENSHOTS=folder`` keeps pictures.
"""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Dialog, Error, Page, Request, expect, sync_playwright
from ports import free_port

# The first has no windows of its own to draw: it takes half as long as the whole browser.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
TOKEN = "tests"  # noqa: S105 - of a server that only this machine reaches
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
_numbers = itertools.count()


def chromium() -> str | None:
    """Return where the browser is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def needed_chromium() -> str:
    """Return where the browser is; without one CI fails, and a person's machine skips the test."""
    path = chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("there is no Chromium")
    return path


@contextmanager
def browser_at(path: str) -> Iterator[Browser]:
    """Open the browser; while it is open, nobody else in this thread can run an event loop."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield opened
        opened.close()


@contextmanager
def lab_in(home: Path) -> Iterator[tuple[str, Path]]:
    """Run JupyterLab in an empty folder, with nothing of this machine's settings."""
    root = home / "root"
    labconfig = home / "config" / "labconfig"
    for folder in (root, labconfig):
        folder.mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (labconfig / "page_config.json").write_text(json.dumps(quiet))
    settings = {
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        # A kernel on a busy machine has more than a second for what Tab asks.
        "@jupyterlab/completer-extension:manager": {"providerTimeout": 60000},
    }
    (labconfig / "default_setting_overrides.json").write_text(json.dumps(settings))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "SMS_NOTEBOOK_HOME": "home",
    }
    port = free_port()
    python = os.environ.get("LAB_PYTHON") or sys.executable
    command = [python, "-m", "jupyterlab", "--allow-root", "--no-browser"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={root}"]
    command += ["--LanguageServerManager.autodetect=False"]  # a type checker for each notebook
    log = home / "lab.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command,
            env=os.environ | {name: str(home / folder) for name, folder in folders.items()},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/api?token={TOKEN}", timeout=1).close()  # noqa: S310 - http, to ourselves
                break
            time.sleep(0.1)
        yield base, root
    finally:
        with contextlib.suppress(ProcessLookupError):  # it did not start
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


_CURRENT = "window.jupyterapp.shell.currentWidget"
_KERNEL = f"{_CURRENT}.sessionContext.session.kernel"


_EXECUTE = "async (name, args) => { await window.jupyterapp.commands.execute(name, args); }"


def evaluate(page: Page, function: str, *args: Any) -> Any:
    """Call a function in the page, and wait a minute at most: playwright would wait for ever."""
    limited = f"""(args) => Promise.race([({function})(...args), new Promise((_, reject) => {{
        setTimeout(() => reject(new Error('it did not end within a minute')), 60_000); }})])"""
    return page.evaluate(limited, args)


class Notebook:
    """An open notebook: runs cells, asks the kernel, looks at what the page shows."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.errors: list[str] = []

    def run_cell(self, at: int) -> None:
        self.activate(at)
        self.command("notebook:run-cell")

    def activate(self, at: int) -> None:
        self.page.evaluate(f"(i) => {{ {_CURRENT}.content.activeCellIndex = i; }}", at)

    def start_cell(self, at: int) -> None:
        """Run a cell without waiting for its end."""
        self.activate(at)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")

    def command(self, name: str, **args: Any) -> None:
        """Do one of JupyterLab's commands, to its end."""
        evaluate(self.page, _EXECUTE, name, args)

    def execute(self, code: str) -> str:
        """Run code on the notebook's kernel, outside of any cell; return what it prints."""
        return evaluate(
            self.page,
            f"""async (code) => {{
            const future = {_KERNEL}.requestExecute({{code, store_history: false}});
            const out = [];
            future.onIOPub = m => {{
                if (m.header.msg_type === 'stream') out.push(m.content.text);
                if (m.header.msg_type === 'error') out.push('ERROR ' + m.content.evalue); }};
            await future.done; return out.join(''); }}""",
            code,
        ).strip()

    def outputs(self, at: int) -> list[dict[str, Any]]:
        return self.page.evaluate(
            f"(i) => {_CURRENT}.content.model.cells.get(i).outputs.toJSON()", at
        )

    def theme(self, name: str) -> None:
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function(
            "(theme) => document.body.dataset.jpThemeName === theme", arg=name
        )

    def is_ready(self) -> None:
        """Wait until the notebook has its kernel."""
        file = self._url.rpartition("/")[2]
        self.page.wait_for_function(
            f"(file) => window.jupyterapp && {_CURRENT}?.context?.path === file", arg=file
        )
        evaluate(
            self.page,
            f"""async () => {{ await window.jupyterapp.restored; const p = {_CURRENT};
            await p.context.ready; await p.sessionContext.ready;
            await p.sessionContext.session.kernel.info; }}""",
        )

    def restart(self) -> None:
        """Restart the kernel, as the menu does after its question."""
        evaluate(self.page, f"async () => {{ await {_CURRENT}.sessionContext.restartKernel(); }}")
        self.is_ready()

    def reload(self) -> None:
        """Load the whole page anew, until its panel is drawn; the kernel goes on.

        ipywidgets looks two seconds long for what the kernel has, every 100 ms and not once more
        when they are over: what comes in the last of these is *not found* until the next time.
        """
        missing = self.page.get_by_text("Error displaying widget: model not found")
        drawn = self.page.locator(".smsn").first
        for is_last in (False, True):
            self.page.goto(self._url)
            self.is_ready()
            expect(drawn if is_last else drawn.or_(missing).first).to_be_visible()
            if drawn.is_visible():
                return

    def close(self) -> None:
        """End the kernel, and close the notebook unsaved."""
        evaluate(
            self.page,
            f"""async () => {{ const notebook = {_CURRENT};
            await notebook.sessionContext.shutdown(); notebook.dispose(); }}""",
        )

    def write(self, at: int, text: str) -> None:
        """Type into an empty cell."""
        self.page.locator(".jp-Cell .cm-content").nth(at).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def source(self, at: int) -> str:
        return self.page.evaluate(
            f"(i) => {_CURRENT}.content.model.cells.get(i).sharedModel.getSource()", at
        )

    def picker(self, label: str) -> Any:
        return self.page.get_by_role("combobox", name=label)

    def pick(self, label: str, text: str) -> None:
        """Type into a picker, and take what it finds first."""
        self.picker(label).fill(text)
        self.picker(label).press("Enter")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name)

    def status(self) -> Any:
        """Return the line of what just happened or went wrong."""
        return self.page.locator(".smsn-said")

    def row(self, grid: str, name: str) -> Any:
        """Return a row of a grid by its accessible name."""
        return self.page.get_by_role("grid", name=grid).get_by_role("row", name=name)

    def shoot(self, name: str) -> None:
        """Keep a picture of the panel, where somebody wants to look at it."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.locator(".smsn").first.screenshot(path=f"{folder}/{name}.png")


class LabPage:
    """A page with JupyterLab, in which one notebook after the other is opened and closed."""

    def __init__(self, page: Page, base: str, root: Path) -> None:
        self._page = page
        self._root = root
        self._address = f"{base}/lab/workspaces/{next(_numbers)}"
        self._ours = (base, base.replace("http", "ws"), "data:", "blob:")
        self._is_loaded = False
        self.strangers: list[str] = []  # what is fetched from outside, and dialogs
        page.set_default_timeout(15_000)
        page.on("request", self._note)
        page.on("dialog", self._answer)

    def _note(self, request: Request) -> None:
        if not request.url.startswith(self._ours):
            self.strangers.append(request.url)

    def _answer(self, dialog: Dialog) -> None:
        """Leave a page that a failed test left unsaved; no other dialog is expected."""
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.strangers.append(dialog.message)
        dialog.dismiss()

    def _load(self) -> None:
        self._page.goto(f"{self._address}?token={TOKEN}&reset", timeout=60_000)
        self._page.wait_for_function("window.jupyterapp", timeout=60_000)
        evaluate(
            self._page,
            """async () => { await window.jupyterapp.restored;
            window.jupyterapp.shell.collapseLeft(); }""",
        )

    @contextmanager
    def notebook(self, url: str, *cells: str, width: int, name: str) -> Iterator[Notebook]:
        """Open a notebook with cells and run two; the first makes the client of a sandbox."""
        page, file = self._page, f"nb{next(_numbers)}.ipynb"
        self._write(file, url, cells)
        page.set_viewport_size({"width": width, "height": 1300})
        if not self._is_loaded:
            self._load()
        self._is_loaded = False  # unless it can be closed
        opened = Notebook(page, f"{self._address}/tree/{file}")

        def note(error: Error) -> None:
            opened.errors.append(str(error))

        page.on("pageerror", note)
        opened.command("docmanager:open", path=file, factory="Notebook")
        opened.is_ready()
        for at in range(2):
            opened.run_cell(at)
        try:
            yield opened
        finally:
            if folder := os.environ.get("SCREENSHOTS"):
                page.screenshot(path=f"{folder}/end-{name}.png")
            opened.theme("JupyterLab Light")
            opened.close()
            page.remove_listener("pageerror", note)
        self._is_loaded = True

    def _write(self, file: str, url: str, cells: tuple[str, ...]) -> None:
        ledger = self._root / f"{next(_numbers)}.sqlite"
        first = (
            "from sms_notebook import Client\nfrom sms_notebook.panels import *\n"
            f"import os\nos.environ['SMS_LEDGER'] = {str(ledger)!r}\n"
            f"sms = Client({KEY!r}, base_url={url!r})"
        )
        written = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in (first, *cells)]
        )
        written.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(written, self._root / file)


@contextmanager
def page_of(lab: tuple[str, Path], browser: Browser) -> Iterator[LabPage]:
    """Open a page for notebooks."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield LabPage(context.new_page(), *lab)
    context.close()


@contextmanager
def notebooks(page: LabPage, url: str, name: str = "") -> Iterator[Callable[..., Notebook]]:
    """Open notebooks with cells; the first makes the client of a sandbox."""
    with contextlib.ExitStack() as opened:
        page.strangers.clear()

        def open_one(*cells: str, width: int = 1100) -> Notebook:
            return opened.enter_context(page.notebook(url, *cells, width=width, name=name))

        yield open_one
    # Nothing is fetched from the outside, and no dialog opens.
    assert page.strangers == []
