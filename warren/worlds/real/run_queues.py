"""How long the threads of instances waited for a processor, as Linux tells it; on another system nothing is known.

See proc(5), `/proc/pid/task/tid/schedstat`: the nanoseconds that a thread has run, and those for which it was ready to
run and waited. A wait is counted when it is over, so who waits now is told by its state.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from warren.evidence.starved import Starved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Threads: TypeAlias = Mapping[tuple[str, int], "Thread"]
    """Those of a case, each by its instance and its id."""

_EVERY: Final = 0.25
"""Seconds between two looks; the shortest heartbeat is four times that."""
_TOLD: Final = 0.01
"""Seconds: who waited less between two looks got a processor as soon as anybody does."""
_NANO: Final = 1e-9
_READY: Final = b"R"
"""The state of a thread that runs, or waits for a processor."""


@dataclass(frozen=True, slots=True)
class Thread:
    """How long a thread has run, and has waited for a processor, so far (s); whether it does one of the two now."""

    ran: float = 0.0
    waited: float = 0.0
    is_ready: bool = False


class RunQueues:
    """Looks at the threads of a case's instances again and again, and remembers who had to wait."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with nothing, on the clock of a world."""
        self._now = now
        self._threads: Threads = {}
        self._looked_at = now()
        self._starved: list[Starved] = []

    def look(self, processes: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Look at the processes of the instances, each by its name and id, unless that was done a moment ago."""
        if self._now() - self._looked_at >= _EVERY:
            self.look_now(processes())

    def look_now(self, processes: Iterable[tuple[str, int]]) -> tuple[Starved, ...]:
        """Look at them, and give all waits so far. Each is put at the end of the time between two looks."""
        threads = {
            (name, thread): found
            for name, process_id in processes
            for thread, found in _threads_of(process_id)
        }
        now = self._now()
        for name, seconds in waits(self._threads, threads, now - self._looked_at).items():
            self._starved.append(Starved(name, now - seconds, now))
        self._threads, self._looked_at = threads, now
        return tuple(self._starved)


def waits(before: Threads, after: Threads, seconds: float) -> dict[str, float]:
    """Give how long each instance waited for a processor, between two looks so many seconds apart.

    That is its thread that waited longest. What the other threads of the case ran meanwhile is taken off: nobody is
    excused who keeps a processor busy, and so itself or the other instances from running.
    """
    ran = {key: thread.ran - _old(before, key, thread).ran for key, thread in after.items()}
    by_all, longest = sum(ran.values()), dict[str, float]()
    for key, thread in after.items():
        old = _old(before, key, thread)
        waited = thread.waited - old.waited
        if old.is_ready and thread.is_ready and not waited and not ran[key]:
            waited = seconds  # and waits still
        waited -= by_all - ran[key]
        if waited >= _TOLD:
            longest[key[0]] = max(longest.get(key[0], 0.0), waited)
    return longest


def _old(before: Threads, key: tuple[str, int], thread: Thread) -> Thread:
    """Give a thread as it was; one that has run less than before is another with its id."""
    old = before.get(key, Thread())
    return old if old.ran <= thread.ran else Thread()


def _threads_of(process_id: int) -> Iterator[tuple[int, Thread]]:
    """Give all threads of a process and of what it has started; none of what has ended."""
    left = [process_id]
    while left:
        with contextlib.suppress(OSError):
            for folder in Path(f"/proc/{left.pop()}/task").iterdir():
                with contextlib.suppress(OSError):
                    yield int(folder.name), _read(folder)
                    left += map(int, (folder / "children").read_bytes().split())


def _read(folder: Path) -> Thread:
    ran, waited, _ = map(int, (folder / "schedstat").read_bytes().split())
    _name, _, rest = (folder / "stat").read_bytes().rpartition(b")")
    return Thread(ran * _NANO, waited * _NANO, rest.split()[0] == _READY)
