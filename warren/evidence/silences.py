"""How long instances sent nothing on their connections, heartbeats included."""

from __future__ import annotations

from warren.evidence.ledger import Silence


class Silences:
    """Keeps the longest silence of each connection; the first one begins with its first frame."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self.last_sent: dict[tuple[str, int], float] = {}
        """When the last frame of an instance on each connection was seen."""
        self._longest: dict[tuple[str, int], Silence] = {}

    @property
    def longest(self) -> tuple[Silence, ...]:
        """The longest of each connection."""
        return tuple(self._longest.values())

    def sent(self, connection: tuple[str, int], at: float) -> None:
        """Note that an instance has sent a frame on a connection."""
        self.until(connection, at)
        self.last_sent[connection] = at

    def until(self, connection: tuple[str, int], at: float) -> None:
        """End a silence."""
        silence = Silence(*connection, self.last_sent.get(connection, at), at)
        longest = self._longest.setdefault(connection, silence)
        if silence.seconds > longest.seconds:
            self._longest[connection] = silence
