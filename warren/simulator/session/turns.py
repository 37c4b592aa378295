"""Whose turn it is: how much is done for one session before the others have their turn.

A round is what happens between two looks at the sockets: each session that has said something is heard
once, and then those that wait from earlier rounds go on. What a session has left over waits for the
next round; until it is done nothing more is read from that client, and its own socket holds it up.
Work is counted as `State.meter` counts it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.routing import Meter
    from warren.simulator.session.session import Session

TURN = 128
"""The work that a session may have done in its turn; the last command may be more."""
ROUND = 256
"""The work of a round; after that everybody has a short turn only."""
SHORT_TURN = 16
"""Enough for who asks and waits for answers, and no load even if hundreds have it."""


class Turns:
    """Shares out the time of one broker; `meter` counts its work."""

    def __init__(self, meter: Meter) -> None:
        """Begin the first round, with nobody waiting."""
        self._meter = meter
        self._round = 1
        self._ends_at = meter.work + ROUND
        self._waiting: deque[Session] = deque()

    def __bool__(self) -> bool:
        """Tell whether somebody waits for another round."""
        return bool(self._waiting)

    def hear(self, session: Session) -> int:
        """Return the work after which its turn is over, for a session that has said something.

        Whoever is heard twice is so in two rounds.
        """
        if session.heard_in == self._round:
            self.begin()
        session.heard_in = self._round
        return self._meter.work + (SHORT_TURN if self.is_over else TURN)

    def begin(self) -> None:
        """Begin another round."""
        self._round += 1
        self._ends_at = self._meter.work + ROUND

    @property
    def is_over(self) -> bool:
        """Whether enough is done in this round."""
        return self._meter.work >= self._ends_at

    def postpone(self, session: Session) -> None:
        """Let a session wait for its turn in another round."""
        if not session.waits_for_turn:
            session.waits_for_turn = True
            self._waiting.append(session)

    def due(self) -> Iterator[tuple[Session, int]]:
        """Yield who goes on in this round, and the work after which its turn is over."""
        waiting = self._waiting
        for _ in range(len(waiting)):
            if self.is_over:
                return
            session = waiting.popleft()
            session.waits_for_turn = False
            yield session, self._meter.work + TURN
