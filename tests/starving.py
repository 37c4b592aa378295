"""Keeps a process from running, without loading the machine: it comes last on one processor, beside busy loops."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = 8
"""With so many loops of the usual weight beside it, a thread of SCHED_IDLE runs some ms in as many seconds."""


@contextlib.contextmanager
def starving(process_id: int) -> Iterator[None]:
    """Keep a process, with all its threads, from running; afterwards end the loops, and let it run as any other."""
    usual = os.sched_getaffinity(0)
    processor = max(usual)
    loop = f"import os; os.sched_setaffinity(0, [{processor}])\nwhile True: pass"
    with contextlib.ExitStack() as stack:
        for _ in range(BUSY):
            busy = stack.enter_context(Popen([sys.executable, "-S", "-c", loop], stdin=DEVNULL))
            stack.callback(busy.kill)
        _schedule(process_id, {processor}, os.SCHED_IDLE)
        yield
    # On a busy machine it would not even end otherwise. Nobody but root may take SCHED_IDLE back.
    with contextlib.suppress(PermissionError, ProcessLookupError, FileNotFoundError):
        _schedule(process_id, usual, os.SCHED_OTHER)


def _schedule(process_id: int, processors: set[int], policy: int) -> None:
    for task in Path(f"/proc/{process_id}/task").iterdir():
        os.sched_setaffinity(int(task.name), processors)
        os.sched_setscheduler(int(task.name), policy, os.sched_param(0))
