"""A real JupyterLab in a real Chromium, and the sandbox as a server: tests that click."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sms_notebook.sandbox import Faults, Sandbox, serve

NAMES = ("chromium", "chromium-browser", "google-chrome")
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


@pytest.fixture(scope="module")  # while it is open no other test can run an event loop
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("there is no Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Run JupyterLab, with nothing of this machine's settings."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "root"
    labconfig = home / "config" / "labconfig"
    for folder in (root, labconfig):
        folder.mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (labconfig / "page_config.json").write_text(json.dumps(quiet))
    whole = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    (labconfig / "default_setting_overrides.json").write_text(json.dumps(whole))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "SMS_NOTEBOOK_HOME": "home",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={root}"]
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
                pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/api?token={TOKEN}", timeout=1).close()  # noqa: S310 - http, to ourselves
                break
            time.sleep(0.1)
        yield base, root
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


_CURRENT = "window.jupyterapp.shell.currentWidget"
_KERNEL = f"{_CURRENT}.sessionContext.session.kernel"


class Notebook:
    """An open notebook: runs cells, asks the kernel, looks at what the page shows."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run_cell(self, at: int) -> None:
        self.page.evaluate(
            f"async (i) => {{ {_CURRENT}.content.activeCellIndex = i;"
            " await window.jupyterapp.commands.execute('notebook:run-cell'); }",
            at,
        )

    def start_cell(self, at: int) -> None:
        """Run a cell without waiting for its end."""
        self.page.evaluate(
            f"(i) => {{ {_CURRENT}.content.activeCellIndex = i;"
            " window.jupyterapp.commands.execute('notebook:run-cell'); }",
            at,
        )

    def command(self, name: str, at: int | None = None) -> None:
        if at is not None:
            self.page.evaluate(f"(i) => {{ {_CURRENT}.content.activeCellIndex = i; }}", at)
        self.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)

    def execute(self, code: str) -> str:
        """Run code on the notebook's kernel, outside of any cell; return what it prints."""
        return self.page.evaluate(
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
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self.page.wait_for_function(
            "(theme) => document.body.dataset.jpThemeName === theme", arg=name
        )

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name)

    def status(self) -> Any:
        return self.page.locator(".smsn-status:visible")

    def shoot(self, name: str) -> None:
        """Keep a picture of the panel, where somebody wants to look at it."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.locator(".smsn").first.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture
def market() -> Iterator[Sandbox]:
    """Serve a sandbox whose messages the test sends; ``market.url``, ``market.faults``."""
    sandbox, faults = Sandbox(success=0, api_key=KEY), Faults()
    with serve(sandbox, faults) as url:
        sandbox.url, sandbox.faults = url, faults
        yield sandbox


@pytest.fixture
def notebook(lab, browser, market, request) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with cells; the first makes the client."""
    base, root = lab
    pages: list[tuple[Any, Page, list[str]]] = []

    def open_one(*cells: str, width: int = 1100) -> Notebook:
        first = (
            "from sms_notebook import Client\nfrom sms_notebook.panels import *\n"
            f"import os\nos.environ['SMS_LEDGER'] = {str(root / f'{next(_numbers)}.sqlite')!r}\n"
            f"sms = Client({KEY!r}, base_url={market.url!r})"
        )
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in (first, *cells)]
        )
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        name = f"nb{next(_numbers)}"
        nbformat.write(made, root / f"{name}.ipynb")
        context = browser.new_context(viewport={"width": width, "height": 1300})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(15_000)
        strangers: list[str] = []
        ours = (base, base.replace("http", "ws"), "data:", "blob:")

        def note(asked: Any) -> None:
            if not asked.url.startswith(ours):
                strangers.append(asked.url)

        page.on("request", note)
        page.on("dialog", lambda dialog: (strangers.append(dialog.message), dialog.dismiss()))
        pages.append((context, page, strangers))
        page.goto(f"{base}/lab/workspaces/{name}/tree/{name}.ipynb?token={TOKEN}&reset")
        page.wait_for_function(
            f"() => window.jupyterapp && {_CURRENT} && {_CURRENT}.sessionContext", timeout=60_000
        )
        page.evaluate(
            f"""async () => {{ await window.jupyterapp.restored; const p = {_CURRENT};
            await p.context.ready; await p.sessionContext.ready;
            await p.sessionContext.session.kernel.info;
            await window.jupyterapp.commands.execute('application:toggle-left-area'); }}"""
        )
        opened = Notebook(page)
        for at in range(2):
            opened.run_cell(at)
        return opened

    yield open_one
    for context, page, strangers in pages:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/end-{request.node.name}.png")
        page.evaluate(f"async () => {{ await {_CURRENT}.sessionContext.shutdown(); }}")
        context.close()
        assert strangers == []  # nothing is fetched from the outside, and no dialog opens
