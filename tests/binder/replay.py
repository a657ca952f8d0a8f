"""Binder without Docker: what repo2docker would build, in a venv with the versions of its image.

The versions are those of the lock file that repo2docker itself builds the image from.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from ports import free_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".binder"
"""Where it is built; `make clean` removes it."""

FAMILY = (
    "ipykernel",
    "ipython",
    "ipywidgets",
    "jupyter-offlinenotebook",
    "jupyter-resource-usage",
    "jupyter-server",
    "jupyterhub",
    "jupyterlab",
    "notebook",
)
"""What the image is asked for; the lock file has the version of each, and of all they need."""

VISIT = {
    # A proxy that answers nobody: what asks the outside fails at once.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    # A key that lies about is not used.
    "SMS_API_KEY": "0" * 32,
    "SMS_BASE_URL": "https://provider.invalid",
    "SMS_QUIET": "1",  # whether a wait is told hangs on how quick this machine is
}
"""What a visit meets beyond the build."""

_LOCK = "lib/python*/site-packages/repo2docker/buildpacks/conda/environment.py-{}-linux-64.lock"
_LOCKED = re.compile(
    r"^https://\S+/([a-z][^/\s]*)-([^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2)#", re.MULTILINE
)
_TOKEN = "replay"  # noqa: S105 - of a server that only this machine reaches


def dockerfile(repo2docker: Path) -> str:
    """Have repo2docker print what it would build."""
    with _copy(ROOT.joinpath(".binder", "printed")) as folder:
        run = subprocess.run(
            [repo2docker, "--no-build", "--debug", folder],
            capture_output=True,
            text=True,
            check=True,
        )
    return run.stdout + run.stderr


def steps(printed: str) -> list[str]:
    """Return the commands that a Dockerfile runs with the repository's own files, in order."""
    commands = re.findall(r"^RUN (.*binder/.*)$", printed, re.MULTILINE)
    return [" ".join(command.split()) for command in commands]


def locked(repo2docker: Path, version: str) -> dict[str, str]:
    """Return the versions in the image, by name."""
    (path,) = repo2docker.parents[1].glob(_LOCK.format(version))
    found: list[tuple[str, str]] = _LOCKED.findall(path.read_text(encoding="utf-8"))
    return {plain(name): number for name, number in found}


def plain(name: str) -> str:
    """Write the name of a package in its one way."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass
class Memory:
    """The memory of all processes that run this Python: the server and its kernels."""

    python: Path
    peak: int = 0
    seen: set[str] = field(default_factory=set)
    """How their command lines end: which notebooks, which kernels."""

    def look(self) -> None:
        now = 0
        for process in psutil.process_iter(["cmdline", "memory_info"]):
            line = process.info["cmdline"] or []
            if line and line[0].startswith(str(self.python.parent)) and process.info["memory_info"]:
                now += process.info["memory_info"].rss
                self.seen.add(" ".join(line[1:]))
        self.peak = max(self.peak, now)

    @contextlib.contextmanager
    def watched(self) -> Iterator["Memory"]:
        """Look ten times a second while the block runs."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                self.look()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()


@dataclass
class Replay:
    """The image, as far as a venv can be one."""

    home: Path
    python: Path
    environment: dict[str, str]
    start: str
    image: dict[str, str]
    before: dict[str, str]
    after: dict[str, str]
    times: dict[str, float]
    memory: Memory

    def command(self, *command: str) -> list[str]:
        """Return a command as the image runs it: through ``binder/start``."""
        return [self.start, *command]

    def run(self, *command: str) -> str:
        """Run a command in the image, and return what it prints."""
        run = subprocess.run(
            self.command(*command),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{command}: {run.stderr[-3000:]}"
        return run.stdout


@contextlib.contextmanager
def replay(printed: str, repo2docker: Path, python: Path) -> Iterator[Replay]:
    """Build what a Dockerfile says, and run JupyterLab there while the block runs."""
    home, env = FOLDER / "home", FOLDER / "env"
    times: dict[str, float] = {}
    for folder in (home, env):
        shutil.rmtree(folder, ignore_errors=True)
    version = re.search(r"environment-2epy-2d3-2e(\d+)-2d", printed)
    assert version, "repo2docker names no Python"
    image = locked(repo2docker, f"3.{version[1]}")
    with _timed(times, "the image"):
        _make_image(env, python, image)
    before = _installed(env)
    environment = _environment(home, env)
    with _copy(home):
        with _timed(times, "binder/"):
            for step in steps(printed):
                _run(step, home, environment)
        entry = re.search(r'^ENV R2D_ENTRYPOINT="(.*)"$', printed, re.MULTILINE)
        assert entry, "repo2docker did not find binder/start"
        built = Replay(
            home,
            env / "bin" / "python",
            environment | VISIT,
            entry[1].replace("${REPO_DIR}", str(home)),
            image,
            before,
            _installed(env),
            times,
            Memory(env / "bin" / "python"),
        )
        with _server(built):
            yield built


def _make_image(env: Path, python: Path, image: dict[str, str]) -> None:
    """Make a venv with the versions of the image."""
    subprocess.run([python, "-m", "venv", env], check=True)
    pins = FOLDER / "image.txt"
    pins.write_text("".join(f"{name}=={number}\n" for name, number in image.items()))
    install = [env / "bin" / "pip", "install", "-qq", "--constraint", pins]
    subprocess.run([*install, *FAMILY], check=True, env=_quiet())


def _run(step: str, home: Path, environment: dict[str, str]) -> None:
    """Run a command of the Dockerfile."""
    run = subprocess.run(
        ["bash", "-c", step],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{step}\n{run.stdout}{run.stderr}"


def _installed(env: Path) -> dict[str, str]:
    """Return what a venv holds: versions by name."""
    listed = subprocess.run(
        [env / "bin" / "pip", "list", "--format=freeze"],
        check=True,
        env=_quiet(),
        capture_output=True,
        text=True,
    )
    pairs = (line.split("==") for line in listed.stdout.split())
    return {plain(name): number for name, number in pairs}


def _quiet() -> dict[str, str]:
    return os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _environment(home: Path, env: Path) -> dict[str, str]:
    """Return the variables of the image, with nothing of this machine's Jupyter."""
    ours = ("SMS_", "JUPYTER", "IPYTHON", "VIRTUAL_ENV", "PYTHON")
    kept = {name: value for name, value in _quiet().items() if not name.startswith(ours)}
    return kept | {
        "HOME": str(home),
        "REPO_DIR": str(home),
        "KERNEL_PYTHON_PREFIX": str(env),
        "NB_PYTHON_PREFIX": str(env),
        "PATH": f"{env / 'bin'}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }


@contextlib.contextmanager
def _copy(folder: Path) -> Iterator[Path]:
    """Copy what is, or would be, committed: nothing else reaches Binder."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():  # and not deleted since
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _timed(times: dict[str, float], what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times[what] = time.perf_counter() - began


@contextlib.contextmanager
def _server(built: Replay) -> Iterator[None]:
    """Run JupyterLab as the image does: through ``binder/start``."""
    port = free_port()
    options = f"--no-browser --allow-root --ip=127.0.0.1 --port={port} --ServerApp.port_retries=0"
    command = ["jupyter", "lab", *shlex.split(options), f"--IdentityProvider.token={_TOKEN}"]
    began = time.perf_counter()
    log = FOLDER / "lab.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            built.command(*command),
            cwd=built.home,
            env=built.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while True:
            assert server.poll() is None, log.read_text()[-3000:]
            assert time.perf_counter() - began < 60, "JupyterLab did not start"
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{port}/api?token={_TOKEN}"
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).close()
                break
            time.sleep(0.1)
        built.times["JupyterLab"] = time.perf_counter() - began
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
