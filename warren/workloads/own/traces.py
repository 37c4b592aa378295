"""The trace that each message begins, by which it may be seen what came of it (W3C Trace Context, version 00).

A consumer that keeps traces passes its message's on, in the headers of what it publishes and calls. That is supporting
evidence: no effect is found by it, and none is missed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.wire import BasicProperties
    from warren.workloads.protocol import Tables

HEADER: Final = "traceparent"
_PARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NOT_SAMPLED: Final = "00"
"""The flags of a trace that nobody is asked to keep: whoever is wired to a collector sends it nothing for a test."""
_MOST: Final = 4
"""Lines of evidence of one message."""


def with_trace(properties: BasicProperties, unit_id: str) -> BasicProperties:
    """Give a message's properties with the header that begins its trace; one that has such a header keeps it."""
    headers = properties.headers or {}
    if any(key.lower() == HEADER for key in headers):
        return properties
    drawn = hashlib.sha256(f"trace of {unit_id}".encode()).hexdigest()
    parent = f"00-{drawn[:32]}-{drawn[32:48]}-{_NOT_SAMPLED}"
    return replace(properties, headers={**headers, HEADER: parent})


@dataclass(frozen=True, slots=True)
class Trail:
    """What was seen outside of the trace of a message."""

    outside: Tables

    def of(self, unit_id: str, sent: BasicProperties) -> tuple[str, ...]:
        """Give lines of evidence: what was published and called in the trace of what was sent with these properties."""
        trace = _trace_in((sent.headers or {}).get(HEADER))
        if not trace:
            return ()
        words = f"in the trace of message {unit_id} ({HEADER})"
        return tuple(f"{line}, {words}" for line in self._lines(trace))[:_MOST]

    def _lines(self, trace: str) -> Iterator[str]:
        for published in self.outside.published():
            if _trace_in((published.properties.headers or {}).get(HEADER)) == trace:
                yield str(published)
        for call in self.outside.calls():
            if _trace_in(call.header(HEADER)) == trace:
                yield str(call)


def _trace_in(parent: object) -> str:
    """Give the trace that a header names; "" where it names none."""
    text = parent.decode("ascii", "replace") if isinstance(parent, bytes) else parent
    found = _PARENT.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found else ""
