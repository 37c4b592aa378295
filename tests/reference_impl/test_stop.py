"""A wish to end reaches whoever waits, from wherever it is made."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from reference_impl import Stop
from reference_impl.stop import SIGNALS
from warren.worlds.real.runs.processes import wait_until

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0


def test_waits_until_requested() -> None:
    """A waiting thread wakes when another requests the end."""
    stop = Stop()
    timer = threading.Timer(0.01, stop.request)
    timer.start()
    assert stop.wait(5)
    timer.join()


def test_times_out() -> None:
    """Without a request a wait ends at its timeout."""
    assert not Stop().wait(0.001)


def test_times_out_before_it_waits() -> None:
    """A timeout that is over before the wait begins, as on a busy machine, ends it all the same."""

    def wait() -> None:
        assert not any(Stop().wait(1e-7) for _ in range(2000))

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(30)
    assert not waiting.is_alive()


def test_is_never_taken_back() -> None:
    """Every later wait returns at once, in every thread, after one request or more."""
    stop = Stop()
    stop.request()
    stop.request()
    assert all(stop.wait(5) for _ in range(4))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which signals a thread hears")
def test_signals_reach_the_main_thread_alone() -> None:
    """A consumer without a broker, whose threads start others at each attempt, is told to stop in the main one."""
    command = [sys.executable, "-m", "reference_impl", "hardened", "blocking", "stream"]
    addresses = {
        "WARREN_AMQP_URL": "amqp://127.0.0.1:1",
        "WARREN_DATABASE_URL": "sqlite://",
        "WARREN_SECOND": "0.1",
    }
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **addresses}) as process:

        def deaf() -> list[bool]:
            threads = psutil.Process(process.pid).threads()
            return [_hears_nothing(process.pid, t.id) for t in threads if t.id != process.pid]

        try:
            assert wait_until(lambda: len(deaf()) >= 2 and all(deaf()), timeout=DEADLINE)
            assert not _hears_nothing(process.pid, process.pid)
            process.terminate()
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()


def _hears_nothing(process_id: int, thread: int) -> bool:
    """Whether a thread blocks the signals by which a role is asked to end; one that has ended does."""
    try:
        status = Path(f"/proc/{process_id}/task/{thread}/status").read_text("ascii")
    except OSError:
        return True
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk"))
    return all(int(blocked.split()[1], 16) & (1 << (number - 1)) for number in SIGNALS)
