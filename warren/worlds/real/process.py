"""Real processes: a process group of its own with its output kept; one that is an instance of an implementation."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import psutil

from warren.errors import InstanceError
from warren.evidence.text import end_of, visible_lines
from warren.worlds.real.capture import Capture
from warren.worlds.real.launching import inherited_environment, spawn
from warren.worlds.real.runs.processes import looking, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.workloads import Role
    from warren.worlds.real.databases.line import UnfollowedLine
    from warren.worlds.real.launching import Child, Launch
    from warren.worlds.real.relay.database_line import RealDatabaseLine
    from warren.worlds.real.relay.line import RealLine

_FREEZE = 10.0  # seconds; a thread stops when it is next scheduled, on a busy machine some ms later
_SHOWN = 2000  # characters of its output
_LAST_OUTPUT = 5.0  # seconds; what an instance printed last is kept within some ms of its end
_STILL = {
    psutil.STATUS_STOPPED,
    psutil.STATUS_TRACING_STOP,
    psutil.STATUS_ZOMBIE,
    psutil.STATUS_DEAD,
}


class ProcessGroup:
    """A process that runs, or ran, on this machine, with all that it starts and its output file."""

    def __init__(
        self,
        name: str,
        launch: Callable[[int], Child],
        *,
        output: Path,
        now: Callable[[], float],
        secrets: Collection[str],
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start it: `launch` is given the descriptor for what it prints, which is shown without the secrets.

        Raises `OSError` when it cannot be run at all.
        """
        self.name = name
        self.ended_at: float | None = None
        self._now, self._secrets, self.stop_signal = now, secrets, stop_signal
        self._capture = Capture(output)
        try:
            self._process = launch(self._capture.write_end)
        finally:
            self._capture.begin()

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group's."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """As `subprocess.Popen.returncode`."""
        status = self._process.poll()
        if status is not None and self.ended_at is None:
            self.ended_at = self._now()
        return status

    def output(self) -> str:
        """Give the end of what it printed, for a person to read: of one that has ended, the very end."""
        if self.exit_status is not None:
            self._capture.catch_up(_LAST_OUTPUT)
        return visible_lines(end_of(self._capture.end_of_output(), _SHOWN, self._secrets))

    def stop(self) -> None:
        """Send its stop signal to the process itself, as a supervisor does."""
        if self.exit_status is None:
            self._process.send_signal(self.stop_signal)

    def kill(self) -> None:
        """SIGKILL its whole process group."""
        self._signal_group(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP its whole process group, and wait until it stands still.

        The signal reaches the threads of a process one after the other: the last one may go on for a while, and act
        on what it is given. Raises `InstanceError` where one does not stop.
        """
        self._signal_group(signal.SIGSTOP)
        if not wait_until(self._stands_still, timeout=_FREEZE, interval=0.001):
            raise InstanceError(
                f"SIGSTOP did not stop it within {_FREEZE:.0f} s",
                where=f"instance {self.name}",
                what_to_do="see what it waits for in the kernel (`ps -eLo pid,tid,stat,wchan`)",
            )

    def thaw(self) -> None:
        """SIGCONT its whole process group."""
        self._signal_group(signal.SIGCONT)

    def close(self, within: float) -> None:
        """Kill what is left of it, and keep its output."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self._capture.close(within)

    def _stands_still(self) -> bool:
        """Whether no thread of the process group runs."""
        with looking():
            group = [pid for pid in psutil.pids() if _group_of(pid) == self._process.pid]
        return all(map(_is_still, group))

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class RealProcess(ProcessGroup):
    """An instance: a process with its lines to the broker and to the database."""

    def __init__(
        self,
        program: Program,
        name: str,
        role: Role,
        *,
        line: RealLine,
        database: RealDatabaseLine | UnfollowedLine,
        env: Mapping[str, str],
        output: Path,
        now: Callable[[], float],
        secrets: Collection[str],
        launch: Launch = spawn,
    ) -> None:
        """Start it, with its world's clock; its output is shown without the secrets.

        Raises `InstanceError` when the program cannot be run at all.
        """
        self.role, self.line, self.database = role, line, database
        self.http_port = int(env["WARREN_HTTP_PORT"])
        environment = {**inherited_environment(), **program.environment, **env}
        try:
            super().__init__(
                name,
                partial(launch, program, environment),
                output=output,
                now=now,
                secrets=secrets,
                stop_signal=program.stop_signal,
            )
        except OSError as error:
            raise InstanceError(
                f"cannot run {program.argv[0]!r}: {error.strerror}",
                where=f"instance {name}",
                what_to_do="correct its command in the manifest",
            ) from error

    def close(self, within: float) -> None:
        """Kill what is left of it, close its lines, and keep its output."""
        super().close(within)
        self.line.close()
        self.database.close()


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _is_still(pid: int) -> bool:
    """Whether no thread of a process runs; a thread has a status of its own on Linux, as if it were a process."""
    try:
        threads = psutil.Process(pid).threads()
        return all(psutil.Process(thread.id).status() in _STILL for thread in threads)
    except psutil.NoSuchProcess:
        return True
