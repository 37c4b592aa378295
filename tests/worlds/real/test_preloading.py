"""Instances that are forked from a process with their modules loaded: they are what their command would have been."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from warren.claims.implementation import Program
from warren.errors import ManifestError
from warren.workloads.course.roles import STREAM
from warren.worlds.real.databases import UnfollowedLine
from warren.worlds.real.preloading import Preloader
from warren.worlds.real.process import RealProcess
from warren.worlds.real.runs.orphans import adopt_orphans
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEADLINE = 30.0
TELLS = """
import atexit, json, os, sys
import loaded
atexit.register(lambda: print("the end", flush=True))
leads = os.getpgrp() == os.getpid()
print(json.dumps([__name__, sys.argv[1:], dict(os.environ), os.getcwd(), leads, loaded.by]), flush=True)
sys.exit(7)
"""
WAITS = "import signal; print('waits', flush=True); signal.pause()"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RealProcess]]:
    """Start a module of that source as an instance, with `loaded` preloaded; end it after the test."""
    adopt_orphans()
    (tmp_path / "loaded.py").write_text("import os\nby = os.getpid()\n", encoding="utf-8")
    started: list[RealProcess] = []
    with contextlib.closing(Preloader({"MARK": "server"})) as preloader:

        def do(source: str, *arguments: str) -> RealProcess:
            (tmp_path / "played.py").write_text(source, encoding="utf-8")
            argv = ("python", "-m", "played", *arguments)
            program = Program(argv, tmp_path, {"APP_ENV": "prod"}, preload=("loaded",))
            preloader.prepare(program)
            line: Any = SimpleNamespace(close=lambda: None)
            started.append(
                RealProcess(
                    program,
                    "stream-1",
                    STREAM,
                    line=line,
                    database=UnfollowedLine("none"),
                    secrets=(),
                    env={"WARREN_HTTP_PORT": "1", "WARREN_RUN": "test"},
                    output=tmp_path / f"out-{len(started)}",
                    now=time.monotonic,
                    launch=preloader.launch,
                )
            )
            return started[-1]

        yield do
        for process in started:
            process.close(DEADLINE)


def ended(process: RealProcess) -> bool:
    """Wait until a process has ended."""
    return wait_until(lambda: process.exit_status is not None, timeout=DEADLINE)


def waits(process: RealProcess) -> bool:
    """Wait until a process says that it waits."""
    return wait_until(lambda: "waits" in process.output(), timeout=DEADLINE)


def test_as_its_command(start: Callable[..., RealProcess], tmp_path: Path) -> None:
    """It has the command's arguments, environment and directory, a group of its own, its output and exit status."""
    process = start(TELLS, "one", "two")
    assert ended(process)
    told, end = process.output().splitlines()
    name, arguments, environment, directory, leads, _ = json.loads(told)
    assert (name, arguments, directory, leads) == ("__main__", ["one", "two"], str(tmp_path), True)
    assert environment["APP_ENV"] == "prod"
    assert environment["WARREN_RUN"] == "test"
    assert "MARK" not in environment
    assert end == "the end"
    assert process.exit_status == 7


def test_loaded_once(start: Callable[..., RealProcess]) -> None:
    """The modules were loaded by the server, once for all instances."""
    first = start(TELLS)
    assert ended(first)
    second = start(TELLS)
    assert ended(second)
    by = {json.loads(process.output().splitlines()[0])[-1] for process in (first, second)}
    assert len(by) == 1
    assert os.getpid() not in by


def test_stops(start: Callable[..., RealProcess]) -> None:
    """A stop signal and SIGKILL end it as any process, and its exit status says so."""
    stopped = start(WAITS)
    assert waits(stopped)
    killed = start(WAITS)
    assert waits(killed)
    stopped.stop()
    killed.kill()
    assert ended(stopped)
    assert ended(killed)
    assert stopped.exit_status == -signal.SIGTERM
    assert killed.exit_status == -signal.SIGKILL


def test_frozen(start: Callable[..., RealProcess]) -> None:
    """It can be frozen and thawed."""
    process = start(WAITS)
    assert waits(process)
    process.freeze()
    process.thaw()
    process.stop()
    assert ended(process)


def test_a_crash_is_told(start: Callable[..., RealProcess]) -> None:
    """An exception that nothing catches is printed, and the exit status is 1."""
    process = start("raise RuntimeError('as it is')")
    assert ended(process)
    assert process.output().endswith("RuntimeError: as it is\n")
    assert process.exit_status == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        (
            "import threading; threading.Thread(target=threading.Event().wait, name='pool').start()",
            "starts threads (pool)",
        ),
    ],
    ids=["cannot be loaded", "starts a thread"],
)
def test_what_cannot_be_preloaded(tmp_path: Path, source: str, words: str) -> None:
    """Modules that cannot be loaded, or start threads, are refused with what to do; no server stays."""
    (tmp_path / "loaded.py").write_text(source, encoding="utf-8")
    program = Program(("python", "-m", "played"), tmp_path, preload=("loaded",))
    children = {child.pid for child in psutil.Process().children()}
    with contextlib.closing(Preloader({})) as preloader, pytest.raises(ManifestError) as refused:
        preloader.prepare(program)
    assert words in str(refused.value)
    assert str(refused.value).endswith("mend `preload` in the manifest, or take it out.")
    assert {child.pid for child in psutil.Process().children()} <= children
