"""Starting instances, and waiting until each is ready."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn

from warren.errors import FaultUnsupported, InstanceError, InstanceUnsupported
from warren.evidence.starved import Span, kept_waiting
from warren.rigs.consumers.endings import ExclusiveConsumer
from warren.rigs.consumers.holds import Holds
from warren.rigs.consumers.wiring import advice_to_own, lacking, seen_instead
from warren.worlds.line.rules import declaration
from warren.worlds.protocol import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warren.claims.implementation import Implementation, Program
    from warren.evidence.ledger import Refusal
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.starts import KnownStart
    from warren.rigs.consumers.struck import Journal
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Role, Workload
    from warren.worlds.protocol import Process, World

UNSUPPORTED_STATUS: Final = 127
_PREFETCH: Final = 1
_QUIET: Final = 5.0
"""Seconds from the last consumer of other queues to the verdict that there will be none of its own, at least."""
_TIMES_FIRST: Final = 3
"""How many times as long as to its first consumer an instance is given from one to the next."""
_LONG: Final = 2
"""The size of a unit whose work is to last."""
_FEWER: Final = "let fewer cases run at once (a smaller -n)"
_SHOWN: Final = 4
"""Lines of an instance's output that fit into a sentence."""


class Starting:
    """Starts the processes of one design of one implementation."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        implementation: Implementation,
        *,
        tempo: Tempo,
        instances: Instances,
        seen: Seen,
        waiting: Waiting,
        journal: Journal,
        known: KnownStart,
        measure: Callable[..., None],
    ) -> None:
        """Start nothing yet."""
        self._world, self._workload, self._implementation = world, workload, implementation
        self._tempo, self._instances = tempo, instances
        self._seen, self._waiting, self._measure = seen, waiting, measure
        self._journal, self._known = journal, known

    def all(self, *, http: bool = False, prefetch: int = _PREFETCH, **counts: int) -> list[Process]:
        """Start the design's instances, wait until all are ready, and give the workers.

        `counts` overrides how many there are of a role. Role `http` is started only for a case that
        calls it, since the others publish for themselves; and last, so that its time-out fits the machine.
        """
        wanted = {name.replace("_", "-"): count for name, count in counts.items()}
        roles = {role.name for role in self._workload.roles}
        if not wanted.keys() <= roles or min(wanted.values(), default=0) < 0:
            raise ValueError(f"{wanted} is no number of instances for the roles {sorted(roles)}")
        scale = {r: wanted.get(r.name, n) for r, n in self._workload.roles.items()}
        consumers = [r for r, n in scale.items() if r.consumes for _ in range(n)]
        callers = [r for r, n in scale.items() if not r.consumes for _ in range(n) if http]
        self.several(consumers, prefetch=prefetch)
        self._tempo.fit_timeout()
        self.several(callers)
        self._need_prefetch(prefetch)
        return self._instances.workers

    def prefetch(self, process: Process, wanted: int) -> int:
        """Give the prefetch count of an instance, 0 for none: what was wanted, or its own where it cannot be told.

        Several consumers of its queue may hold together what each may.
        """
        if self._workload.is_told:
            return wanted
        active = self._seen.ledger().active_consumers(process.name)
        counts = [c.prefetch for c in active if c.queue == process.role.queue]
        return (sum(counts) if all(counts) else 0) if counts else wanted

    def _need_prefetch(self, wanted: int) -> None:
        """Raise `FaultUnsupported` where a worker has a smaller prefetch count than the case needs."""
        for worker in self._instances.workers:
            count = self.prefetch(worker, wanted)
            if 0 < count < wanted:
                raise FaultUnsupported(
                    f"its prefetch count is {count}, and this case needs {wanted}",
                    where=f"role {worker.role}",
                    what_to_do="write {prefetch} in its command or environment, where it reads that",
                )

    def workers(
        self, count: int, *, http: bool = False, prefetch: int = _PREFETCH
    ) -> list[Process]:
        """Start as `all`, with that many instances of the role that does the work."""
        return self.all(http=http, prefetch=prefetch, **{self._workload.worker.name: count})

    def slowly(self, count: int | None = None, *, prefetch: int = _PREFETCH) -> list[Process]:
        """Start the other roles, then the workers with a longer second; by default as many workers as the design has.

        For what rests on a margin of the document's time. The slower the machine is, the longer is the second. How slow
        it is shows in the start of the other roles.
        """
        worker = self._workload.worker
        self.workers(0)
        if self._tempo.slow_down():
            pace = self._tempo.pace
            self._measure("slower pace", second=pace.second, heartbeat=pace.heartbeat)
        wanted = count or self._workload.roles[worker]
        self.several([worker] * wanted, prefetch=prefetch)
        return self._instances.workers

    def several(
        self, roles: Sequence[Role], *, max_messages: int = 0, prefetch: int = _PREFETCH
    ) -> list[Process]:
        """Start instances of these roles, no more at once than there are processors, and wait until all are ready."""
        started: list[Process] = []
        for batch in _batched(roles, self._world.starts_at_once):
            new = [
                self.instance(role, max_messages=max_messages, prefetch=prefetch) for role in batch
            ]
            self.await_ready(*new)
            started += new
        return started

    def instance(
        self,
        role: Role,
        *,
        max_messages: int = 0,
        prefetch: int = _PREFETCH,
        certificate: Certificate = Certificate.GOOD,
    ) -> Process:
        """Start one more instance and return at once; over TLS its broker shows it that certificate."""
        name = f"{role}-{len(self._instances.of(role)) + 1}"
        pace = self._tempo.pace
        env = {
            "WARREN_PROTOCOL": "1",
            "WARREN_HEARTBEAT": str(self._heartbeat()),
            "WARREN_PREFETCH": str(prefetch),
            "WARREN_SECOND": str(pace.second),
            "WARREN_MAX_MESSAGES": str(max_messages),
            "WARREN_TIMEOUT": str(self._tempo.rpc_timeout),
            "WARREN_INSTANCE": name,
            "WARREN_DESIGN": self._workload.slug,
            "WARREN_ROLE": role.name,
        }
        process = self._journal.watch(
            self._world.start(self._program(role), name, role, env, certificate)
        )
        self._instances.add(process)
        return process

    def _heartbeat(self) -> int:
        """Give the heartbeat (s) that an instance is told; who is told none is offered one that its start bears."""
        wanted = self._tempo.pace.heartbeat
        if self._workload.is_told:
            return wanted
        return max(wanted, self._known.heartbeat(self._workload.own_seconds(_LONG)))

    def declare_own(self) -> None:
        """Have the queue of a consumer that declares one of its own be there, by an instance that is killed then.

        Returns once its broker knows that it has gone.
        """
        if self._workload.is_told:
            return
        first = self.another_worker()
        first.kill()
        first.line.cut()

        def has_gone() -> bool:
            depth = self._world.queue(first.role.queue)
            return depth is None or not depth.consumers

        within = self._tempo.deadlines.stopped
        self._waiting.witness(has_gone, within, f"the broker did not let go of {first.name}")

    def another_worker(self) -> Process:
        """Start one more worker, and wait until it is ready."""
        worker = self.instance(self._workload.worker)
        self.await_ready(worker)
        return worker

    @property
    def ready_within(self) -> float:
        """Seconds in which an instance that is started now must be ready."""
        return self._known.within(self._tempo.deadlines.slowness)

    def grace(self, process: Process) -> float:
        """Give the seconds that an instance may take to end, once it has done its work (`stop` of the manifest)."""
        return self._program(process.role).grace

    def await_ready(self, *processes: Process) -> None:
        """Wait until each consumes from its queue, or answers HTTP. Raises `InstanceError` where one does not."""
        began = self._world.now()
        within = self.ready_within
        self._declare_in_turn(processes, began + within)
        try:
            for process in processes:
                self._await_one(process, began, within)
        finally:
            self._known.showed(self._seen.everything(), {process.name for process in processes})
        took = self._world.now() - began
        preloaded = all(self._program(process.role).preload for process in processes)
        self._tempo.took(took, preloaded=preloaded)
        if not self._workload.is_told:
            self._tempo.agree(self._seen.ledger().negotiated.values())
        if processes:
            self._known.took(took)

    def _await_one(self, process: Process, began: float, within: float) -> None:
        def is_ready() -> bool:
            if process.role.consumes:
                return not lacking(self._seen.everything(), process)
            return self._answers(process)

        def is_over() -> bool:
            return (
                process.exit_status is not None
                or self._is_shut_out(process)
                or self._is_elsewhere(process, began, within)
            )

        left = began + within - self._world.now()
        self._world.wait_for(lambda: is_ready() or is_over(), left)
        if self._is_shut_out(process):
            self._known.exclusive = True
            raise ExclusiveConsumer(
                self._refusals(process)[0].words,
                where=f"instance {process.name}",
                what_to_do="let a second instance consume beside the first, as a replacement must",
            )
        if process.exit_status is not None:
            self._ended_early(process)
        if not is_ready():
            self._late(process, began, within)

    def _is_elsewhere(self, process: Process, began: float, within: float) -> bool:
        """Whether a consumer that is not told its queue consumes others, and has been quiet for long enough.

        Some consume other queues before the one for work, as Celery's worker does. The longer one took to its first,
        on a machine that is busy, the longer is it given to its last; all its time, where an earlier start has shown
        that its queue is right.
        """
        if self._workload.is_told or self._known.shortest is not None:
            return False
        at = [c.at for c in self._seen.everything().consumers_of(process.name)]
        if not at:
            return False
        quiet = max(_QUIET, _TIMES_FIRST * (min(at) - began))
        return self._world.now() > max(at) + min(quiet, within / 2)

    def _is_shut_out(self, process: Process) -> bool:
        """Whether an instance is refused its queue because another has it for itself.

        The first time it is given some seconds: whoever has the queue may be about to go.
        """
        refusals = self._refusals(process)
        patience = 0.0 if self._known.exclusive else self._tempo.deadlines.stopped
        return (
            bool(refusals)
            and not self._seen.consumes_since(process, 0.0)
            and (process.exit_status is not None or self._world.now() > refusals[0].at + patience)
        )

    def _refusals(self, process: Process) -> list[Refusal]:
        """Give the refusals that say of a queue that it is another's (ACCESS_REFUSED, RESOURCE_LOCKED)."""
        return [
            r
            for r in self._seen.everything().refusals
            if r.instance == process.name
            and r.is_in_use
            and (self._workload.is_told or process.role.queue in r.words)
        ]

    def _late(self, process: Process, began: float, within: float) -> NoReturn:
        span = Span(began, self._world.now(), "it was not ready", process.name)
        if starved := kept_waiting(span, self._world.starved()):  # says nothing of its wiring
            words = (
                f"not ready within {within:.0f} s: it waited for a processor for {starved[1]:.0f}"
            )
            raise InstanceError(words, f"instance {process.name}", _FEWER)
        missing, seen, advice = "no HTTP answer", "", ""
        if process.role.consumes:
            queues = '", "'.join(lacking(self._seen.everything(), process))
            missing = f'no consumer on its queue "{queues}"'
            seen = f"; {seen_instead(self._seen.everything(), process.name)}"
        seen += "".join(f"; {line}" for line in self._seen.last(process)[-1:])
        if not self._workload.is_told:
            advice = advice_to_own(self._seen.everything(), process)
            within = min(within, self._world.now())
        if advice:
            what_to_do = "; ".join(filter(None, (advice, _printed(process))))
        elif self._known.shortest is None:
            what_to_do = f"{_see_output(process)}; where its start takes that long, {_FEWER}"
        else:
            before = f"an earlier one was ready after {self._known.shortest:.1f} s"
            what_to_do = f"{before}, so {_FEWER}, or {_see_output(process)}"
        self._known.was_late = True
        raise InstanceError(
            f"not ready within {within:.0f} s: {missing}{seen}",
            where=f"instance {process.name}",
            what_to_do=what_to_do,
        )

    def _declare_in_turn(self, processes: Sequence[Process], ends: float) -> None:
        """Let one of several instances of a role declare their queue, and the others only when it is there.

        That is waited for until `ends`, in the world's time. RabbitMQ 4.3 refuses one of two first declarations that
        meet now and then (404, "home node … is down or inaccessible"). No guarantee is about that chance, which would
        end a consumer before its case begins.
        """
        turns = []
        for role in dict.fromkeys(p.role for p in processes):
            rivals = [p for p in processes if p.role == role]
            if role.consumes and len(rivals) > 1:
                holds = Holds(self._waiting, partial(declaration, role.queue), rivals)
                turns.append((role.queue, rivals, holds))
        for queue, rivals, holds in turns:  # only now: all are held before anybody is waited for
            self._take_turn(queue, rivals, holds, ends)

    def _take_turn(self, queue: str, rivals: Sequence[Process], holds: Holds, ends: float) -> None:
        def over() -> bool:
            return any(
                p.exit_status is not None or self._seen.consumes_since(p, 0.0) for p in rivals
            )

        def is_declared() -> bool:
            return self._world.queue(queue) is not None

        self._world.wait_for(lambda: bool(holds.caught()) or over(), ends - self._world.now())
        for first in holds.caught()[:1]:
            first.held.release()
            self._world.wait_for(lambda: is_declared() or over(), ends - self._world.now())
        holds.release()

    def _answers(self, process: Process) -> bool:
        call = self._world.call(process.http_port, "/", 1.0)
        return self._world.wait_for(call.done, 2.0) and call.result().status > 0

    def _ended_early(self, process: Process) -> None:
        if process.exit_status == UNSUPPORTED_STATUS:
            raise InstanceUnsupported(
                f"exit status {UNSUPPORTED_STATUS}: {self._workload.slug} {process.role} is unsupported",
                where=f"instance {process.name}",
            )
        ends = [str(end) for end in self._seen.everything().ends if end.instance == process.name]
        after = f", after {ends[-1]}" if ends else ""
        raise InstanceError(
            f"ended with exit status {process.exit_status} before it was ready{after}",
            where=f"instance {process.name}",
            what_to_do=_see_output(process),
        )

    def _program(self, role: Role) -> Program:
        return self._implementation.designs[self._workload.slug].roles[role.name]


def _batched(roles: Sequence[Role], size: int) -> Iterator[tuple[Role, ...]]:
    """Give the roles in their order, at most so many at a time (Python 3.12 has `itertools.batched`)."""
    left = iter(roles)
    while batch := tuple(islice(left, size)):
        yield batch


def _see_output(process: Process) -> str:
    """Advise on an instance that failed, by the end of what it printed."""
    return _printed(process) or "run its command by hand: it printed nothing"


def _printed(process: Process) -> str:
    lines = [line.strip() for line in process.output().splitlines() if line.strip()]
    return f"see what it printed last: {' | '.join(lines[-_SHOWN:])[-600:]}" if lines else ""
