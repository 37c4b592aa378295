"""Processes of a run: found wherever they went, ended whatever they do."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from warren.errors import SetupError
from warren.worlds.real.runs.processes import (
    MARK,
    Server,
    descendants,
    kill_marked,
    kill_marked_descendants,
    last_lines,
    marked,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.real.runs import Run

STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("stubborn", flush=True)
signal.pause()
"""
# Leaves a grandchild behind that has neither its parent nor its session nor its group.
LOST = """
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        sys.stdout.close()
        os.close(1)
        signal.pause()
    os._exit(0)
os.wait()
"""


def _start(run: Run, script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | run.environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_descendants(run: Run) -> None:
    """A child and its child are found, from whichever thread the child was started, and not once they have ended."""
    pids: list[int] = []

    def start() -> None:
        script = r"import os, signal; os.fork(); os.write(1, b'%d\n' % os.getpid()); signal.pause()"
        with _start(run, script) as child:
            assert child.stdout is not None
            pids.extend(int(child.stdout.readline()) for _ in range(2))
            here.set()
            over.wait(10)
            kill_marked_descendants(run.id, MARK)

    here, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=start)
    thread.start()
    assert here.wait(10)
    found = {process.pid for process in descendants()}
    over.set()
    thread.join(10)
    assert set(pids) <= found
    assert not {process.pid for process in descendants()} & set(pids)


def test_finds_what_left_its_session(run: Run, is_gone: Callable[[int], bool]) -> None:
    """A daemonised grandchild is found by its mark and killed."""
    with _start(run, LOST) as parent:
        assert parent.stdout is not None
        lost = int(parent.stdout.readline())
        parent.wait(10)
    assert [process.pid for process in marked(run.id)] == [lost]
    kill_marked(run.id)
    assert is_gone(lost)
    assert marked(run.id) == []


def test_leaves_others_alone(run: Run) -> None:
    """A process of another run is not touched."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        env=os.environ | {"WARREN_RUN": "other"},
        stdin=subprocess.PIPE,
    ) as other:
        kill_marked(run.id)
        assert other.poll() is None


@pytest.mark.parametrize(("grace", "said"), [(5.0, "asked\n"), (0.0, "")])
def test_asks_before_it_kills(run: Run, grace: float, said: str) -> None:
    """With a grace the process ends by its own handler; without it is killed at once."""
    script = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('asked')));"
        "print('ready', flush=True); signal.pause()"
    )
    with _start(run, script) as process:
        assert process.stdout is not None
        process.stdout.readline()
        kill_marked(run.id, grace=grace)
        assert process.stdout.read() == said


def test_says_what_does_not_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that cannot be killed is named, after the deadline."""
    monkeypatch.setattr("warren.worlds.real.runs.processes.psutil.Process.kill", lambda _self: None)
    with _start(run, STUBBORN) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(
            SetupError, match=f"processes {process.pid}: these processes do not end"
        ):
            kill_marked(run.id, timeout=0.1)
        process.kill()


def test_server_that_ignores_sigterm(run: Run, is_gone: Callable[[int], bool]) -> None:
    """A server of ours that ignores SIGTERM is killed with its group after its grace."""
    log = run.folder / "log"
    server = Server(
        [sys.executable, "-c", STUBBORN], folder=run.folder, log=log, environment=run.environment
    )
    assert wait_until(lambda: "stubborn" in log.read_text(), timeout=10)
    server.stop(grace=0.1)
    assert not server.alive
    assert is_gone(server.pid)
    server.stop()


def test_last_lines() -> None:
    """An error's sentence gets the end of a log, without empty lines and cut to a size."""
    assert last_lines("a\n\n b \nc\n", 2) == "b | c"
    assert len(last_lines("x" * 10_000)) == 300


def test_last_lines_without_secrets() -> None:
    """A line that is cut in the middle of a secret shows no part of it."""
    secret = "0123456789abcdef" * 2
    shown = last_lines("x" * 290 + secret + "y", secrets=[secret])
    assert shown.startswith("x" * 289)
    assert secret[:5] not in shown


def test_wait_until_gives_up() -> None:
    """A condition that never comes ends at the deadline."""
    assert not wait_until(lambda: False, timeout=0.05)


def test_wait_until_looks_when_the_time_is_over() -> None:
    """What has come while the first look was kept from ending is still seen."""
    pause, looks = threading.Event(), iter([False, True])

    def look() -> bool:
        pause.wait(0.1)
        return next(looks)

    assert wait_until(look, timeout=0.05)


def test_cannot_look(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no file descriptor left to look through the processes, the sentence says so."""

    def no_descriptor() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr("warren.worlds.real.runs.processes.psutil.process_iter", no_descriptor)
        with pytest.raises(SetupError, match=r"Too many open files\); allow more open files"):
            marked(run.id)
