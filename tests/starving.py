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
    """Keep a process, with all its threads, from running; end the loops afterwards, when it has a processor again."""
    processor = max(os.sched_getaffinity(0))
    loop = f"import os; os.sched_setaffinity(0, [{processor}])\nwhile True: pass"
    with contextlib.ExitStack() as stack:
        for _ in range(BUSY):
            busy = stack.enter_context(Popen([sys.executable, "-S", "-c", loop], stdin=DEVNULL))
            stack.callback(busy.kill)
        for task in Path(f"/proc/{process_id}/task").iterdir():
            os.sched_setaffinity(int(task.name), [processor])
            os.sched_setscheduler(int(task.name), os.SCHED_IDLE, os.sched_param(0))
        yield
