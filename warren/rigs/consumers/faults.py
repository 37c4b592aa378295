"""Breaking things, as a case does it. What one instance and its line can suffer is on the instance (`Process`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.rigs.consumers.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.publishing import Publishing
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.struck import Journal
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.pace import Tempo
    from warren.workloads import Role, Workload
    from warren.worlds.line.rules import Match
    from warren.worlds.protocol import Exclusive, Process, World


class Faults:
    """Holds frames, catches workers at work, restarts the broker, keeps a queue from everybody else."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        *,
        tempo: Tempo,
        seen: Seen,
        waiting: Waiting,
        publishing: Publishing,
        journal: Journal,
    ) -> None:
        """Break nothing yet."""
        self._world, self._workload, self._tempo = world, workload, tempo
        self._seen, self._waiting, self._publishing = seen, waiting, publishing
        self._journal = journal

    def hold(self, rule: Callable[[], Match], *processes: Process) -> Holds:
        """Hold the first frame that matches on each of the processes' lines."""
        return Holds(self._waiting, rule, processes)

    def restart_broker(self) -> None:
        """Restart the broker, and return when it takes connections again."""
        self._journal.note("", "restarted the broker")
        self._world.restart_broker()

    def exclusive_consumer(self, role: Role) -> Exclusive:
        """Consume exclusively from a role's queue, as an old instance may that has not stopped."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"consumed exclusively from {role.queue}")
        return self._world.exclusive_consumer(role.route)

    def exclusive_queue(self, role: Role) -> Exclusive:
        """Have a role's queue as an exclusive one, as an old instance may that has not stopped."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"had {role.queue} as an exclusive queue")
        return self._world.exclusive_queue(role.route)

    def catch_at_work(self, size: int, *, behind: int = 0) -> Delivery:
        """Send work until a worker is seen in the middle of it, three times at most; give what it works on.

        Behind each unit of work so many more are sent. What a worker was given beside that, and has not begun, is not
        in its hand. Raises `Unmet` where none is given a message, `Inconclusive` where each was done before its middle:
        on so busy a machine nothing happens when it should.
        """
        middle = self._tempo.deadlines.seconds(self._workload.message_work(size)[0] / 2)

        def once(_is_last: bool) -> Delivery | None:
            before = len(self._seen.given())
            for _ in range(1 + behind):
                self._publishing.work(size)
            self._waiting.need(
                lambda: len(self._seen.given()) > before,
                self._tempo.deadlines.within(0),
                "no worker was given a message",
            )
            caught = self._seen.in_hand(self._seen.given()[before])
            self._waiting.see(lambda: bool(self._seen.early_effects(caught)), middle)
            return caught if self._is_at_work(caught) else None

        return self._waiting.attempt(once, "no worker was seen in the middle of its work")

    def _is_at_work(self, delivery: Delivery) -> bool:
        """Whether a delivery is unsettled, or settled before it has left its effect (as it must not be)."""
        now = next(d for d in self._seen.given() if d.at == delivery.at)
        return now.settlement is None or not self._seen.has_effect(delivery)
