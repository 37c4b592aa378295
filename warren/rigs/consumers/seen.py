"""What became of what a case sent: on the wire, on the queues, in the database. Only reading lives here."""

from __future__ import annotations

from itertools import combinations
from operator import itemgetter
from typing import TYPE_CHECKING

from warren.evidence.ledger import WorkEnd
from warren.evidence.ledger_reader import LedgerReader
from warren.evidence.text import last_lines
from warren.evidence.violation import Violation
from warren.rigs.consumers.early_acks import EarlyAcks
from warren.rigs.consumers.endings import Inconclusive
from warren.rigs.consumers.of_work import OfWork
from warren.rigs.consumers.sightings import Sightings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.evidence.calls import HttpCall
    from warren.evidence.ledger import Delivery, Ledger, Published
    from warren.evidence.record import RowSeen
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Role, Tally, Unit, Workload
    from warren.worlds.protocol import Process, World

_FOR_EVER = float("inf")
_PRINTED = 3, 400
"""How many lines, and characters, of what an instance printed last are evidence."""


class Seen:
    """Questions to the ledger, the broker and the database of one case."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        tempo: Tempo,
        instances: Instances,
        units: Sequence[Unit],
    ) -> None:
        """Read what becomes of `units`, which the case adds to."""
        self._world, self._workload, self._tempo = world, workload, tempo
        self._instances, self._units = instances, units
        self._rows = Sightings(world)
        self._remembered: Tally | None = None
        self._early = EarlyAcks(units)
        self.of_work = OfWork(workload)
        self._reader, self._known = LedgerReader(), 0
        self._everything = self._reader.ledger()
        self._ledger = self.of_work.ledger(self._everything)

    # --- on the wire -------------------------------------------------------------------------------------------

    def ledger(self) -> Ledger:
        """Give what was seen on the wire so far of the work: its deliveries, its consumers and their connections.

        With instances that follow the contract that is everything (`OfWork`).
        """
        self._read_on()
        return self._ledger

    def everything(self) -> Ledger:
        """Give everything seen on the wire so far: for a record, and for who asks what else an instance did."""
        self._read_on()
        return self._everything

    def _read_on(self) -> None:
        new = self._world.facts()[self._known :]
        for fact in new:
            self._reader.take(fact)
        if new:
            self._known += len(new)
            self._everything = self._reader.ledger()
            self._ledger = self.of_work.ledger(self._everything)

    def was_greeted(self, process: Process) -> bool:
        """Whether the instance has begun a TLS handshake with who stands in its broker's place."""
        return self._world.was_greeted(process.name)

    def has_connected(self, process: Process) -> bool:
        """Whether the instance has, or had, a connection; over TLS, whether it took the certificate for good."""
        ledger = self.everything()
        name = process.name
        return any(c.instance == name for c in ledger.connections) or any(
            end.instance == name for end in ledger.ends
        )

    def delivered(self) -> list[Delivery]:
        """Give the deliveries to workers, first to last, whether or not they have reached them yet."""
        names = {p.name for p in self._instances.workers}
        return [d for d in self.ledger().deliveries if d.instance in names]

    def given(self) -> list[Delivery]:
        """Give the deliveries that reached workers, first to last."""
        return [d for d in self.delivered() if d.passed_at is not None]

    def in_hand(self, given: Delivery) -> Delivery:
        """Give what an instance works on now, of what it was given up to this delivery and since.

        It works on one message at a time, in the order in which it was given them. So it is the first that has left no
        effect, whether it was acked or not.
        """
        tally = self._telling()
        own = (d for d in self.given() if d.instance == given.instance and d.given_back_at is None)
        return next((d for d in own if not tally.has(d.body)), given)

    def acked_undone(self, delivery: Delivery) -> tuple[Violation, ...]:
        """Say that a delivery was acked and has left no effect yet; to be asked as soon as the ack is seen."""
        now = next(d for d in self.given() if d.at == delivery.at)
        acked = now.settlement is not None and now.settlement.kind == "ack"
        if not acked or self.has_effect(now):
            return ()
        self._early.note(now)
        words = f"{now.instance} acked it before its effect was there{self.still_missing(now)}"
        return (Violation(words, (str(now),), seen=True),)

    def acked_early(self) -> tuple[Delivery, ...]:
        """Give the deliveries that were acked before their effects were there, and so that nothing else explains it."""

        def has_ended(name: str) -> bool:
            return self._instances.named(name).exit_status is not None

        return self._early.of_habit(self.tally(), has_ended)

    def acked_without_effect(self) -> tuple[Delivery, ...]:
        """Give the deliveries that were acked, and whose effects were not there when these were looked for."""
        return self._early.without_effect()

    def still_missing(self, *deliveries: Delivery) -> str:
        """Name the effects of deliveries that are not there yet, as the end of a sentence; "" without names."""
        lines = {str(d) for d in deliveries}
        missing = dict.fromkeys(v.missing for v in self.losses() if lines.intersection(v.evidence))
        named = " and ".join(filter(None, missing))
        return f": {named} yet" if named else ""

    def consumes_since(self, process: Process, at: float) -> bool:
        """Whether the instance began to consume from its role's queue after that time."""
        began = self.ledger().consumers_of(process.name)
        return any(c.at > at and c.queue == process.role.queue for c in began)

    def has_spoken_since(self, process: Process, at: float) -> bool:
        """Whether each connection by which an instance works has sent something, a heartbeat's time after that.

        What the instance had sent there before `at` has been seen by then.
        """
        ledger = self.ledger()
        until = at + self._tempo.pace.heartbeat
        return all(
            ledger.last_sent.get((c.instance, c.connection), 0) > until
            for c in ledger.open_of(process.name)
        )

    def works_until(self, delivery: Delivery) -> WorkEnd:
        """Give when an instance was done with a delivery: it settled it, or it ended; for ever where neither has come.

        That an instance ended shows on the wire, where its system closed its connection, before it is found ended.
        """
        process = self._instances.named(delivery.instance)
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
            _FOR_EVER, f"{name} still ran, and had not settled it, when the case was over"
        )
        return min(ends, key=lambda end: end.at, default=still)

    def overlaps(self, message: str) -> tuple[Violation, ...]:
        """Say which deliveries of one message were worked on at the same time."""
        given = [(d, d.passed_at) for d in self.ledger().of(message) if d.passed_at is not None]
        return tuple(
            Violation(
                _overlap(earlier.instance, later.instance),
                (str(earlier), str(later), str(self.works_until(earlier))),
            )
            for (earlier, _), (later, given_at) in combinations(sorted(given, key=itemgetter(1)), 2)
            if self.works_until(earlier).at > given_at
        )

    def printed(self, process: Process) -> tuple[str, ...]:
        """Give what an instance printed last, as a line of evidence; none where it has printed nothing."""
        words = last_lines(process.output(), *_PRINTED)
        return (f"{process.name} printed last: {words}",) if words else ()

    def heartbeat_faults(self) -> tuple[Violation, ...]:
        """Say which connections do not have the heartbeat that was asked for, so that no silence would end them."""
        asked = self._tempo.pace.heartbeat
        return tuple(
            Violation(
                f"{name} negotiated a heartbeat of {got} s on connection {n}, not {asked} s",
                seen=True,
            )
            for (name, n), got in self.ledger().negotiated.items()
            if got != asked
        )

    def last(self, process: Process | None = None) -> tuple[str, ...]:
        """Give the end of the ledger (of one instance): what did happen while something else should have."""
        work, everything = self.ledger(), self.everything()
        of = {p.name for p in ([process] if process else self._instances.all)}
        return (
            *[str(c) for c in work.consumers if c.instance in of][-6:],
            *[str(d) for d in work.deliveries if d.instance in of][-12:],
            *[str(e) for e in everything.ends if e.instance in of][-6:],
            *[str(r) for r in everything.refusals if r.instance in of][-6:],
            *[str(c) for c in everything.connections if c.instance in of][-6:],
        )

    # --- on the queues -----------------------------------------------------------------------------------------

    def ready(self, role: Role) -> int:
        """Count the messages that wait on the queue of a role; 0 where there is no such queue."""
        depth = self._world.queue(role.queue) if role.consumes else None
        return depth.ready if depth else 0

    def kept_aside(self, but: str = "") -> int:
        """Count the messages in queues that are not for work, such as dead-letter queues, without those in `but`."""
        return self._count(q for q in self._not_for_work() if q != but)

    def put_aside(self, but: str = "") -> int:
        """Count those of them that stay: in a queue that hands nothing on, as one for later tries does."""
        later = self._for_later()
        return self._count(q for q in self._not_for_work() if q not in (*later, but))

    def postponed(self) -> int:
        """Count the messages in queues that are not for work and hand on what is in them, for a later try."""
        return self._count(q for q in self._not_for_work() if q in self._for_later())

    def _for_later(self) -> set[str]:
        """Name the queues that dead-letter what has been in them for a time: the queue's, or the messages' own."""
        expiring = any(
            p.properties.expiration and not p.properties.reply_to for p in self.ledger().publishes
        )
        declared = self.everything().declarations
        return {d.name for d in declared if d.dead_letters and (d.has_ttl or expiring)}

    def _not_for_work(self) -> list[str]:
        """Name the queues for no work, and of those only such as may keep what was for it."""
        everything = self.everything()
        for_work = {route.queue for route in self._workload.routes}
        return [
            q
            for q in self._world.queues()
            if q not in for_work
            and (self.of_work.is_all or not self.of_work.is_beside(everything, q))
        ]

    def _count(self, queues: Iterable[str]) -> int:
        return sum(depth.ready for depth in map(self._world.queue, queues) if depth is not None)

    def at_rest(self) -> bool:
        """Whether no message waits for a live consumer and no live consumer holds one."""
        held = any(d.open_until == _FOR_EVER for d in self.ledger().deliveries)
        return not held and not any(map(self._is_waited_for, self._workload.roles))

    def _is_waited_for(self, role: Role) -> bool:
        is_alive = any(p.exit_status is None for p in self._instances.of(role))
        return is_alive and self.ready(role) > 0

    # --- outside -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Keep what is there before the first message, so far as effects are compared with that."""
        for table in self._workload.totals:
            self.table_before(table)

    def tally(self) -> Tally:
        """Hold the database as it is now against what was sent."""
        # Before the effects are read, so that those of what was acked had to be there.
        acked, now = self._early.acked(self.ledger()), self._world.now()
        tally = self._workload.tally(self._units, self)
        self._early.look(acked, tally, self.ledger(), now)
        return tally

    def done(self) -> bool:
        """Whether all work that was sent has left its effect."""
        return self.tally().complete

    def is_done(self, unit: Unit) -> bool:
        """Whether one unit of work has left its effects."""
        return self._workload.tally([unit], self).complete

    def effects(self) -> int:
        """How many messages have left their effect."""
        return self.tally().count

    def has_effect(self, delivery: Delivery) -> bool:
        """Whether a worker's delivery has left its effect; of several that are alike, whether any has.

        Raises `Inconclusive` where an effect does not show whose it is.
        """
        return self._telling().has(delivery.body)

    def _telling(self) -> Tally:
        tally = self.tally()
        if not tally.tells_apart:
            raise Inconclusive(
                "its effects are totals, so which message has left its own is not known;"
                " name an effect that has the id of its message"
            )
        return tally

    def losses(self) -> tuple[Violation, ...]:
        """Say what was sent and left no effect."""
        return self.tally().losses(self.ledger())

    def remember_effects(self) -> None:
        """Keep the effects as they are now: where one is done again, it shows in what has changed since."""
        self._remembered = self.tally()

    def duplicates(self) -> tuple[Violation, ...]:
        """Say what left its effect more than once, or a row that nobody asked for."""
        return self.tally().duplicates(self.ledger(), self._remembered)

    def early_effects(self, delivery: Delivery) -> tuple[Violation, ...]:
        """Say which rows a worker's delivery has left before its work can have been done.

        That is sure on any machine: a row that was read sooner than the least work takes from the delivery on.
        Nothing is said of a delivery whose rows may be another's.
        """
        tally, read_at = self.tally(), self._world.now()
        own = tally.effects_of(delivery.body)
        before = [d for d in self.given() if d.at < delivery.at]
        least = self._tempo.deadlines.seconds(tally.least_work(own))
        if read_at >= delivery.at + least or any(own & tally.effects_of(d.body) for d in before):
            return ()
        rows = tally.rows_of(own)
        evidence = (*rows, str(delivery), f"{read_at:.3f} the row was read")
        words = f"its effect was there before its work of {least:.1f} s was done"
        return (Violation(words, evidence, seen=True),) if rows else ()

    def longest_work(self) -> float:
        """Give the longest work on one message of those that were sent, in document seconds."""
        size = max((unit.size for unit in self._units), default=1)
        return self._workload.message_work(size)[1]

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""
        return self._rows.message_rows()

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""
        return self._rows.task_rows()

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a statement finds in the case's database."""
        return self._rows.count(sql, unit_id, number)

    def count_by(self, argv: tuple[str, ...], unit_id: str) -> int:
        """Give the number that a command of the user's own prints."""
        return self._rows.count_by(argv, unit_id)

    def table(self, name: str) -> TableRows | None:
        """Give the rows of a table of the case's database; None where there is none of that name."""
        return self._rows.table(name, {unit.id for unit in self._units})

    def table_before(self, name: str) -> TableRows | None:
        """Give those that were there when `begin` was called."""
        return self._rows.table_before(name)

    def file(self, path: str) -> bytes | None:
        """Read a file of the consumers' directory; None where there is none."""
        return self._rows.file(path)

    def stands(self, path: str) -> bool:
        """Whether a file was unchanged for as long as what must not happen is watched."""
        return self._rows.unchanged(path) >= self._tempo.deadlines.quiet

    def settled(self, message: str) -> bool:
        """Whether an instance has settled a message for good, be it that its broker does not know yet."""
        return any(d.settlement and not d.settlement.requeue for d in self.ledger().of(message))

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the HTTP calls that reached the stub."""
        return self._world.calls()

    def published(self) -> tuple[Published, ...]:
        """Give what the instances have published."""
        return self.everything().publishes

    def rows(self) -> tuple[RowSeen, ...]:
        """Give every row that was seen so far, and when it was first."""
        return self._rows.all()


def _overlap(earlier: str, later: str) -> str:
    if earlier == later:
        return f"{later} was given the message again while it still worked on it"
    return f"{later} was given the message while {earlier} still worked on it"
