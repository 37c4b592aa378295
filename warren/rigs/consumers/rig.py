"""The rig: what a case holds. Start, publish, break, wait, read the ledger, judge.

A rig stands on one world and one design of one implementation. It knows neither the broker nor the language, and it
waits only through its world, so that the same case runs wherever there is one.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from warren import suite
from warren.claims.verdict import Outcome, Verdict, Violation
from warren.errors import InstanceError, InstanceUnsupported
from warren.rigs.consumers.holds import Caught, Holds, declare_in_turn
from warren.rigs.consumers.record import Record
from warren.rigs.pace import Deadlines, Pace
from warren.workloads.accounting import Package, row_line
from warren.workloads.designs import ROUTES, STREAM, Role
from warren.worlds.protocol import HttpReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.claims.catalogue import Requirement
    from warren.claims.manifest import Implementation
    from warren.evidence.ledger import Delivery
    from warren.workloads.designs import Design
    from warren.worlds.line.rules import Match
    from warren.worlds.protocol import Call, Process, World

UNSUPPORTED_STATUS = 127
_TRIES = 3
_PREFETCH = 1
_SHOWN = 4
"""Lines of an instance's output that fit into a sentence."""


class Inconclusive(Exception):  # noqa: N818 - a verdict, not an error
    """There is no witness: the fault did not take effect, so nothing can be said."""


class Unmet(Exception):  # noqa: N818 - a verdict, not an error
    """The implementation did not do in time what every implementation of the design must do."""


class Rig(Record):
    """See the module. Made by the plugin, one per case."""

    def __init__(
        self,
        world: World,
        implementation: Implementation,
        design: Design,
        pace: Pace,
        requirements: tuple[Requirement, ...],
    ) -> None:
        """Hold a world that someone else ends."""
        super().__init__(world, design)
        self.implementation, self.pace = implementation, pace
        self.requirements = requirements
        self.deadlines = Deadlines(pace)
        self.reply_queue = ""
        self.replies: dict[str, list[bytes]] = {}
        self.verdicts: list[Verdict] = []
        self.figures: list[tuple[str, dict[str, object]]] = []
        self.slowest_start = 0.0
        self.rpc_timeout = self.deadlines.rpc
        """What role `http` was given as WARREN_TIMEOUT, in real seconds."""

    # --- start -------------------------------------------------------------------------------------------------

    def start(
        self, *, http: bool = False, prefetch: int = _PREFETCH, **counts: int
    ) -> list[Process]:
        """Start the design's instances, wait until all are ready, and give the workers.

        `counts` overrides how many there are of a role. Role `http` is started only for a case that
        calls it, since the others publish for themselves; and last, so that its time-out fits the machine.
        """
        scale = dict(self.design.roles)
        for name, count in counts.items():
            scale[Role(name.replace("_", "-"))] = count
        callers = scale.pop(Role.HTTP, 0)
        self.await_ready(
            *[self.launch(r, prefetch=prefetch) for r, n in scale.items() for _ in range(n)]
        )
        self.rpc_timeout = self.deadlines.rpc
        self.await_ready(*[self.launch(Role.HTTP) for _ in range(callers if http else 0)])
        return self.workers

    def start_workers(
        self, count: int, *, http: bool = False, prefetch: int = _PREFETCH
    ) -> list[Process]:
        """Start as `start`, with that many instances of the role that does the work."""
        return self.start(http=http, prefetch=prefetch, **{self.design.worker.value: count})

    def launch(self, role: Role, *, max_messages: int = 0, prefetch: int = _PREFETCH) -> Process:
        """Start one more instance and return at once."""
        name = f"{role}-{sum(p.role is role for p in self.processes) + 1}"
        env = {
            "WARREN_PROTOCOL": "1",
            "WARREN_HEARTBEAT": str(self.pace.heartbeat),
            "WARREN_PREFETCH": str(prefetch),
            "WARREN_SECOND": str(self.pace.second),
            "WARREN_MAX_MESSAGES": str(max_messages),
            "WARREN_TIMEOUT": str(self.rpc_timeout),
            "WARREN_INSTANCE": name,
            "WARREN_DESIGN": self.design.slug,
            "WARREN_ROLE": role.value,
        }
        command = self.implementation.designs[self.design.slug].roles[role]
        process = self.world.start(command, name, role, env)
        self.processes.append(process)
        return process

    def await_ready(self, *processes: Process) -> None:
        """Wait until each consumes from its queue, or answers HTTP. Raises `InstanceError` where one does not."""
        began = self.world.now()
        ends = began + self.deadlines.ready
        declare_in_turn(self, processes, ends)
        for process in processes:
            ready = self._answers if process.role is Role.HTTP else self._consumes
            self.world.wait_for(
                lambda p=process, r=ready: r(p) or p.exit_status is not None,  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
                ends - self.world.now(),
            )
            if process.exit_status is not None:
                self._ended_early(process)
            if not ready(process):
                missing = (
                    "no HTTP answer" if process.role is Role.HTTP else "no consumer on its queue"
                )
                raise InstanceError(
                    f"not ready within {self.deadlines.ready:.0f} s: {missing}",
                    where=f"instance {process.name}",
                    what_to_do=_see_output(process),
                )
        self.slowest_start = max(self.slowest_start, self.world.now() - began)
        self.deadlines = Deadlines.measured(self.pace, self.slowest_start)

    def start_slowly(self, count: int | None = None) -> list[Process]:
        """Start the other roles, then the workers with a longer second, by default as many as the design has.

        For what rests on a margin of the document's time. The second is the longer the slower the machine is, and how
        slow that is, the start of the other roles shows.
        """
        worker = self.design.worker
        self.start_workers(0)
        usual, self.pace = self.pace.slowed(1), self.pace.slowed(self.deadlines.slowness)
        self.deadlines = Deadlines.measured(self.pace, self.slowest_start)
        if self.pace != usual:
            self.measure("slower pace", second=self.pace.second, heartbeat=self.pace.heartbeat)
        self.await_ready(*[self.launch(worker) for _ in range(count or self.design.roles[worker])])
        return self.workers

    def _ended_early(self, process: Process) -> None:
        if process.exit_status == UNSUPPORTED_STATUS:
            raise InstanceUnsupported(
                f"exit status {UNSUPPORTED_STATUS}: {self.design.slug} {process.role} is unsupported",
                where=f"instance {process.name}",
            )
        ends = [str(end) for end in self.ledger().ends if end.instance == process.name]
        after = f", after {ends[-1]}" if ends else ""
        raise InstanceError(
            f"ended with exit status {process.exit_status} before it was ready{after}",
            where=f"instance {process.name}",
            what_to_do=_see_output(process),
        )

    def _consumes(self, process: Process) -> bool:
        return self.consumes_since(process, 0.0)

    def consumes_since(self, process: Process, at: float) -> bool:
        """Whether the instance began to consume from its role's queue after that time."""
        queue = ROUTES[process.role].queue
        began = self.ledger().consumers_of(process.name)
        return any(c.at > at and c.queue == queue for c in began)

    def _answers(self, process: Process) -> bool:
        call = self.world.call(process.http_port, "/", 1.0)
        return self.world.wait_for(call.done, 2.0) and call.result().status > 0

    # --- publish -----------------------------------------------------------------------------------------------

    def send(self, *texts: str, body: bytes | None = None) -> Package:
        """Publish a package of texts to the stream consumers; `body` where its bytes matter (the document's files)."""
        if body is None:
            body = json.dumps({"texts": texts}, separators=(",", ":")).encode()
        package = Package(uuid.uuid4().hex, tuple(json.loads(body)["texts"]), body)
        self.packages.append(package)
        self.world.publish(STREAM, body, package.message_id)
        return package

    def send_document(self, name: str) -> Package:
        """Publish one of the document's own payloads, byte for byte (`fixtures/payloads/NAME.json`)."""
        return self.send(body=payload(name))

    def send_raw(self, body: bytes, role: Role | None = None) -> str:
        """Publish any bytes to the queue of a role (the stream consumer's by default) and give the message id."""
        message_id = uuid.uuid4().hex
        reply_to = self._reply_queue() if role is Role.RPC_SERVER else ""
        correlation = message_id if reply_to else ""
        self.world.publish(ROUTES[role or Role.STREAM], body, message_id, reply_to, correlation)
        return message_id

    def send_task(self, task: int | None = None) -> str:
        """Publish the id of a (new) task straight to its consumer, without the HTTP role; give the message id."""
        task = self.world.add_task() if task is None else task
        self.tasks.append(task)
        return self.send_raw(
            json.dumps({"taskId": task}, separators=(",", ":")).encode(), self.design.worker
        )

    def send_work(self, texts: int = 3) -> str:
        """Publish one unit of the design's work: a package of so many texts, or a task. Give its message id."""
        if Role.STREAM in self.design.roles:
            word = ("text", "varchar", "string")[len(self.packages) % 3]
            return self.send(*numbered(texts, word)).message_id
        return self.send_task()

    def call(self, process: Process | None = None, within: float | None = None) -> Call:
        """Begin a GET /task at an instance of role `http`."""
        process = process or self.of(Role.HTTP)[0]
        limit = within or self.deadlines.answered(self.rpc_timeout)
        return self.world.call(process.http_port, "/task", limit)

    def answers(self, *calls: Call) -> list[HttpReply]:
        """Wait for the answers of calls; one that does not come has status 0."""
        asked = self.world.now()
        for call in calls:
            self.world.wait_for(call.done, self.deadlines.answered(self.rpc_timeout) + 1)
        none = HttpReply(0, b"", asked, self.world.now(), "no answer")
        return [call.result() if call.done() else none for call in calls]

    def _reply_queue(self) -> str:
        self.reply_queue = self.reply_queue or self.world.reply_queue()
        return self.reply_queue

    def replies_to(self, correlation_id: str) -> list[bytes]:
        """Give the replies that came to the rig's own requests with that correlation id."""
        for reply in self.world.replies(self._reply_queue()):
            self.replies.setdefault(reply.correlation_id, []).append(reply.body)
        return self.replies.get(correlation_id, [])

    # --- break -------------------------------------------------------------------------------------------------

    def hold(self, rule: Callable[[], Match], *processes: Process) -> Holds:
        """Hold the first frame that matches at each of the processes' wiretaps."""
        return Holds(self, [Caught(p, p.line.hold(rule())) for p in processes])

    # --- wait --------------------------------------------------------------------------------------------------

    def need(self, condition: Callable[[], bool], within: float, words: str) -> None:
        """Wait for what the implementation must do; raises `Unmet` with the words where it does not."""
        if not self.world.wait_for(condition, within):
            raise Unmet(f"{words} within {within:.1f} s")

    def witness(self, condition: Callable[[], bool], within: float, words: str) -> None:
        """Wait for the sign that a fault took effect; raises `Inconclusive` where there is none."""
        if not self.world.wait_for(condition, within):
            raise Inconclusive(f"no witness: {words} within {within:.1f} s")

    def see(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait for what the case will judge; say whether it came."""
        return self.world.wait_for(condition, within)

    def overdue(
        self, condition: Callable[[], bool], within: float, words: str, process: Process
    ) -> tuple[Violation, ...]:
        """Wait for what an instance must do, where not to do it in time is the violation; give that, or nothing."""
        if self.world.wait_for(condition, within):
            return ()
        return (Violation(f"{words} within {within:.1f} s", self.last_seen(process)),)

    def pass_time(self, document_seconds: float) -> None:
        """Let so much of the document's time go by."""
        self.world.wait_for(lambda: False, self.deadlines.seconds(document_seconds))

    def quiet(self, condition: Callable[[], bool] = lambda: False) -> bool:
        """Watch that a condition does not come true for the time in which what must not happen is watched."""
        return not self.world.wait_for(condition, self.deadlines.quiet)

    def finish(self, work: float) -> None:
        """Wait until all that was sent is done, or nothing more can come; at most for that much work."""
        idle = Idle(self)
        self.world.wait_for(lambda: self.done() or idle(), self.deadlines.within(work))

    def settle(self, work: float) -> None:
        """Wait until nothing more can come, at most for that much work: what is doubled has been doubled by then."""
        self.world.wait_for(Idle(self), self.deadlines.within(work))

    def catch_at_work(self, texts: int, *, behind: int = 0) -> Delivery:
        """Send work until a worker is seen in the middle of it, three times at most; give what it works on.

        Behind each unit of work so many more are sent. Raises `Unmet` where none is given a message,
        `Inconclusive` where each was done before its middle: on so busy a machine nothing happens when it should.
        """
        unit = texts if self.design.worker is Role.STREAM else 1
        middle = self.deadlines.seconds(self.design.work[0] * unit / 2)
        for _ in range(_TRIES):
            before = len(self.given())
            for _ in range(1 + behind):
                self.send_work(texts)
            self.need(
                lambda seen=before: len(self.given()) > seen,  # type: ignore[misc]  # mypy cannot infer it
                self.deadlines.within(0),
                "no worker was given a message",
            )
            caught = self.given()[-1]
            self.world.wait_for(
                lambda c=caught: bool(self.early_effects(c)),  # type: ignore[misc]  # mypy cannot infer it
                (caught.passed_at or 0) + middle - self.world.now(),
            )
            if self._is_at_work(caught):
                return caught
        raise Inconclusive("no witness: no worker was seen in the middle of its work")

    def _is_at_work(self, delivery: Delivery) -> bool:
        """Whether a delivery is unsettled, or settled before it has left its effect (as it must not be)."""
        now = next(d for d in self.given() if d.at == delivery.at)
        return now.settlement is None or not self.has_effect(delivery)

    def early_effects(self, delivery: Delivery) -> tuple[Violation, ...]:
        """Say which rows a worker's delivery has left before its work can have been done.

        That is sure on any machine: a row that was read sooner than the least work takes from the delivery on.
        Nothing is said of a delivery whose rows may be another's.
        """
        result, read_at = self.account(), self.world.now()
        own = self.effects_of(delivery)
        before = [d for d in self.given() if d.at < delivery.at]
        least = self.deadlines.seconds(min(map(self.least_work, own), default=0))
        if read_at >= delivery.at + least or any(own & self.effects_of(d) for d in before):
            return ()
        rows = [row for effect in own for row in result.rows.get(effect, ())]
        evidence = (*map(row_line, rows), str(delivery), f"{read_at:.3f} the row was read")
        words = f"its effect was there before its work of {least:.1f} s was done"
        return (Violation(words, evidence),) if rows else ()

    def heartbeat_faults(self) -> tuple[Violation, ...]:
        """Say which connections do not have the heartbeat that was asked for, so that no silence would end them."""
        return tuple(
            Violation(
                f"{name} negotiated a heartbeat of {got} s on connection {n}, not {self.pace.heartbeat} s"
            )
            for (name, n), got in self.ledger().negotiated.items()
            if got != self.pace.heartbeat
        )

    def stops_within(self, process: Process, work: float) -> float:
        """Give the time in which an instance that was told to stop must exit: for so much work, and its grace."""
        command = self.implementation.designs[self.design.slug].roles[process.role]
        return self.deadlines.within(work) + command.grace

    # --- judge -------------------------------------------------------------------------------------------------

    def judge(self, *violations: Violation, requirement: str = "") -> None:
        """Give the verdict on the case's requirement (by id where it has several): it holds if nothing violates it."""
        requirement = requirement or self.requirements[0].id
        level = next(r.level for r in self.requirements if r.id == requirement)
        bad = Outcome.WARN if level == "SHOULD" else Outcome.FAIL
        self.verdicts.append(
            Verdict(requirement, bad if violations else Outcome.PASS, "", tuple(violations))
        )

    def measure(self, name: str, **values: object) -> None:
        """Report figures that nobody judges."""
        self.figures.append((name, values))


class Idle:
    """Whether a case has been at rest, without a break, for as long as what must not happen is watched.

    Where an effect is missing, its message may have been acked and be worked on all the same: then
    the longest work on one message is waited for too.
    """

    def __init__(self, rig: Rig) -> None:
        """Begin to watch."""
        self._rig, self._since = rig, -1.0

    def __call__(self) -> bool:
        """Look once more."""
        now = self._rig.world.now()
        if not self._rig.at_rest():
            self._since = -1.0
        elif self._since < 0:
            self._since = now
        return self._since >= 0 and now - self._since >= self._rest()

    def _rest(self) -> float:
        deadlines = self._rig.deadlines
        if self._rig.done():
            return deadlines.quiet
        return deadlines.quiet + deadlines.seconds(self._rig.longest_work())


def numbered(count: int, word: str = "text") -> tuple[str, ...]:
    """Give `text1`, `text2` … as the document's payloads do."""
    return tuple(f"{word}{n}" for n in range(1, count + 1))


def payload(name: str) -> bytes:
    """Read one of the document's payloads."""
    return (suite.PAYLOADS / f"{name}.json").read_bytes()


def _see_output(process: Process) -> str:
    """Advise on an instance that failed, by the end of what it printed."""
    lines = [line.strip() for line in process.output().splitlines() if line.strip()]
    if not lines:
        return "run its command by hand: it printed nothing"
    return f"see what it printed last: {' | '.join(lines[-_SHOWN:])[-600:]}"
