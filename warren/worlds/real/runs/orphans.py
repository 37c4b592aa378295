"""Processes whose parent has ended: this process takes them in, and ends those that are no servers of the run.

The mark in the environment (`warren.worlds.real.runs.processes`) finds what carries it. A process that was started
with another environment, in a session of its own, is found here: on Linux an orphan becomes the child of its nearest
ancestor that asked for orphans. That lasts as long as this process. After a kill -9 of pytest the mark is all there is,
and what has erased it stays. On other systems nobody is taken in.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

import psutil

from warren.worlds.real.runs.processes import MARK, environment_of, kill_all, looking

_PR_SET_CHILD_SUBREAPER: Final = 36
"""Of prctl(2)."""


def adopt_orphans() -> None:
    """Make every orphan among this process's descendants, from now on, a child of this process."""
    if sys.platform == "linux":
        yes, unused = ctypes.c_ulong(1), ctypes.c_ulong(0)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, yes, unused, unused, unused)


class Orphans:
    """The children that come to this process from now on, but for those that carry the mark of its run: its servers."""

    def __init__(self, run_id: str) -> None:
        """Leave the children that are there now to whoever started them."""
        self._run_id = run_id
        self._known = frozenset(_children())

    def end(self) -> None:
        """Kill and reap them, until no new one comes from among the children of those killed.

        Whoever started a child since must have ended it before. Raises SetupError as `kill_all` does.
        """
        kill_all(self._found)

    def _found(self) -> list[psutil.Process]:
        return [
            child
            for child in _children()
            if child not in self._known and environment_of(child).get(MARK) != self._run_id
        ]


def _children() -> list[psutil.Process]:
    with looking():
        return psutil.Process().children()
