"""Starting instances, and waiting until each is ready."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError, InstanceUnsupported
from warren.rigs.consumers.holds import Holds
from warren.worlds.line.rules import declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.claims.manifest import Implementation, Program
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.pace import Tempo
    from warren.workloads import Role, Workload
    from warren.worlds.protocol import Process, World

UNSUPPORTED_STATUS: Final = 127
_PREFETCH: Final = 1
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
        measure: Callable[..., None],
    ) -> None:
        """Start nothing yet."""
        self._world, self._workload, self._implementation = world, workload, implementation
        self._tempo, self._instances = tempo, instances
        self._seen, self._waiting, self._measure = seen, waiting, measure

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
        self.await_ready(*[self.instance(role, prefetch=prefetch) for role in consumers])
        self._tempo.fit_timeout()
        self.await_ready(*[self.instance(role) for role in callers])
        return self._instances.workers

    def workers(
        self, count: int, *, http: bool = False, prefetch: int = _PREFETCH
    ) -> list[Process]:
        """Start as `all`, with that many instances of the role that does the work."""
        return self.all(http=http, prefetch=prefetch, **{self._workload.worker.name: count})

    def slowly(self, count: int | None = None) -> list[Process]:
        """Start the other roles, then the workers with a longer second, by default as many as the design has.

        For what rests on a margin of the document's time. The second is the longer the slower the machine is, and how
        slow that is, the start of the other roles shows.
        """
        worker = self._workload.worker
        self.workers(0)
        if self._tempo.slow_down():
            pace = self._tempo.pace
            self._measure("slower pace", second=pace.second, heartbeat=pace.heartbeat)
        wanted = count or self._workload.roles[worker]
        self.await_ready(*[self.instance(worker) for _ in range(wanted)])
        return self._instances.workers

    def instance(self, role: Role, *, max_messages: int = 0, prefetch: int = _PREFETCH) -> Process:
        """Start one more instance and return at once."""
        name = f"{role}-{len(self._instances.of(role)) + 1}"
        pace = self._tempo.pace
        env = {
            "WARREN_PROTOCOL": "1",
            "WARREN_HEARTBEAT": str(pace.heartbeat),
            "WARREN_PREFETCH": str(prefetch),
            "WARREN_SECOND": str(pace.second),
            "WARREN_MAX_MESSAGES": str(max_messages),
            "WARREN_TIMEOUT": str(self._tempo.rpc_timeout),
            "WARREN_INSTANCE": name,
            "WARREN_DESIGN": self._workload.slug,
            "WARREN_ROLE": role.name,
        }
        process = self._world.start(self._program(role), name, role, env)
        self._instances.add(process)
        return process

    def another_worker(self) -> Process:
        """Start one more worker, and wait until it is ready."""
        worker = self.instance(self._workload.worker)
        self.await_ready(worker)
        return worker

    def grace(self, process: Process) -> float:
        """Give the seconds that an instance may take to end, once it has done its work (`stop` of the manifest)."""
        return self._program(process.role).grace

    def await_ready(self, *processes: Process) -> None:
        """Wait until each consumes from its queue, or answers HTTP. Raises `InstanceError` where one does not."""
        began = self._world.now()
        ends = began + self._tempo.deadlines.ready
        self._declare_in_turn(processes, ends)
        for process in processes:
            self._await_one(process, ends)
        self._tempo.took(self._world.now() - began)

    def _await_one(self, process: Process, ends: float) -> None:
        def is_ready() -> bool:
            if process.role.consumes:
                return self._seen.consumes_since(process, 0.0)
            return self._answers(process)

        self._world.wait_for(
            lambda: is_ready() or process.exit_status is not None, ends - self._world.now()
        )
        if process.exit_status is not None:
            self._ended_early(process)
        if not is_ready():
            missing = "no consumer on its queue" if process.role.consumes else "no HTTP answer"
            seen = "".join(f"; {line}" for line in self._seen.last(process)[-1:])
            raise InstanceError(
                f"not ready within {self._tempo.deadlines.ready:.0f} s: {missing}{seen}",
                where=f"instance {process.name}",
                what_to_do=_see_output(process),
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
        ends = [str(end) for end in self._seen.ledger().ends if end.instance == process.name]
        after = f", after {ends[-1]}" if ends else ""
        raise InstanceError(
            f"ended with exit status {process.exit_status} before it was ready{after}",
            where=f"instance {process.name}",
            what_to_do=_see_output(process),
        )

    def _program(self, role: Role) -> Program:
        return self._implementation.designs[self._workload.slug].roles[role.name]


def _see_output(process: Process) -> str:
    """Advise on an instance that failed, by the end of what it printed."""
    lines = [line.strip() for line in process.output().splitlines() if line.strip()]
    if not lines:
        return "run its command by hand: it printed nothing"
    return f"see what it printed last: {' | '.join(lines[-_SHOWN:])[-600:]}"
