"""How long a case waits: every deadline of it, which follows from the pace and from how busy the machine is.

Both kinds of deadline come from here: what must happen is given `within`, what must not happen is watched for `quiet`.
Both grow with how long an instance took to start on this machine, the best sign of how busy it is. The heartbeat that a
program of somebody else's is offered follows how long it is silent while it starts. Waiting itself is the world's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.rigs.pace import Pace

_RPC_CALL = 12.0
"""Document seconds that an RPC caller waits: the server's two, and a few requests before it."""
_USUAL_START = 0.6
"""Seconds in which an instance of the reference is ready on an idle machine of two cores."""
_USUAL_FORK = 0.1
"""Seconds in which one is that has its modules loaded already (`preload` of a manifest)."""
_LEAST_HEARTBEAT: Final = 2
"""Seconds: with less, clients that send one a second at most (py-amqp's users) are taken for silent as they begin."""
_PATIENT_HEARTBEAT: Final = 5
"""Seconds, for a start of which nothing is known: some send nothing for seconds before they consume (Celery)."""
_SILENT_FOR: Final = 3
"""Heartbeats after which no broker keeps a silent connection: cases that show this have work that lasts longer."""


def offered_heartbeat(silence: float | None, work: float = 0.0) -> int:
    """Give the heartbeat (s) to offer to one whose start was silent for so long; None where none was seen.

    A broker bears a silence of two heartbeats at least, so the next start may be silent for twice as long. `work` is
    how long its longest work lasts (s), where nobody can make it longer: that has to be more than a broker bears. 0
    where work lasts as long as a case likes.
    """
    wanted = _PATIENT_HEARTBEAT if silence is None else math.ceil(silence)
    most = int(work / _SILENT_FOR) if work else wanted
    return max(_LEAST_HEARTBEAT, min(wanted, most))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of one case, in real seconds; `slowness` is 1 on an idle machine."""

    pace: Pace
    slowness: float = 1.0

    @classmethod
    def measured(cls, pace: Pace, start_seconds: float, *, preloaded: bool = False) -> Deadlines:
        """Scale by how long the slowest instance so far took from its start to being ready."""
        usual = _USUAL_FORK if preloaded else _USUAL_START
        return cls(pace, min(10.0, max(1.0, start_seconds / usual)))

    @property
    def stopped(self) -> float:
        """A killed process must be gone, a small step of the rig must be done within this time."""
        return 5.0 * self.slowness

    @property
    def reconnected(self) -> float:
        """An implementation that survives a lost connection must be consuming again within this time."""
        return (10.0 + 5 * self.pace.second + 3 * self.pace.heartbeat) * self.slowness

    @property
    def noticed(self) -> float:
        """A broker must have closed a silent connection by then: after (2H, 3H], and a little to act on it."""
        return 3 * self.pace.heartbeat + 2.0 * self.slowness

    def within(self, work: float) -> float:
        """Work of that many document seconds must be done within this time."""
        return work * self.pace.second * 1.5 + 10.0 * self.slowness

    def answered(self, timeout: float) -> float:
        """Wait no longer than that for an HTTP answer, whose giver has a time-out of its own."""
        return timeout + 2.0 * self.slowness

    @property
    def rpc(self) -> float:
        """An RPC caller that was started now waits so long for its reply (WARREN_TIMEOUT)."""
        return _RPC_CALL * self.pace.second * self.slowness

    @property
    def quiet(self) -> float:
        """What must not happen is watched for this time after the last thing that had to happen."""
        return 0.3 + 0.1 * self.slowness

    def seconds(self, document_seconds: float) -> float:
        """Turn the document's seconds into real ones."""
        return document_seconds * self.pace.second


class Tempo:
    """How fast one case runs: its pace, and its deadlines, which grow with the slowest start that it saw."""

    def __init__(self, pace: Pace) -> None:
        """Begin as on an idle machine."""
        self.pace = pace
        self.deadlines = Deadlines(pace)
        self.slowest_start = 0.0
        self.rpc_timeout = self.deadlines.rpc
        """What role `http` was given as WARREN_TIMEOUT, in real seconds."""

    def took(self, seconds: float, *, preloaded: bool = False) -> None:
        """Note how long a start took, from the first launch to the last instance that was ready."""
        self.slowest_start = max(self.slowest_start, seconds)
        measured = Deadlines.measured(self.pace, seconds, preloaded=preloaded)
        self.deadlines = max(self.deadlines, measured, key=attrgetter("slowness"))

    def agree(self, heartbeats: Iterable[int]) -> None:
        """Take the longest heartbeat (s) that instances have agreed on, where they are not told which one to take."""
        heartbeat = max((*heartbeats, self.pace.heartbeat))
        self.pace = replace(self.pace, heartbeat=heartbeat)
        self.deadlines = replace(self.deadlines, pace=self.pace)

    def slow_down(self) -> bool:
        """Lengthen the second for all that starts from now on; say whether the machine is slower than an idle one.

        On an idle machine it takes twice the second, on a slower one more (`Pace.slowed`).
        """
        usual, self.pace = self.pace.slowed(1), self.pace.slowed(self.deadlines.slowness)
        self.deadlines = replace(self.deadlines, pace=self.pace)
        return self.pace != usual

    def fit_timeout(self) -> None:
        """Make the time-out of the callers that start from now on fit the machine."""
        self.rpc_timeout = self.deadlines.rpc
