"""Whether content is under way in one direction of a connection: a method came, and not yet all that belongs to it.

No other method may stand in between on that channel (AMQP 0-9-1, section 4.2.6). The content itself is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.wire import ContentHeader, Method

if TYPE_CHECKING:
    from warren.evidence.frames import FrameSeen

_UNKNOWN = float("inf")


class Contents:
    """Follows the frames of one direction."""

    def __init__(self) -> None:
        """Begin where nothing is under way."""
        self._missing: dict[int, float] = {}
        """Octets that have not come of the content on each channel; infinity before its header."""

    def note(self, seen: FrameSeen) -> bool:
        """Take the next frame; say whether it is the last of a method with content."""
        content, channel = seen.content, seen.channel
        before = self._missing.pop(channel, 0)
        if isinstance(content, Method):
            missing = _UNKNOWN if content.HAS_CONTENT else 0
        elif isinstance(content, ContentHeader):
            missing = content.body_size
        else:
            missing = before - len(content) if isinstance(content, bytes) else before
        if missing > 0:
            self._missing[channel] = missing
        return before > 0 >= missing

    def under_way(self, channel: int) -> bool:
        """Whether the content of a method on that channel is still to come, all of it or some."""
        return channel in self._missing
