"""Services: the servers that a manifest names besides broker and database, as those of a case or of a worker.

One without a `reset` is started for each case and ended with it. One with a `reset` is started at its first case, kept
by the process of pytest that runs it, and reset before each case. Both carry the run's mark, the former the case's too.
One that runs already is everybody's: cases that reset it take turns. An image is `containers.server`'s.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import psutil
from filelock import Timeout

from warren.errors import SetupError
from warren.evidence.text import as_printed
from warren.worlds.real.capture import Capture
from warren.worlds.real.directories import copy_directory
from warren.worlds.real.launching import inherited_environment, spawn
from warren.worlds.real.placeholders import Placeholders
from warren.worlds.real.runs.folders import writing
from warren.worlds.real.runs.ports import LOOPBACK, Ports, listens
from warren.worlds.real.runs.processes import (
    CASE_MARK,
    kill_marked_descendants,
    wait_until,
)
from warren.worlds.real.runs.register import shared_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Service
    from warren.worlds.real.runs import Run

JOURNAL_KIND: Final = "service"
_TURN: Final = 1800.0
"""Seconds for which a case waits at most until others have done with a service."""
_RESET: Final = 60.0
"""Seconds in which a reset must be done."""
_KILL: Final = 10.0


class Running(Protocol):
    """One that is ready."""

    @property
    def place(self) -> tuple[str, int]:
        """Host and port at which it is reached."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def reset(self) -> None:
        """Have it be as after its start. Raises `SetupError` where that fails."""

    def close(self) -> None:
        """End it, if it is ours. Safe to call again."""


class ServiceProcess:
    """One that is ready, with its port, its copy of its directory, and its output."""

    def __init__(
        self,
        service: Service,
        program: Program,
        folder: Path,
        run: Run,
        secrets: Collection[str],
    ) -> None:
        """Start its program in `folder`, and wait until it is ready. Raises `SetupError`."""
        self._service, self._program, self._secrets = service, program, secrets
        self._mark = f"service {folder.name}"
        self._environment = {**run.environment, CASE_MARK: self._mark}
        self._directory = folder / "directory"
        with writing(folder):
            folder.mkdir(parents=True)
        copy_directory(program.directory, self._directory)
        self._ports = Ports()
        port = self._port = self._ports.free()
        self._places = Placeholders({"port": str(port), "host": LOOPBACK})
        program = self._places.filled(program, self._directory)
        self._capture = Capture(folder / "output")
        try:
            self._process = spawn(
                program, whole(program, self._environment), self._capture.write_end
            )
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
    def place(self) -> tuple[str, int]:
        """Where it is, on the loopback address."""
        return LOOPBACK, self._port

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def reset(self) -> None:
        """Run its `reset`, in its directory."""
        if self._service.reset is not None:
            program = self._places.filled(self._service.reset, self._directory)
            run_reset(program, self._environment, self._secrets)

    def close(self) -> None:
        """Ask it to end, then end all that it has started, and give its port back. Safe to call again."""
        if self.alive:
            self._process.send_signal(self._program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._program.grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        kill_marked_descendants(self._mark, CASE_MARK)
        self._process.wait(_KILL)
        self._capture.close(_KILL)
        self._ports.close()

    def _await_ready(self) -> None:
        port = int(self._places.fill(self._service.ready))
        within = self._service.within
        wait_until(lambda: not self.alive or listens(LOOPBACK, port), timeout=within)
        if not self.alive:
            raise self._fault(f"ended with status {self._process.poll()} before it was ready")
        if not listens(LOOPBACK, port):
            raise self._fault(f"not ready within {within:.0f} s: nothing listens on port {port}")

    def _fault(self, words: str) -> SetupError:
        self._capture.catch_up(1.0)
        printed = as_printed(self._capture.end_of_output(), self._secrets)
        return SetupError(f"{words}; {printed}", self._program.source, "run its command by hand")


class StandingService:
    """One that runs already, and is nobody's to end."""

    alive = True

    def __init__(
        self,
        service: Service,
        place: tuple[str, int],
        folder: Path,
        run: Run,
        secrets: Collection[str],
    ) -> None:
        """See that it listens; its `reset` runs in `folder`. Raises `SetupError` where nothing does."""
        self.place = place
        self._service, self._secrets = service, secrets
        self._directory, self._environment = folder / "directory", run.environment
        self._places = Placeholders({"host": place[0], "port": str(place[1])})
        port = int(self._places.fill(service.ready))
        if not wait_until(lambda: listens(place[0], port), timeout=service.within):
            raise SetupError(
                f"nothing listens at {place[0]}:{port} within {service.within:.0f} s",
                service.source,
                "start it, or mend its address",
            )
        if service.reset is not None:
            copy_directory(service.reset.directory, self._directory)

    def reset(self) -> None:
        """Run its `reset`."""
        if self._service.reset is not None:
            program = self._places.filled(self._service.reset, self._directory)
            run_reset(program, self._environment, self._secrets)

    def close(self) -> None:
        """Leave it as it is."""


@dataclass(slots=True)
class Services:
    """The services of one process of pytest: it keeps those that can be reset, until `close`."""

    run: Run
    owner: str
    _kept: dict[str, Running] = field(default_factory=dict)
    """By where each is named: a manifest has several, and a run several manifests."""
    _count: int = 0

    @contextlib.contextmanager
    def of_case(
        self, services: Iterable[Service], secrets: Collection[str]
    ) -> Iterator[dict[str, tuple[str, int]]]:
        """Give a case its services, fresh or as fresh: host and port of each by its name.

        Raises `SetupError` where one is not ready or cannot be reset.
        """
        services = tuple(services)
        with contextlib.ExitStack() as stack:
            places: dict[str, tuple[str, int]] = {}
            for address in sorted({s.address for s in services if s.address and s.reset}):
                stack.enter_context(_turn(*address))
            for service in services:
                if service.reset is None:
                    running = self._start(service, secrets)
                    stack.callback(running.close)
                else:
                    running = self._reset(service, secrets)
                places[service.name] = running.place
            yield places

    def close(self) -> None:
        """End those that were kept."""
        while self._kept:
            self._kept.popitem()[1].close()

    def _reset(self, service: Service, secrets: Collection[str]) -> Running:
        where = service.source
        running = self._kept.get(where)
        if running is not None and not running.alive:  # a case may have brought it down
            self._kept.pop(where).close()
            running = None
        if running is None:
            running = self._kept[where] = self._start(service, secrets)
        try:
            running.reset()
        except SetupError:
            self._kept.pop(where).close()  # nobody knows how it is now
            raise
        return running

    def _start(self, service: Service, secrets: Collection[str]) -> Running:
        self._count += 1
        name = f"{service.name}-{self._count}-of-{self.owner}"
        folder = self.run.folder / "services" / name
        if service.address is not None:
            return StandingService(service, service.address, folder, self.run, secrets)
        assert service.program is not None, "it has an address, or something that runs"
        if service.program.container is None:
            return ServiceProcess(service, service.program, folder, self.run, secrets)
        from warren.worlds.real.containers.server import ServiceContainer  # noqa: PLC0415 - Docker's client takes its time

        return ServiceContainer(service, service.program, self.run, secrets)


def run_reset(program: Program, marks: Mapping[str, str], secrets: Collection[str]) -> None:
    """Run what empties a service, to its end. Raises `SetupError` where it fails."""
    where = program.source
    try:
        done = subprocess.run(
            program.argv,
            cwd=program.directory,
            env=whole(program, marks),
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
        printed = (done.stderr + done.stdout).decode("utf-8", "backslashreplace")
        words = f"ended with status {done.returncode}; {as_printed(printed, secrets)}"
        raise SetupError(words, where, "run it by hand")


def whole(program: Program, marks: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that a program of a service has."""
    return {**inherited_environment(), **program.environment, **marks}


@contextlib.contextmanager
def _turn(host: str, port: int) -> Iterator[None]:
    """Let one case at a time have a service that they all reset. Raises `SetupError` where it never comes to it."""
    try:
        with shared_lock(f"service-{host}-{port}").acquire(timeout=_TURN):
            yield
    except Timeout as error:
        raise SetupError(
            f"other cases have had it for {_TURN / 60:.0f} minutes",
            f"the service at {host}:{port}",
            "let fewer cases run at once (a smaller -n), or have Warren start one for each",
        ) from error


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
