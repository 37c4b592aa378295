"""How long instances waited for a processor: what is told from two looks, and a process that gets none."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from itertools import count
from subprocess import PIPE, Popen
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from tests.starving import starving
from warren.evidence.starved import Span, kept_waiting
from warren.worlds.real.run_queues import RunQueues, Thread, waits
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.run_queues import Threads

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells of its run queues"
)

ONE, OTHER = ("part-1", 1), ("part-2", 2)
ONES_SECOND = ("part-1", 3)
DEADLINE = 30.0
# Its main thread waits for its child's end, and the child has work for ever, a little at a time.
PARENT = """
import subprocess, sys
work = "import time\\nwhile True: time.sleep(0.01)"
child = subprocess.Popen([sys.executable, "-c", work])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({}, {ONE: Thread(1.0, 3.0)}, {"part-1": 3.0}, id="new"),
        pytest.param(
            {ONE: Thread(1.0, 3.0)}, {ONE: Thread(1.5, 5.0)}, {"part-1": 2.0}, id="waited since"
        ),
        pytest.param({ONE: Thread(1.0, 3.0)}, {ONE: Thread(9.0, 3.0)}, {}, id="ran all the time"),
        pytest.param(
            {ONE: Thread(1.0, 3.0, is_ready=True)},
            {ONE: Thread(1.0, 3.0, is_ready=True)},
            {"part-1": 4.0},
            id="waits still",
        ),
        pytest.param(
            {ONE: Thread(1.0, 3.0)},
            {ONE: Thread(1.0, 3.0, is_ready=True)},
            {},
            id="slept, and woke just now",
        ),
        pytest.param(
            {},
            {ONE: Thread(0.0, 3.0), ONES_SECOND: Thread(0.0, 1.0)},
            {"part-1": 3.0},
            id="the thread that waited longest",
        ),
        pytest.param(
            {},
            {ONE: Thread(2.0, 2.0), ONES_SECOND: Thread(2.0, 2.0)},
            {},
            id="two threads in each other's way",
        ),
        pytest.param(
            {},
            {ONE: Thread(0.5, 3.5), OTHER: Thread(2.5, 0.0)},
            {"part-1": 1.0},
            id="an instance in another's way",
        ),
        pytest.param(
            {ONE: Thread(5.0, 9.0)},
            {ONE: Thread(1.0, 2.0)},
            {"part-1": 2.0},
            id="another of its id",
        ),
        pytest.param({ONE: Thread(5.0, 9.0)}, {}, {}, id="ended"),
    ],
)
def test_waits(before: Threads, after: Threads, expected: dict[str, float]) -> None:
    """An instance waited as long as its thread that waited longest, but for what the case's own threads ran."""
    assert waits(before, after, 4.0) == pytest.approx(expected)


def test_looks() -> None:
    """A look soon after another is none; a wait stands at the end of the time in which it was."""
    clock = count(100.0, 0.1)
    queues = RunQueues(lambda: next(clock))
    asked: list[float] = []

    def processes() -> Iterator[tuple[str, int]]:
        asked.append(1)
        return iter([("part-1", 1 << 30)])  # no process has that id

    for _ in range(10):
        queues.look(processes)
    assert 2 <= len(asked) <= 4
    assert queues.look_now(processes()) == ()


def test_starved_child() -> None:
    """Whoever gets no processor is told, though it is a child of the instance and still waits; an idle one is not."""
    with ExitStack() as stack:
        parent, idle = (
            stack.enter_context(Popen([sys.executable, "-c", code], stdout=PIPE, text=True))
            for code in (PARENT, "import signal; print(0, flush=True); signal.pause()")
        )
        for process in (parent, idle):
            stack.callback(process.kill)
            assert process.stdout is not None
        child, _ = (int(process.stdout.readline()) for process in (parent, idle) if process.stdout)
        stack.callback(os.kill, child, signal.SIGKILL)
        queues, began = RunQueues(monotonic), monotonic()

        def waited(instance: str) -> float:
            starved = queues.look_now([("part-1", parent.pid), ("part-2", idle.pid)])
            kept = kept_waiting(Span(began, monotonic(), "now", instance), starved)
            return kept[1] if kept else 0.0

        with starving(child):
            assert wait_until(lambda: waited("part-1") > 2.0, timeout=DEADLINE, interval=0.25)
        assert not waited("part-2")
