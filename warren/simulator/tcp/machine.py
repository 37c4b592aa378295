"""What the machine has: how much memory messages may take unless somebody says otherwise."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SHARE = 0.4
"""Of the memory: RabbitMQ's own share up to 3.13, and what leaves room for everything else on a developer's machine."""
_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_limit() -> int | None:
    """Return the octets that messages may take; None where nobody knows how much there is."""
    known = [*_physical(), *_of_the_container()]
    return round(SHARE * min(known)) if known else None


def _physical() -> list[int]:
    with suppress(ValueError, OSError, AttributeError):
        return [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    return []


def _of_the_container() -> list[int]:
    found = []
    for limit in _CONTAINER_LIMITS:
        with suppress(ValueError, OSError):  # no such file, or `max`
            found.append(int(limit.read_text("ascii")))
    return found
