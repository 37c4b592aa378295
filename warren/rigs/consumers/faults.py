"""Breaking things, as a case does it. What one instance and its line can suffer is on the instance (`Process`)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from warren.errors import FaultUnsupported, InstanceUnsupported
from warren.rigs.consumers.holds import Holds
from warren.worlds.database_line.plan import BESIDE
from warren.worlds.protocol import LateAck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.evidence.ledger import Consumer, Delivery, Published
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.publishing import Publishing
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.struck import Journal
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Role, Workload
    from warren.worlds.line.rules import Match
    from warren.worlds.protocol import Exclusive, HttpFailure, Process, World

_PRECONDITION_FAILED: Final = 406
_SERVER_NAMED: Final = "amq."
_QUORUM: Final = "quorum"
_SHOWN_ON: Final = {
    LateAck.CLOSES_CHANNEL: "run the case on 3.10 or 4.0",
    LateAck.CANCELS_CONSUMER: "run the case on 4.3, with --queue-type quorum",
}
_LOW_ON_MEMORY: Final = "low on memory"
_WRITE_SLOW: Final = (
    'write slow = { body = "FILE", seconds = 30.0 }, a message whose work lasts so long'
)
_WRITE_HTTP: Final = "put {http_stub_url} where the service's address goes, in `environment`, `command` or a template"


class Faults:
    """Holds frames, catches workers at work, restarts the broker, has it take off, close and block, keeps a queue."""

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
        instances: Instances,
    ) -> None:
        """Break nothing yet."""
        self._instances = instances
        self._world, self._workload, self._tempo = world, workload, tempo
        self._seen, self._waiting, self._publishing = seen, waiting, publishing
        self._journal = journal

    def hold(self, rule: Callable[[], Match], *processes: Process) -> Holds:
        """Hold the first frame about the work that matches on each of the processes' lines."""
        return Holds(self._waiting, lambda: self._seen.of_work.match(rule()), processes)

    def restart_broker(self) -> None:
        """Restart the broker, and return when it takes connections again."""
        self._journal.note("", "restarted the broker")
        self._world.restart_broker()

    def exclusive_consumer(self, role: Role) -> Exclusive:
        """Consume exclusively from a role's queue, as an old instance may that has not stopped."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"consumed exclusively from {role.queue}")
        return self._world.exclusive_consumer(role.route)

    def need_another_queue(self, process: Process) -> str:
        """Name a queue that a process consumes besides its role's, and that lasts; raise `FaultUnsupported` without."""

        def others() -> list[str]:
            everything = self._seen.everything()
            gone = {d.name for d in everything.declarations if d.perishable}
            named = {
                c.queue
                for c in everything.active_consumers(process.name)
                if (c.instance, c.connection) not in everything.elsewhere
            }
            own = {"", process.role.queue, *gone}
            return sorted(q for q in named - own if not q.startswith(_SERVER_NAMED))

        if not self._waiting.see(lambda: bool(others()), self._tempo.deadlines.stopped):
            raise FaultUnsupported(
                "it consumes from one queue alone, of those that last",
                where=f"instance {process.name}",
            )
        return others()[0]

    def need_quorum_queue(self, role: Role) -> None:
        """Raise `FaultUnsupported` where a role's queue is of another type: it counts no returns and no late acks."""
        kind = self._world.queue_type(role.queue)
        if kind != _QUORUM:
            raise FaultUnsupported(
                f"it is a {kind} queue, and this case is about quorum queues",
                where=f"queue {role.queue}",
                what_to_do="run the case with --queue-type quorum",
            )

    def exclusive_queue(self, role: Role) -> Exclusive:
        """Have a role's queue as an exclusive one, as an old instance may that has not stopped."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"had {role.queue} as an exclusive queue")
        return self._world.exclusive_queue(role.route)

    def cancel_consumers(self, *processes: Process) -> None:
        """Have the broker cancel all consumers of the processes that work, each in its own name; connections live on.

        Raises `Inconclusive` where one goes on all the same.
        """

        def active() -> set[Consumer]:
            ledger = self._seen.ledger()
            return {c for p in processes for c in ledger.active_consumers(p.name)}

        asked = active()
        for c in asked:
            line = self._instances.named(c.instance).line
            line.cancel_consumer(c.connection, c.channel, c.tag)
        within = self._tempo.deadlines.stopped
        words = "the broker did not cancel a consumer"
        self._waiting.witness(lambda: bool(asked) and not asked & active(), within, words)

    def close_channels(self, words: str, *uses: Consumer | Published) -> None:
        """Have the broker close the channels of these consumers and publishes with 406 and the words.

        Those that are closed already stay so. Raises `Inconclusive` where one is not closed.
        """
        began = self._world.now()
        closed = set()
        for where in {(u.instance, u.connection, u.channel) for u in uses}:
            line = self._instances.named(where[0]).line
            if line.close_channel(
                *where[1:], _PRECONDITION_FAILED, f"PRECONDITION_FAILED - {words}"
            ):
                closed.add(where)

        def told() -> set[tuple[str, int, int]]:
            new = (f for f in self._seen.ledger().forged if f.at >= began)
            return {(f.instance, f.connection, f.channel) for f in new}

        within = self._tempo.deadlines.stopped
        sign = "the broker did not close a channel"
        self._waiting.witness(lambda: closed <= told(), within, sign)

    def block(self, *processes: Process, tells_all: bool = False) -> None:
        """Have the broker read publishers no more and tell them, or all, that memory is short, until `unblock`."""
        for process in processes:
            process.line.block(_LOW_ON_MEMORY, tells_all=tells_all)

    def unblock(self, *processes: Process) -> None:
        """End `block`."""
        for process in processes:
            process.line.unblock()

    @contextlib.contextmanager
    def short_of_memory(self) -> Iterator[None]:
        """Have the broker itself be short of memory in the block; the rig, too, can publish nothing there."""
        self._journal.note("", "had the broker be short of memory")
        self._world.set_memory_alarm(True)
        try:
            yield
        finally:
            self._journal.note("", "had the broker be short of memory no more")
            self._world.set_memory_alarm(False)

    def need_http(self) -> None:
        """Raise `InstanceUnsupported` where nothing says that the work calls an HTTP service."""
        if not self._workload.calls_http:
            raise InstanceUnsupported(
                "nothing says that its work calls an HTTP service",
                where=f"consumers.{self._workload.slug}",
                what_to_do=_WRITE_HTTP,
            )

    @contextlib.contextmanager
    def nobody_let_in(self) -> Iterator[None]:
        """Have the broker refuse new connections in the block (530), as one that is still starting its vhost."""
        self._journal.note("", "had the broker let nobody in (530)")
        self._world.bar_connections(True)
        try:
            yield
        finally:
            self._world.bar_connections(False)
            self._journal.note("", "had the broker let everybody in again")

    @contextlib.contextmanager
    def http_lost(self, failure: HttpFailure) -> Iterator[None]:
        """Have the HTTP service that consumers call fail whoever calls it in the block."""
        self._journal.note("", f"had the HTTP stub fail: it {failure}")
        self._world.fail_http(failure)
        try:
            yield
        finally:
            self._journal.note("", "had the HTTP stub serve again")
            self._world.restore_http()

    @contextlib.contextmanager
    def short_ack_timeout(self, document_seconds: float, wanted: LateAck) -> Iterator[None]:
        """Have the broker wait no longer for the acks of channels and consumers that begin in the block.

        Raises `FaultUnsupported` where it does something else then than is wanted; needs the mark `restarts_broker`.
        """
        if self._world.late_ack is not wanted:
            raise FaultUnsupported(
                self._world.late_ack.value, where="--broker", what_to_do=_SHOWN_ON[wanted]
            )
        seconds = self._tempo.deadlines.seconds(document_seconds)
        self._journal.note("", f"had the broker wait for acks no longer than {seconds:.1f} s")
        self._world.set_ack_timeout(seconds)
        try:
            yield
        finally:
            self._world.set_ack_timeout(None)

    def make_queue_anew(self, role: Role) -> None:
        """Delete the queue of a role, and make it again; the broker cancels its consumers."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"deleted the queue {role.queue} and made it again")
        self._world.make_queue_anew(role.route)

    @contextlib.contextmanager
    def queue_away(self, name: str) -> Iterator[None]:
        """Delete a queue in the block, and make it again as it was; the broker cancels its consumers."""
        self._journal.note("", f"deleted the queue {name}")
        make_again = self._world.take_queue_away(name)
        try:
            yield
        finally:
            make_again()
        self._journal.note("", f"made the queue {name} again")

    def delete_queue(self, role: Role) -> None:
        """Delete the queue of a role, which the rig does not make again; the broker cancels its consumers."""
        assert role.route is not None, f"role {role} has no queue"
        self._journal.note("", f"deleted the queue {role.queue}")
        self._world.delete_queue(role.route)

    def catch_at_work(self, size: int, *, behind: int = 0) -> Delivery:
        """Send work until a worker is seen in the middle of it, three times at most; give what it works on.

        Behind each unit of work so many more are sent. What a worker was given beside that, and has not begun, is not
        in its hand. Raises `Unmet` where none is given a message, `Inconclusive` where each was done before its middle:
        on so busy a machine nothing happens when it should. Raises as `need_work_that_lasts`.
        """
        self.need_work_that_lasts(size)
        middle = self.least_work(size) / 2

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

    def least_work(self, size: int, at_once: int = 1) -> float:
        """Give the real seconds that work of that size takes at least, on so many messages that are begun at once.

        Work that is stretched lasts longer for what is under way beside it.
        """
        shortest, _ = self._workload.message_work(size)
        if self._workload.stretch(size):
            shortest *= 1 + BESIDE * (at_once - 1)
        return self._workload.own_seconds(size) or self._tempo.deadlines.seconds(shortest)

    def need_acks_alone(self, *processes: Process) -> None:
        """Raise `FaultUnsupported` where the work of one of these was seen to publish."""
        names = {process.name for process in processes}
        if any(p.instance in names for p in self._seen.ledger().publishes):
            raise FaultUnsupported(
                "its work publishes, and a broker that is short of memory reads such a connection no more",
                where=f"consumers.{self._workload.slug}",
            )

    def need_work_that_lasts(self, size: int) -> None:
        """Raise `InstanceUnsupported` or `FaultUnsupported` where work of that size cannot be made to last."""
        if self._workload.lasts_by_commits:
            self._need_commits_that_last()
        if not self._workload.message_work(size)[0]:
            raise InstanceUnsupported(
                "its work is over at once, so it cannot be caught in the middle of it",
                where=f"consumers.{self._workload.slug}.message",
                what_to_do=_WRITE_SLOW,
            )

    def _need_commits_that_last(self) -> None:
        try:
            self._world.need_database_line()
        except FaultUnsupported as error:
            other = f"{error.what_to_do}, or {_WRITE_SLOW}" if error.what_to_do else _WRITE_SLOW
            raise FaultUnsupported(error.what, error.where, other) from error

    def _is_at_work(self, delivery: Delivery) -> bool:
        """Whether a delivery is unsettled, or settled before it has left its effect (as it must not be)."""
        now = next(d for d in self._seen.given() if d.at == delivery.at)
        return now.settlement is None or not self._seen.has_effect(delivery)
