"""Orphans: processes that an instance started and that outlive it.

Most of them carry the mark of their run in their environment, and are found by it (`processes`). One that was started
with another environment, in a session of its own, is found here: on Linux an orphan becomes the child of its nearest
ancestor that asks for orphans, and this process does. That works as long as this process lives. After a kill -9 of
pytest there is the mark alone, and a process without it stays. On other systems there is the mark alone, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

import psutil

from warren.worlds.real.runs.processes import CASE_MARK, MARK, children, environment_of, kill_all

_PR_SET_CHILD_SUBREAPER: Final = 36
"""Of prctl(2)."""


def adopt_orphans() -> None:
    """Make every orphan among this process's descendants, from now on, a child of this process."""
    if sys.platform == "linux":
        yes, unused = ctypes.c_ulong(1), ctypes.c_ulong(0)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, yes, unused, unused, unused)


class Orphans:
    """The children that this process gets from now on, except the servers of its run, which carry its mark."""

    def __init__(self, run_id: str) -> None:
        """Leave the children that are there now to whoever started them."""
        self._run_id = run_id
        self._known = frozenset(children())

    def leave(self, process_id: int) -> None:
        """Leave one more child to whoever started it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._known |= {psutil.Process(process_id)}

    def end(self) -> None:
        """Kill and reap them, then those that become orphans by that, until there are none.

        Whoever has started a child of its own since must have ended it before. Raises SetupError as `kill_all` does.
        """
        kill_all(self._found)

    def _found(self) -> list[psutil.Process]:
        return [
            child for child in children() if child not in self._known and not self._is_server(child)
        ]

    def _is_server(self, child: psutil.Process) -> bool:
        """Whether it carries the run's mark, and no case's."""
        environment = environment_of(child)
        return environment.get(MARK) == self._run_id and CASE_MARK not in environment
