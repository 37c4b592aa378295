"""What Warren's plugin adds to the start of pytest, in a project that does not use it.

    python -m benchmarks.plugin_start --rounds 30

Both sides run `pytest` with one empty test, in the same environment and one right after the other, in an order that
changes from round to round; on one side the distribution is hidden from pytest, as if it were not installed. Prints
the least of each side and the median of the differences, in milliseconds of processor time and of wall time. Whatever
else the machine does only adds: so the limit of 30 ms is held against the least processor times.
`--python` names the interpreter of an environment to measure, e.g. one with the wheel instead of a clone.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

LIMIT = 30.0
"""Milliseconds."""
DISTRIBUTION = "pytest-warren"
START = """
import importlib.metadata, sys
found = importlib.metadata.distributions
hidden = sys.argv.pop(1)
def distributions(**given):
    return (each for each in found(**given) if each.metadata["Name"] != hidden)
importlib.metadata.distributions = distributions
import pytest
sys.exit(pytest.main())
"""
"""Both sides pay for the filter; what it hides is nothing on the one."""


def start(python: str, folder: Path, hidden: str) -> tuple[float, float]:
    """Run pytest once; give milliseconds of processor and of wall time."""
    before, begun = _spent(), time.perf_counter()
    subprocess.run(
        [python, "-c", START, hidden, "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
    wall = time.perf_counter() - begun
    return (_spent() - before) * 1000, wall * 1000


def _spent() -> float:
    """Give the seconds of processor time that ended children took."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure, print, and end with status 1 where the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    sides = {"with": "nothing", "without": DISTRIBUTION}
    times: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (folder / "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
        for side in sides.values():
            start(options.python, folder, side)  # the first one compiles
        for number in range(options.rounds):
            order = list(sides) if number % 2 else list(reversed(sides))
            for side in order:
                times[side].append(start(options.python, folder, sides[side]))
    added: list[float] = []
    for kind, what in enumerate(("processor", "wall")):
        ours, theirs = ([each[kind] for each in times[side]] for side in sides)
        more = [one - other for one, other in zip(ours, theirs, strict=True)]
        low, _, high = quantiles(more, n=4)
        added.append(min(ours) - min(theirs))
        print(
            f"{what} time: {min(ours):.1f} ms with, {min(theirs):.1f} ms without: {added[-1]:+.1f} ms"
            f" (median of the differences {median(more):+.1f}, middle half {low:+.1f} to {high:+.1f})"
        )
    print(f"The plugin may add {LIMIT:g} ms of processor time.")
    sys.exit(added[0] > LIMIT)


if __name__ == "__main__":
    main()
