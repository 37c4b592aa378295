"""The whole consumer suite against the clock: its wall time, and what of it nobody can avoid.

    python benchmarks/suite.py --broker docker:4.3 --database sqlite
    python benchmarks/suite.py --broker embedded -- conformance/consumers --implementation=examples/php/warren.toml

Runs `pytest -n 4 --pace fast conformance/consumers` (or the arguments after `--`) and prints the wall time from the
process's first moment, held against 240 s, and against 1.3 x the longest chain of waits. Exit status 1 where either is
missed, pytest's own where the run itself fails.

The *chain* of a worker is the sum, over its cases, of the time in which a case waits through its rig for others: until
its instances are ready, for the work of its payload, for windows in which something must not happen, for ticks of a
heartbeat, for a restart of the broker; what the rig looks at while it waits is in it. What else Warren does is no part
of it: vhost, database, line, teardown, judging, reports, pytest. The chain is measured, not computed: where the
machine is busy a wait is as long as it was, so that the ratio says how much of the wall time goes into anything but
waiting. It says nothing of the machine; the limit in seconds does.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections import defaultdict
from functools import wraps
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from warren.rigs.consumers.starting import Starting
from warren.worlds.real.world import RealWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WALL_LIMIT = 240.0  # seconds
RATIO_LIMIT = 1.3
_WAITED, _STARTED = "waited", "started"  # the properties that a case's report carries, in seconds


class Stopwatch:
    """Times what the cases of one pytest process wait for; a part of a plugin in each of them."""

    def __init__(self) -> None:
        """Begin with no wait."""
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Time the waits of every rig; those for an instance to become ready are its start."""
        for name in ("wait_for", "restart_broker"):
            patch.setattr(RealWorld, name, self._around(getattr(RealWorld, name), _WAITED))
        patch.setattr(Starting, "await_ready", self._around(Starting.await_ready, _STARTED))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Let the last report of a case say how long it waited."""
        if call.when == "teardown":
            item.user_properties += [
                (kind, self._seconds.pop(kind, 0.0)) for kind in (_WAITED, _STARTED)
            ]

    def _around(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._lap(kind):
                return function(*args, **kwargs)

        return timed

    @contextlib.contextmanager
    def _lap(self, kind: str) -> Iterator[None]:
        """Time the outermost wait alone."""
        outermost, self._inside = not self._inside, True
        began = time.monotonic()
        try:
            yield
        finally:
            if outermost:
                self._inside = False
                self._seconds[kind] += time.monotonic() - began


class Chains:
    """Adds up, in the controller, what the workers' cases waited for."""

    def __init__(self) -> None:
        """Begin with no worker."""
        self._chains: defaultdict[str, float] = defaultdict(float)
        self._starts: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a case's waits from its last report."""
        if report.when == "teardown":
            worker = getattr(report, "worker_id", "main")
            seconds: dict[str, Any] = dict(report.user_properties)
            self._chains[worker] += seconds[_WAITED] + seconds[_STARTED]
            self._starts[worker] += seconds[_STARTED]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a green run that missed a limit."""
        if session.exitstatus == pytest.ExitCode.OK and self._missed(_wall()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the figures."""
        wall, chain = _wall(), self._longest()
        for worker, seconds in sorted(self._chains.items()):
            terminalreporter.write_line(
                f"{worker}: waited {seconds:.0f} s, {self._starts[worker]:.0f} s of it for instances to start"
            )
        terminalreporter.write_line(f"wall time: {wall:.0f} s (limit {WALL_LIMIT:.0f} s)")
        if chain:
            terminalreporter.write_line(
                f"to the longest chain: {wall / chain:.2f} x (limit {RATIO_LIMIT} x)"
            )
        terminalreporter.write_line("missed" if self._missed(wall) else "met")

    def _longest(self) -> float:
        return max(self._chains.values(), default=0.0)

    def _missed(self, wall: float) -> bool:
        return wall > WALL_LIMIT or wall > RATIO_LIMIT * self._longest()


def pytest_configure(config: pytest.Config) -> None:
    """Measure in every process that runs cases, and add up in the one that prints."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    stopwatch = Stopwatch()
    stopwatch.install(patch)
    config.pluginmanager.register(stopwatch, "stopwatch")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Chains(), "chains")


def main() -> int:
    """Read the options and run; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--broker", default="docker:4.3")
    parser.add_argument("--database", default="auto")
    parser.add_argument("--workers", default="4")
    parser.add_argument("pytest", nargs="*", default=["conformance/consumers"])
    options = parser.parse_args()
    return pytest.main(
        [
            *("-p", "benchmarks.suite", "-n", options.workers, "--pace", "fast"),
            *("--broker", options.broker, "--database", options.database),
            *options.pytest,
        ]
    )


def _wall() -> float:
    return time.time() - psutil.Process().create_time()


if __name__ == "__main__":
    sys.exit(main())
