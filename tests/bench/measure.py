"""Timing things side by side in one run: only ratios are compared, never absolute times."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple


class Ratio(NamedTuple):
    """How much longer one thing takes than another."""

    what: str
    ours: float
    theirs: float
    limit: str
    holds: bool

    @property
    def times(self) -> float:
        """The ratio."""
        return self.ours / self.theirs


def interleaved(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    *,
    warm: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Run two things in turns; return the median seconds of each, by a clock.

    What only computes is measured by `time.process_time`: other processes do not count then.
    """
    for _ in range(warm):
        ours()
        theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for thing, kept in zip((ours, theirs), times, strict=True):
            started = clock()
            thing()
            kept.append(clock() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def times(whole: int, effort: float) -> int:
    """Return how often a thing is run: less than all of it for a first look."""
    return max(round(whole * effort), 3)


def import_seconds(statement: str) -> float:
    """Return the CPU seconds of a statement in a fresh interpreter, without its start."""
    program = f"import time; t = time.process_time()\n{statement}\nprint(time.process_time() - t)"
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return float(printed.stdout)


def at_most(what: str, ours: float, theirs: float, limit: float) -> Ratio:
    """Compare: ours may take so many times theirs."""
    return Ratio(what, ours, theirs, f"<= {limit}", ours / theirs <= limit)


def faster(what: str, ours: float, theirs: float, times: float) -> Ratio:
    """Compare: ours is so many times faster."""
    return Ratio(what, ours, theirs, f"<= {1 / times:.2f}", theirs / ours >= times)


def table(rows: list[Ratio]) -> str:
    """Write the ratios for a person."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'':{width}}  {'ours ms':>9}  {'theirs ms':>9}  {'ratio':>6}  limit"]
    lines += [
        f"{row.what:{width}}  {row.ours * 1e3:9.2f}  {row.theirs * 1e3:9.2f}  {row.times:6.2f}  "
        f"{row.limit}{'' if row.holds else '   MISSED'}"
        for row in rows
    ]
    return "\n".join(lines)
