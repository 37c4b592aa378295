"""Recording what a user's own publisher sends, once in a run: every message of its cases is made from that.

The publisher is run behind a line in a world of its own. Its broker takes what it sends and delivers it to nobody. It
is run twice, with two ids. Whatever else differs between the two runs is an id that the publisher makes itself; no two
messages may share that either. One that looks for what its consumer declares, and is refused, is run again once the
consumer has been there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from warren.errors import InstanceError
from warren.evidence.ledger_reader import LedgerReader
from warren.workloads.own import OwnWorkload, Recorded, number_of
from warren.workloads.own.message import dashed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from warren.claims.implementation import Implementation, Program, Publisher, Schema
    from warren.claims.surroundings import Surroundings
    from warren.evidence.ledger import Ledger, Published
    from warren.workloads import Role, Workload
    from warren.worlds.protocol import Process, World

WITHIN: Final = 30.0
"""Seconds in which a publisher has to end by itself."""
_LAST: Final = 5.0
"""Seconds in which its connections are seen to have ended with it, and so all that it has sent."""
_HEARTBEAT: Final = 60
_NOT_FOUND: Final = 404


class Worlds(Protocol):
    """What makes worlds, and keeps what was made once in a run."""

    def world(
        self,
        program: Program | Schema | None,
        surroundings: Surroundings | None = None,
        *,
        restarts: bool,
    ) -> AbstractContextManager[World]:
        """Make a world."""

    def once(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Give what the first of all processes of the run has made under that name."""


def with_messages(worlds: Worlds, implementation: Implementation, slug: str) -> Workload:
    """Give the workload of a design, with what its own publishers send where it has any. Raises `InstanceError`."""
    design = implementation.designs[slug]
    workload = design.workload
    if not design.publishers or not isinstance(workload, OwnWorkload):
        return workload

    def make() -> dict[str, Any]:
        with worlds.world(implementation.migrate, design.surroundings, restarts=False) as world:
            needs_id = any(effect.tells_apart for effect in workload.effects)
            recorder = Recorder(world, workload.worker, design.roles[slug], needs_id=needs_id)
            return {key: recorder(who).to_json() for key, who in design.publishers.items()}

    made = worlds.once(f"messages of {slug} in {implementation.path}", make)
    return workload.recorded({key: Recorded.from_json(one) for key, one in made.items()})


class Recorder:
    """Runs publishers in one world."""

    def __init__(
        self, world: World, role: Role, consumer: Program, *, needs_id: bool = True
    ) -> None:
        """Run them in the directory of a role, whose program may declare what they need.

        Where nothing needs the id, a message-id is enough.
        """
        self._world, self._role, self._consumer, self._count = world, role, consumer, 0
        self._needs_id = needs_id
        self._has_declared = False

    def __call__(self, publisher: Publisher) -> Recorded:
        """Give what one sends, with the ids that it makes anew each time."""
        return self._run(publisher).knowing(self._run(publisher))

    def _run(self, publisher: Publisher) -> Recorded:
        unit_id, name = dashed(self._world.new_id()), self._new_name("publisher")
        world, where = self._world, publisher.program.source
        ids = {"WARREN_ID": unit_id, "WARREN_NUMBER": str(number_of(unit_id))}
        process = self._start(publisher.program, name, ids)
        ended = world.wait_for(lambda: process.exit_status is not None, WITHIN)
        self._end(process)
        sent = _sent(world, name)
        if not (sent or self._has_declared) and _is_refused(world, name):
            self._declare()
            return self._run(publisher)
        meant = [p for p in sent if _is_meant(publisher, p)]
        if len(meant) != 1:
            raise InstanceError(_count(sent, meant), where, _advice(process, sent, ended=ended))
        recorded = Recorded.of(meant[0], unit_id)
        if not self._needs_id:
            recorded = recorded.named()
        if not recorded.is_marked:
            raise InstanceError(
                f"the id that it was given ({unit_id}) is nowhere in what it published: {meant[0]}",
                where,
                "pass {id} or {number} to it, and have it put that into the message",
            )
        return recorded

    def _declare(self) -> None:
        """Run the consumer until it consumes: what it declares, and is not its own alone, stays."""
        self._has_declared = True
        process = self._start(self._consumer, self._new_name("consumer"), {})

        def is_done() -> bool:
            consumers = (c for c in _ledger(self._world).consumers if c.instance == process.name)
            return process.exit_status is not None or any(
                self._role.queue in ("", c.queue) for c in consumers
            )

        self._world.wait_for(is_done, WITHIN)
        self._end(process)

    def _start(self, program: Program, name: str, told: dict[str, str]) -> Process:
        usual = {"WARREN_HEARTBEAT": str(_HEARTBEAT), "WARREN_PREFETCH": "1"}
        return self._world.start(
            program, name, self._role, {**told, **usual, "WARREN_INSTANCE": name}
        )

    def _end(self, process: Process) -> None:
        """End it, and wait until its connections are seen to have ended."""
        process.kill()
        self._world.wait_for(lambda: not _ledger(self._world).open_of(process.name), _LAST)

    def _new_name(self, what: str) -> str:
        self._count += 1
        return f"{what}-{self._count}"


def _is_refused(world: World, name: str) -> bool:
    """Whether it asked for what is not there (AMQP 0-9-1, reply code 404)."""
    refusals = _ledger(world).refusals
    return any(r.instance == name and r.code == _NOT_FOUND for r in refusals)


def _is_meant(publisher: Publisher, published: Published) -> bool:
    return publisher.exchange in (None, published.exchange) and publisher.routing_key in (
        None,
        published.routing_key,
    )


def _sent(world: World, name: str) -> list[Published]:
    """Give what it has published, once where it has sent the same again."""
    sent = {
        (p.exchange, p.routing_key, p.body): p
        for p in _ledger(world).publishes
        if p.instance == name
    }
    return list(sent.values())


def _ledger(world: World) -> Ledger:
    reader = LedgerReader()
    for fact in world.facts():
        reader.take(fact)
    return reader.ledger()


def _count(sent: list[Published], meant: list[Published]) -> str:
    if not sent:
        return "it published nothing"
    shown = "; ".join(map(str, (meant or sent)[:3]))
    if not meant:
        return f"it published nothing to the exchange with the routing key of the manifest: {shown}"
    return f"it published {len(meant)} messages, and this has to be one: {shown}"


def _advice(process: Process, sent: list[Published], *, ended: bool) -> str:
    if sent:
        return "say by exchange and routing key which one is meant, beside `publish`"
    status = f"with status {process.exit_status}" if ended else f"not within {WITHIN:.0f} s"
    printed = process.output().strip()
    said = f"it printed: {printed}" if printed else "it printed nothing"
    return (
        "have it publish to {amqp_url}, and let `definitions` name what neither it nor its consumer declares; "
        f"it ended {status}, and {said}"
    )
