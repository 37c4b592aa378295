"""The record of a case: what was sent, what was seen of it on the wire and in the database. Only reading lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.claims.verdict import Violation
from warren.evidence.json_text import parse_json
from warren.evidence.ledger import WorkEnd
from warren.evidence.ledger_reader import LedgerReader
from warren.workloads import accounting
from warren.workloads.accounting import Account, Effect, Package, account, effects_like
from warren.workloads.designs import ROUTES, Role

if TYPE_CHECKING:
    from warren.evidence.ledger import Delivery, Ledger
    from warren.evidence.rows import TaskRow
    from warren.workloads.designs import Design
    from warren.worlds.protocol import Process, World


class Record:
    """What a case sent, and questions to what became of it. The rig adds the doing."""

    def __init__(self, world: World, design: Design) -> None:
        """Begin with nothing sent."""
        self.world, self.design = world, design
        self.processes: list[Process] = []
        self.packages: list[Package] = []
        self.tasks: list[int] = []
        self._remembered: dict[int, TaskRow] = {}
        self._reader, self._known = LedgerReader(), 0
        self._ledger = self._reader.ledger()

    def of(self, role: Role) -> list[Process]:
        """Give the instances of a role, in the order in which they were started."""
        return [p for p in self.processes if p.role is role]

    @property
    def workers(self) -> list[Process]:
        """The instances of the role that does the timed work and leaves the effect."""
        return self.of(self.design.worker)

    def named(self, name: str) -> Process:
        """Give one instance by its name in the ledger."""
        return next(p for p in self.processes if p.name == name)

    def ledger(self) -> Ledger:
        """Everything seen on the wire so far."""
        new = self.world.facts()[self._known :]
        for fact in new:
            self._reader.take(fact)
        if new:
            self._known += len(new)
            self._ledger = self._reader.ledger()
        return self._ledger

    def account(self) -> Account:
        """Hold the database against the packages that were sent."""
        return account(self.design.slug, self.packages, self.world.message_rows())

    def work_time(self, texts: int) -> float:
        """Give the longest work on a package of so many texts, in document seconds."""
        return self.design.work[1] * (texts if Role.STREAM in self.design.roles else 1)

    def longest_work(self) -> float:
        """Give the longest work on one message that was sent, in document seconds."""
        texts = max((len(p.texts) for p in self.packages), default=1)
        return self.design.work[1] * (texts if self.design.worker is Role.STREAM else 1)

    def least_work(self, effect: Effect) -> float:
        """Give the shortest work on the message that leaves an effect, in document seconds."""
        texts = next(len(p.texts) for p in self.packages if p.message_id == effect.package)
        return self.design.work[0] * (texts if self.design.worker is Role.STREAM else 1)

    # --- on the wire -------------------------------------------------------------------------------------------

    def given(self) -> list[Delivery]:
        """Give the deliveries that reached workers, first to last."""
        names = {p.name for p in self.workers}
        return [
            d for d in self.ledger().deliveries if d.instance in names and d.passed_at is not None
        ]

    def in_hand(self, process: Process) -> Delivery:
        """Give the latest delivery to an instance."""
        return next(d for d in reversed(self.given()) if d.instance == process.name)

    def effects_of(self, delivery: Delivery) -> set[Effect]:
        """Give the effects that a worker's delivery may leave; several where packages or parts are alike."""
        body = delivery.body.decode("utf-8", "replace")
        return set(effects_like(self.design.slug, self.packages, body))

    def works_until(self, delivery: Delivery) -> WorkEnd:
        """When an instance was done with a delivery: it settled it, or it ended, or (for ever) it still works on it.

        That an instance ended shows on the wire, where its system closed its connection, before it is found ended.
        """
        process = self.named(delivery.instance)
        name, settlement = process.name, delivery.settlement
        ends = (
            [WorkEnd(settlement.at, f"{name} was done with it: {settlement}")] if settlement else []
        )
        if process.exit_status is not None:
            words = f"{name} ended, with exit status {process.exit_status}"
            ends += [] if process.ended_at is None else [WorkEnd(process.ended_at, words)]
            ends += [
                WorkEnd(e.at, words)
                for e in self.ledger().ends
                if (e.instance, e.connection) == (delivery.instance, delivery.connection)
                and e.by == "client"
            ]
        still = WorkEnd(
            float("inf"), f"{name} still ran, and had not settled it, when the case was over"
        )
        return min(ends, key=lambda end: end.at, default=still)

    def at_rest(self) -> bool:
        """Whether no message waits for a live consumer and no live consumer holds one."""
        held = any(d.open_until == float("inf") for d in self.ledger().deliveries)
        return not held and not any(map(self._waiting, self.design.roles))

    def ready(self, role: Role) -> int:
        """Count the messages that wait on the queue of a role; 0 where there is no such queue."""
        depth = self.world.queue(ROUTES[role].queue) if role in ROUTES else None
        return depth.ready if depth else 0

    def _waiting(self, role: Role) -> bool:
        return any(p.exit_status is None for p in self.of(role)) and self.ready(role) > 0

    def last_seen(self, process: Process | None = None) -> tuple[str, ...]:
        """Give the end of the ledger (of one instance): what did happen while something else should have."""
        ledger = self.ledger()
        of = {p.name for p in ([process] if process else self.processes)}
        return (
            *[str(c) for c in ledger.consumers if c.instance in of][-6:],
            *[str(d) for d in ledger.deliveries if d.instance in of][-12:],
            *[str(e) for e in ledger.ends if e.instance in of][-6:],
            *[str(c) for c in ledger.connections if c.instance in of][-6:],
        )

    # --- in the database ---------------------------------------------------------------------------------------

    def done(self) -> bool:
        """Whether all work that was sent has left its effect."""
        if self.packages and not self.account().complete():
            return False
        return all(self._completed(task) for task in self.tasks)

    def effects(self) -> int:
        """How many messages have left their effect: packages or parts by their rows, tasks by their completion."""
        if not self.packages:
            return sum(map(self._completed, self.tasks))
        blocking = self.design.slug == "blocking"
        return sum((e.index == accounting.PACKAGE) == blocking for e in self.account().rows)

    def any_effect(self) -> bool:
        """Whether any message has left its effect."""
        return self.effects() > 0

    def has_effect(self, delivery: Delivery) -> bool:
        """Whether a worker's delivery has left its effect; of several that are alike, whether any has."""
        if self.packages:
            return not self.effects_of(delivery).isdisjoint(self.account().rows)
        read = parse_json(delivery.body)
        return isinstance(read, dict) and self._completed(read.get("taskId"))

    def losses(self) -> tuple[Violation, ...]:
        """Say what was sent and left no effect."""
        ledger = self.ledger()
        tasks = [t for t in self.tasks if not self._completed(t)]
        return (
            *accounting.losses(self.account(), ledger),
            *(
                Violation(f"lost: task {t} was never completed", tuple(map(str, ledger.deliveries)))
                for t in tasks
            ),
        )

    def remember_effects(self) -> None:
        """Keep the task rows as they are now: a task that is done again shows in a changed row."""
        self._remembered = {
            row.id: row for row in self.world.task_rows() if row.completed_at is not None
        }

    def duplicates(self) -> tuple[Violation, ...]:
        """Say what left its effect more than once, or a row that nobody asked for."""
        result, ledger = self.account(), self.ledger()
        changed = [
            row for row in self.world.task_rows() if self._remembered.get(row.id, row) != row
        ]
        return (
            *accounting.duplicates(result, ledger),
            *accounting.unexpected(result),
            *(
                Violation(
                    f"duplicated: task {row.id} was done again, its result changed",
                    (
                        f"task {row.id}: {self._remembered[row.id].result} -> {row.result}",
                        *map(str, ledger.deliveries),
                    ),
                )
                for row in changed
            ),
        )

    def _completed(self, task: object) -> bool:
        return any(
            row.id == task and row.completed_at is not None for row in self.world.task_rows()
        )
