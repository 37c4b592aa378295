"""A container that is an instance: like a process of this machine to whoever judges it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import docker.errors

from warren.evidence.text import end_of, visible_lines
from warren.worlds.real.brokers.container import remove
from warren.worlds.real.containers.asking import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from docker.models.containers import Container

    from warren.workloads import Role
    from warren.worlds.real.containers.ways import Ways

_SHOWN: Final = 2000  # characters of its output, as of a process
_LINES: Final = 200
_END: Final = 10  # seconds that the engine may take to know of an end
_BY_SIGNAL: Final = 128
_DEAF: Final = (
    "(process 1 of its container does not listen to {name}, and as process 1 it is not ended by it: handle the "
    "signal, or run it under an init process, in a Compose file by `init: true`)"
)


class ContainerProcess:
    """See `warren.worlds.protocol.Process`. It has no port of its own for HTTP: nobody is in its network."""

    http_port = 0

    def __init__(
        self,
        container: Container,
        ways: Ways,
        *,
        name: str,
        role: Role,
        now: Callable[[], float],
        secrets: Collection[str],
        stop_signal: signal.Signals,
    ) -> None:
        """Start a container that is made; `close` ends it and its ways. Raises `InstanceError` where it cannot run."""
        self.name, self.role = name, role
        self.line, self.database = ways.line, ways.database
        self.ended_at: float | None = None
        self._container, self._ways = container, ways
        self._now, self._secrets, self.stop_signal = now, secrets, stop_signal
        self._status: int | None = None
        self._kept: str | None = None  # its output, once it is removed
        self._is_deaf = False
        with self._asking():
            container.start()
            container.reload()
        self.pid = int(container.attrs["State"]["Pid"])
        self._alive = _descriptor(self.pid)

    @property
    def exit_status(self) -> int | None:
        """As of a process: minus the signal's number where a signal ended it."""
        if self._status is None and self._has_ended():
            at = self._now()
            with self._asking():
                code = int(self._container.wait(timeout=_END)["StatusCode"])
            self._status, self.ended_at = _as_of_a_process(code), at
        return self._status

    def output(self) -> str:
        """Give the end of what it printed, for a person to read."""
        return self._read() if self._kept is None else self._kept

    def stop(self) -> None:
        """Send process 1 its stop signal, as `docker stop` does first."""
        if self.exit_status is None:
            self._is_deaf = not _listens_to(self.pid, self.stop_signal, self._waits_in())
            self._told(lambda: self._container.kill(self.stop_signal.name))

    def kill(self) -> None:
        """SIGKILL all that is in it."""
        self._told(self._container.kill)

    def freeze(self) -> None:
        """Keep all that is in it from running; the kernel's freezer has it stand still before the engine answers."""
        self._told(self._container.pause)

    def thaw(self) -> None:
        """Let it go on."""
        self._told(self._container.unpause)

    def close(self, within: float) -> None:
        """Remove it with all that it has, close its lines, and keep its output. The second time does nothing."""
        del within
        if self._kept is not None:
            return
        with contextlib.ExitStack() as stack:
            stack.callback(self._ways.close)
            stack.callback(self._remove)

    def _remove(self) -> None:
        self.kill()
        _ = self.exit_status
        with self._asking():
            self._kept = self._read()
            remove(self._container)
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _read(self) -> str:
        with self._asking():
            said = self._container.logs(tail=_LINES)
        text = visible_lines(
            end_of(said.decode("utf-8", "backslashreplace"), _SHOWN, self._secrets)
        )
        if self._is_deaf:
            text += _DEAF.format(name=self.stop_signal.name)
        return text

    def _waits_in(self) -> str:
        """Say in which of the kernel's functions process 1 waits: the engine is asked, since only root sees that."""
        try:
            rows = self._container.top(ps_args="-o pid,wchan:32")["Processes"]
        except docker.errors.APIError:  # it has ended
            return ""
        return next((place for process, place in rows if int(process) == self.pid), "")

    def _has_ended(self) -> bool:
        """Whether its process 1 has ended; asking the kernel costs nothing."""
        if self._alive is None:
            return True
        looking = select.poll()
        looking.register(self._alive, select.POLLIN)
        return bool(looking.poll(0))

    def _told(self, tell: Callable[[], object]) -> None:
        """Tell it something; one that has ended, or is already so, hears nothing."""
        with self._asking():
            try:
                tell()
            except docker.errors.APIError as error:
                if error.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                    raise

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        with asking(f"instance {self.name}"):
            yield


def _descriptor(process_id: int) -> int | None:
    """Open what tells when a process ends; None where it has."""
    try:
        return os.pidfd_open(process_id) if process_id else None
    except ProcessLookupError:
        return None


def _as_of_a_process(code: int) -> int:
    """Turn 128 + N, the engine's word for an end by signal N, into -N."""
    try:
        return -signal.Signals(code - _BY_SIGNAL)
    except ValueError:
        return code


def _listens_to(process_id: int, number: signal.Signals, waits_in: str) -> bool:
    """Whether a signal reaches a process: it has a handler, or has it blocked and takes it up, as init processes do.

    While one waits for signals (sigtimedwait(2)) the kernel shows none of them as blocked. See proc(5), SigCgt, SigBlk
    and wchan. One that is gone or cannot be looked at counts as one that listens.
    """
    try:
        status = Path(f"/proc/{process_id}/status").read_text("ascii", "replace")
    except OSError:
        return True
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    heard = int(fields.get("SigCgt", "0"), 16) | int(fields.get("SigBlk", "0"), 16)
    return "sigtimedwait" in waits_in or bool(heard & (1 << (number - 1)))
