"""Recording what a user's own publisher sends, once in a run: every message of its cases is made from that.

It is run behind a line in a world of its own, whose broker takes what it sends and delivers it to nobody. It is run
twice, with two ids: what else differs between the two are ids that it makes itself, which no two messages may share
either.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Protocol

from warren.errors import InstanceError
from warren.evidence.ledger_reader import LedgerReader
from warren.workloads.own import OwnWorkload, Recorded, number_of
from warren.workloads.own.message import dashed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from warren.claims.implementation import Implementation, Program, Schema
    from warren.claims.surroundings import Surroundings
    from warren.evidence.ledger import Ledger, Published
    from warren.workloads import Workload
    from warren.worlds.protocol import Process, World

WITHIN: Final = 30.0
"""Seconds in which a publisher has to end by itself."""
_LAST: Final = 5.0
"""Seconds in which its connections are seen to have ended with it, and so all that it has sent."""
_HEARTBEAT: Final = 60


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


def with_message(worlds: Worlds, implementation: Implementation, slug: str) -> Workload:
    """Give the workload of a design, with what its own publisher sends where it has one. Raises `InstanceError`."""
    design = implementation.designs[slug]
    workload = design.workload
    if design.publisher is None or not isinstance(workload, OwnWorkload):
        return workload
    publisher = design.publisher

    def make() -> dict[str, Any]:
        with worlds.world(implementation.migrate, design.surroundings, restarts=False) as world:
            return _record(world, workload, publisher).to_json()

    name = hashlib.sha256(publisher.source.encode()).hexdigest()[:16]
    return workload.recorded(Recorded.from_json(worlds.once(f"message-{name}", make)))


def _record(world: World, workload: OwnWorkload, publisher: Program) -> Recorded:
    first, second = (_run(world, workload, publisher, number) for number in (1, 2))
    return first.knowing(second)


def _run(world: World, workload: OwnWorkload, publisher: Program, number: int) -> Recorded:
    unit_id, name = dashed(world.new_id()), f"publisher-{number}"
    told = {
        "WARREN_ID": unit_id,
        "WARREN_NUMBER": str(number_of(unit_id)),
        "WARREN_HEARTBEAT": str(_HEARTBEAT),
        "WARREN_PREFETCH": "1",
        "WARREN_INSTANCE": name,
    }
    process = world.start(publisher, name, workload.worker, told)
    ended = world.wait_for(lambda: process.exit_status is not None, WITHIN)
    process.kill()
    world.wait_for(lambda: not _ledger(world).open_of(name), _LAST)
    sent = _sent(world, name)
    if len(sent) != 1:
        raise InstanceError(_count(sent), publisher.source, _advice(process, sent, ended=ended))
    recorded = Recorded.of(sent[0], unit_id)
    if not recorded.is_marked:
        raise InstanceError(
            f"the id that it was given ({unit_id}) is nowhere in what it published: {sent[0]}",
            publisher.source,
            "pass {id} or {number} to it, and have it put that into the message",
        )
    return recorded


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


def _count(sent: list[Published]) -> str:
    if not sent:
        return "it published nothing"
    shown = "; ".join(map(str, sent[:3]))
    return f"it published {len(sent)} messages, and this has to be one: {shown}"


def _advice(process: Process, sent: list[Published], *, ended: bool) -> str:
    if sent:
        return "have it publish one unit of work, and end"
    status = f"with status {process.exit_status}" if ended else f"not within {WITHIN:.0f} s"
    printed = process.output().strip()
    said = f"it printed: {printed}" if printed else "it printed nothing"
    return (
        "have it publish to {amqp_url}, and let `definitions` name what it does not declare; "
        f"it ended {status}, and {said}"
    )
