"""Services: the servers that a manifest names besides broker and database, as processes of a case or of a worker.

One without a `reset` is started for each case and ended with it. One with a `reset` is started at its first case, kept
by the process of pytest that runs it, and reset before each case. Both carry the run's mark, the former the case's too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import psutil

from warren.errors import SetupError
from warren.evidence.text import end_of, visible_lines
from warren.worlds.real.capture import Capture
from warren.worlds.real.directories import copy_directory
from warren.worlds.real.launching import inherited_environment, spawn
from warren.worlds.real.placeholders import Placeholders
from warren.worlds.real.runs.folders import writing
from warren.worlds.real.runs.ports import LOOPBACK, Ports
from warren.worlds.real.runs.processes import (
    CASE_MARK,
    kill_marked_descendants,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Service
    from warren.worlds.real.runs import Run

JOURNAL_KIND: Final = "service"
_RESET: Final = 60.0
"""Seconds in which a reset must be done."""
_KILL: Final = 10.0
_SHOWN: Final = 800
"""Characters of its output."""


class RunningService:
    """One that is ready, with its port, its copy of its directory, and its output."""

    def __init__(
        self,
        service: Service,
        folder: Path,
        run: Run,
        secrets: Collection[str],
    ) -> None:
        """Start it in `folder`, and wait until it is ready. Raises `SetupError`."""
        self._service, self._secrets = service, secrets
        self._mark = f"service {folder.name}"
        self._environment = {**run.environment, CASE_MARK: self._mark}
        self._directory = folder / "directory"
        with writing(folder):
            folder.mkdir(parents=True)
        copy_directory(service.program.directory, self._directory)
        self._ports = Ports()
        port = self._port = self._ports.free()
        self._places = Placeholders({"port": str(port), "host": LOOPBACK})
        program = self._places.filled(service.program, self._directory)
        self._capture = Capture(folder / "output")
        try:
            self._process = spawn(program, self._whole(program), self._capture.write_end)
        except OSError as error:
            self._ports.close()
            raise self._fault(f"cannot run {program.argv[0]!r}: {error.strerror}") from error
        finally:
            self._capture.begin()
        try:
            run.note(JOURNAL_KIND, _identity(self._process.pid))
            self._await_ready()
        except BaseException:
            self.close()
            raise

    @property
    def port(self) -> int:
        """Where it is, on the loopback address."""
        return self._port

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def reset(self) -> None:
        """Have it be as after its start. Raises `SetupError` where that fails."""
        if self._service.reset is None:
            return
        program = self._places.filled(self._service.reset, self._directory)
        where = program.source
        try:
            done = subprocess.run(
                program.argv,
                cwd=program.directory,
                env=self._whole(program),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_RESET,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SetupError(
                f"not done within {_RESET:.0f} s", where, "make it end by itself"
            ) from error
        except OSError as error:
            words = f"cannot run {program.argv[0]!r}: {error.strerror}"
            raise SetupError(words, where, "correct the command") from error
        if done.returncode:
            printed = (done.stderr + done.stdout).decode("utf-8", "backslashreplace").strip()
            words = f"ended with status {done.returncode}: {self._shown(printed)}"
            raise SetupError(words, where, "run it by hand")

    def close(self) -> None:
        """Ask it to end, then end all that it has started, and give its port back. Safe to call again."""
        if self.alive:
            self._process.send_signal(self._service.program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._service.program.grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        kill_marked_descendants(self._mark, CASE_MARK)
        self._process.wait(_KILL)
        self._capture.close(_KILL)
        self._ports.close()

    def _await_ready(self) -> None:
        port = int(self._places.fill(self._service.ready))
        within = self._service.within
        wait_until(lambda: not self.alive or _listens(port), timeout=within)
        if not self.alive:
            raise self._fault(f"ended with status {self._process.poll()} before it was ready")
        if not _listens(port):
            raise self._fault(f"not ready within {within:.0f} s: nothing listens on port {port}")

    def _fault(self, words: str) -> SetupError:
        self._capture.catch_up(1.0)
        printed = self._shown(self._capture.end_of_output())
        said = f"; it printed: {printed}" if printed else ", and it printed nothing"
        return SetupError(f"{words}{said}", self._service.program.source, "run its command by hand")

    def _shown(self, printed: str) -> str:
        return visible_lines(end_of(printed.strip(), _SHOWN, self._secrets))

    def _whole(self, program: Program) -> dict[str, str]:
        return {**inherited_environment(), **program.environment, **self._environment}


@dataclass(slots=True)
class Services:
    """The services of one process of pytest: it keeps those that can be reset, until `close`."""

    run: Run
    owner: str
    _kept: dict[str, RunningService] = field(default_factory=dict)
    """By where each is named: a manifest has several, and a run several manifests."""
    _count: int = 0

    @contextlib.contextmanager
    def of_case(
        self, services: Iterable[Service], secrets: Collection[str]
    ) -> Iterator[dict[str, int]]:
        """Give a case its services, fresh or as fresh: the port of each by its name.

        Raises `SetupError` where one is not ready or cannot be reset.
        """
        with contextlib.ExitStack() as stack:
            ports: dict[str, int] = {}
            for service in services:
                if service.reset is None:
                    running = self._start(service, secrets)
                    stack.callback(running.close)
                else:
                    running = self._reset(service, secrets)
                ports[service.name] = running.port
            yield ports

    def close(self) -> None:
        """End those that were kept."""
        while self._kept:
            self._kept.popitem()[1].close()

    def _reset(self, service: Service, secrets: Collection[str]) -> RunningService:
        where = service.program.source
        running = self._kept.get(where)
        if running is not None and not running.alive:  # a case may have brought it down
            self._kept.pop(where).close()
            running = None
        if running is None:
            running = self._kept[where] = self._start(service, secrets)
        running.reset()
        return running

    def _start(self, service: Service, secrets: Collection[str]) -> RunningService:
        self._count += 1
        name = f"{service.name}-{self._count}-of-{self.owner}"
        folder = self.run.folder / "services" / name
        return RunningService(service, folder, self.run, secrets)


def remove_leftover(facts: dict[str, Any]) -> None:
    """Kill a service that was noted, and its process group, if it still runs."""
    if _identity(facts["pid"]) == facts:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(facts["pid"], signal.SIGKILL)


def _identity(pid: int) -> dict[str, Any]:
    """Tell a process from a later one of the same id."""
    try:
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "created": None}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
