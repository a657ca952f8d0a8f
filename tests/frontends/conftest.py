"""Marimo, voila, Notebook 7 and the widgets of Colab in a real browser: where panels are shown.

``make test-frontends`` makes the two environments and says where: ``FRONTENDS_PYTHON`` has the
first three, ``OLD_FRONTENDS_PYTHON`` JupyterLab 3 with ipywidgets 7.7.
"""

import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from browser.jupyter import KEY, browser_at, needed_chromium
from playwright.sync_api import Browser, Page, expect
from ports import free_port

from sms_notebook.sandbox import Sandbox, serve

expect.set_options(timeout=60_000)

CLIENT = """import os
from sms_notebook import Client, Dashboard
sms = Client(os.environ["TEST_KEY"], base_url=os.environ["TEST_URL"])"""
MARIMO = """import marimo
app = marimo.App()

@app.cell
def _():
    import os
    from sms_notebook import Client, Dashboard
    sms = Client(os.environ["TEST_KEY"], base_url=os.environ["TEST_URL"])
    return Dashboard, sms

@app.cell
def _(Dashboard, sms):
    Dashboard(sms)
    return
"""
_RUN_ALL = """async () => { const app = window.jupyterapp; await app.restored;
await app.shell.currentWidget.sessionContext.ready; app.shell.collapseLeft();
await app.commands.execute('notebook:run-all-cells'); }"""


def _python(name: str) -> str:
    """Return the Python of the environment that has a front end."""
    variable = "OLD_FRONTENDS_PYTHON" if name == "lab-7.7" else "FRONTENDS_PYTHON"
    path = os.environ.get(variable)
    if path is None:
        pytest.skip(f"{variable} is not set: make test-frontends sets it up and runs this")
    return str(Path(path).absolute())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_at(needed_chromium()) as opened:
        yield opened


@pytest.fixture
def market() -> Iterator[Sandbox]:
    """Serve a sandbox whose messages the test sends; ``market.url``."""
    sandbox = Sandbox(success=0, api_key=KEY)
    with serve(sandbox) as url:
        sandbox.url = url
        yield sandbox


def _notebook(folder: Path) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in (CLIENT, "Dashboard(sms)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "panel.ipynb")


def _commands(folder: Path, port: int) -> dict[str, tuple[list[str], str]]:
    """Return how each front end is started, and the address of its page."""
    root = f"http://127.0.0.1:{port}/"
    app = folder / "app.py"
    app.write_text(MARIMO)
    marimo = ["--headless", "--no-token", f"--port={port}"]
    server = ["--allow-root", "--no-browser", f"--ServerApp.port={port}"]
    server += ["--IdentityProvider.token=", "--ServerApp.token=", f"--ServerApp.root_dir={folder}"]
    _notebook(folder)
    return {
        "marimo": (["marimo", "run", str(app), *marimo], root),
        "marimo-edit": (["marimo", "edit", str(app), *marimo, "--skip-update-check"], root),
        "voila": (["voila", str(folder / "panel.ipynb"), "--no-browser", f"--port={port}"], root),
        "notebook": (
            ["notebook", *server, "--JupyterNotebookApp.expose_app_in_browser=True"],
            f"{root}notebooks/panel.ipynb",
        ),
        "lab-7.7": (
            ["jupyterlab", *server, "--LabApp.expose_app_in_browser=True"],
            f"{root}lab/tree/panel.ipynb",
        ),
    }


@contextmanager
def _served(command: list[str], env: dict[str, str], folder: Path, url: str) -> Iterator[None]:
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + 120
        while True:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[2]} did not start:\n{log.read_text()[-4000:]}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=60).close()  # noqa: S310 - http, to ourselves
                break
            time.sleep(0.2)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@pytest.fixture
def opened(browser, market, tmp_path) -> Iterator[Callable[[str], Page]]:
    """Open the page of a front end that shows a dashboard; it is ended after the test."""
    with contextlib.ExitStack() as stack:

        def open_one(name: str) -> Page:
            port = free_port()
            command, url = _commands(tmp_path, port)[name]
            env = os.environ | {
                "TEST_URL": market.url,
                "TEST_KEY": KEY,
                "SMS_LEDGER": str(tmp_path / "ledger.sqlite"),
                "SMS_NOTEBOOK_HOME": str(tmp_path / "home"),
                "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
                "JUPYTER_DATA_DIR": str(tmp_path / "data"),
                "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
                "IPYTHONDIR": str(tmp_path / "ipython"),
                "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
            }
            stack.enter_context(_served([_python(name), "-m", *command], env, tmp_path, url))
            context = browser.new_context()
            stack.callback(context.close)
            page = context.new_page()
            page.set_viewport_size({"width": 1100, "height": 1000})
            page.goto(url, timeout=120_000)
            if name in ("notebook", "lab-7.7"):
                page.wait_for_function(
                    "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel",
                    timeout=120_000,
                )
                page.evaluate(_RUN_ALL)
            return page

        yield open_one
