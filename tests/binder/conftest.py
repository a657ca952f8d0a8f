"""What ``make test-binder`` brings: repo2docker, and a Python of Binder's version.

Without them (plain ``make test``) only the rules that need neither are tested here.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from binder.replay import Replay, dockerfile, replay

ROOT = Path(__file__).parents[2]


def brought(name: str) -> Path:
    if not (path := os.environ.get(name)):
        pytest.skip("run it with: make test-binder")
    return Path(path).absolute()


@pytest.fixture(scope="session")
def printed() -> str:
    """Return the Dockerfile that repo2docker makes of the repository."""
    return dockerfile(brought("REPO2DOCKER"))


@pytest.fixture(scope="session")
def replayed(printed) -> Iterator[Replay]:
    """Build as Binder does, and start JupyterLab there."""
    python, repo2docker = brought("BINDER_PYTHON"), brought("REPO2DOCKER")
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    wanted = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert version.stdout.replace("Python ", "python-").startswith(f"{wanted}."), version.stdout
    with replay(printed, repo2docker, python) as built:
        yield built
