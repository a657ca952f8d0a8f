"""What a plain install takes where the packages are near by: seconds of CPU, as one core needs."""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from measure import Ratio, at_most

ROOT = Path(__file__).parents[2]
BARE = ("pandas", "ipywidgets", "httpx")
"""What anybody has who looks at tables in a notebook."""


def pip(*arguments: str) -> None:
    """Run pip; what goes wrong is said in its words."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def installed(folder: Path, wheels: Path, *requirements: str) -> float:
    """Install into a new environment; return the seconds of CPU that it took."""
    venv.create(folder, with_pip=False)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    before = os.times()
    source = ("--no-index", "--find-links", str(wheels))
    pip("--python", python, "install", "-q", *source, *requirements)
    after = os.times()
    return after[2] + after[3] - before[2] - before[3]


def installing() -> Iterator[Ratio]:
    """Install this package against pandas, ipywidgets and httpx alone."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wheels = folder / "wheels"
        pip("wheel", "-q", "--wheel-dir", str(wheels), str(ROOT), *BARE)
        installed(folder / "warm", wheels, "idna")
        theirs = installed(folder / "theirs", wheels, *BARE)
        mine = installed(folder / "ours", wheels, "sms-notebook")
    yield at_most("pip install / of pandas, ipywidgets, httpx alone", mine, theirs, 1.6)
