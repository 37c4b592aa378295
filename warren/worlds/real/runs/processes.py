"""The servers that a run starts for itself as processes, and the search for all that carries the run's mark.

Instances of an implementation are started by the world, not here. They carry the same mark.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from warren.errors import SetupError
from warren.evidence.text import CUT, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

MARK = "WARREN_RUN"  # the environment variable that says to which run a process belongs
CASE_MARK = "WARREN_CASE"  # and the one that says to which case
_KILL_TIMEOUT = 10.0
_LINE = 300  # characters of a log's line that an error's sentence shows


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The user of this machine that a server runs as: some servers refuse to run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls, *names: str) -> SystemUser | None:
        """Find a user to run a server as where we are root: the first of `names` that is here, or nobody; else None."""
        if os.getuid() != 0:
            return None
        for name in (*names, "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(name, entry.pw_uid, entry.pw_gid)
        return None

    def give(self, path: Path) -> None:
        """Make this user the owner of `path`."""
        os.chown(path, self.uid, self.gid)


class Server:
    """A server process of ours in a process group of its own, with its output in a file."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str],
        user: SystemUser | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        secrets: Collection[str] = (),
    ) -> None:
        """Start it in `folder`; `environment` is all it gets, so it must carry the run's mark.

        Its output is shown without the `secrets`.
        """
        self.log, self._secrets = log, secrets
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )

    @property
    def pid(self) -> int:
        """The process id, which is also the process group's."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def last_lines(self, count: int = 5) -> str:
        """Return the end of its output, for an error's sentence."""
        return last_lines(self.log.read_text("utf-8", errors="replace"), count, self._secrets)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.alive:
            self._process.send_signal(number)

    def stop(self, grace: float = 10.0, by: int | None = None) -> None:
        """Ask it to end, by its stop signal or another, then end its whole group; safe to call again."""
        if self.alive:
            self._process.send_signal(by or self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_KILL_TIMEOUT)


def run_tool(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    user: SystemUser | None = None,
    timeout: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run a server's own tool to its end, output captured; the status is the caller's to judge.

    Raises subprocess.TimeoutExpired after `timeout` seconds, when the tool is killed.
    """
    return subprocess.run(
        argv,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        cwd=folder,
        env=dict(environment),
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def last_lines(text: str, count: int = 5, secrets: Collection[str] = ()) -> str:
    """Return the last `count` lines that say something, joined for one sentence, without the secrets."""
    lines = [line.strip() for line in redact(text, secrets).splitlines() if line.strip()]
    return " | ".join(map(_line, lines[-count:]))


def _line(text: str) -> str:
    return text if len(text) <= _LINE else text[: _LINE - 1] + CUT


def wait_until(
    condition: Callable[[], bool],
    *,
    timeout: float,
    interval: float = 0.02,
) -> bool:
    """Ask again and again whether `condition` holds, where nothing would tell us; False after `timeout` s.

    The last look begins when the time is over, however long this process was kept from running in it.
    """
    deadline = time.monotonic() + timeout
    while True:
        is_over = time.monotonic() > deadline
        if condition():
            return True
        if is_over:
            return False
        time.sleep(interval)


def kill_marked(
    value: str, mark: str = MARK, *, grace: float = 0.0, timeout: float = _KILL_TIMEOUT
) -> None:
    """Kill every process with `mark=value` in its environment, also in other sessions and groups.

    With `grace` they are asked first (SIGTERM) and given so many seconds: a database server frees
    its shared memory then. Raises SetupError as `kill_all` does.
    """
    if grace:
        asked = marked(value, mark)
        for process in asked:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        psutil.wait_procs(asked, timeout=grace)
    kill_all(lambda: marked(value, mark), timeout)


def kill_all(find: Callable[[], list[psutil.Process]], timeout: float = _KILL_TIMEOUT) -> None:
    """Kill every process that `find` finds.

    It is asked again until it finds none, because one may fork while it is looked for. Raises
    SetupError if some are still there after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while found := find():
        if time.monotonic() > deadline:
            pids = ", ".join(str(process.pid) for process in found)
            raise SetupError("these processes do not end", f"processes {pids}", "end them by hand")
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1.0)


def kill_marked_descendants(value: str, mark: str) -> None:
    """Kill as `kill_marked` does, of this process's descendants alone: to look at all there are takes its time."""
    kill_all(lambda: [each for each in descendants() if environment_of(each).get(mark) == value])


def descendants() -> list[psutil.Process]:
    """Find the processes that this one has started, and those that they have started in their turn."""
    found: list[psutil.Process] = []
    waiting = children()
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children(process.pid)
    return found


def children(pid: int | None = None) -> list[psutil.Process]:
    """Find the processes whose parent that one is, or this.

    Linux lists them (proc(5), /proc/pid/task/tid/children); psutil would look at each process of the machine.
    """
    with looking():
        own = os.getpid() if pid is None else pid
        lists = [*Path(f"/proc/{own}/task").glob("*/children")]
        if not lists:
            return _looked_for(own)
        listed = [number for each in lists for number in _read(each).split()]
        return [found for number in listed for found in _looked_up(int(number))]


def _read(path: Path) -> str:
    """Read a list of children; "" where its thread has ended."""
    try:
        return path.read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _looked_up(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid)]
    except psutil.NoSuchProcess:
        return []


def _looked_for(pid: int) -> list[psutil.Process]:
    return [child for process in _looked_up(pid) for child in process.children()]


def marked(value: str, mark: str = MARK) -> list[psutil.Process]:
    """Find the processes that carry the mark, but never ourselves nor those that started us.

    Raises SetupError where the processes of this machine cannot be looked through.
    """
    with looking():
        me = psutil.Process()
        ours = {me.pid, *(parent.pid for parent in me.parents())}
        return [
            process
            for process in psutil.process_iter()
            if process.pid not in ours and environment_of(process).get(mark) == value
        ]


@contextlib.contextmanager
def looking() -> Iterator[None]:
    """Turn a failure to look through the processes of this machine into a sentence for a person."""
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"cannot be looked through ({error.strerror})",
            "the processes of this machine",
            "allow more open files (ulimit -n), or start fewer workers",
        ) from error


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Return the environment that a process was started with; an empty one where it is gone, or not ours to read."""
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}
