"""The workload of a user's own consumer: one role, one queue, one kind of message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn, Self

from warren.errors import InstanceUnsupported
from warren.evidence.work_places import Outlet
from warren.workloads.own.effects import CallEffect, PublishEffect, RowEffect
from warren.workloads.own.file_effects import PathEffect
from warren.workloads.own.message import OwnUnit, dashed, most_seconds
from warren.workloads.own.table_effects import TableEffect, TotalEffect
from warren.workloads.own.tally import OwnTally
from warren.workloads.own.traces import Trail, with_trace
from warren.workloads.protocol import Poison, Role, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warren.simulator.wire import BasicProperties
    from warren.workloads.own.effects import Effect
    from warren.workloads.own.message import Sample
    from warren.workloads.own.recorded import Recorded
    from warren.workloads.protocol import Maker, Tables, Unit

LIKE: Final = "blocking"
"""The design of the course that has one queue and one message as well, whose cases therefore judge it."""
OWN: Final = "own"
"""What stands among the designs of a guarantee that is about users' own consumers."""
MALFORMED: Final = (b'{"unfinished":', b"\xff\xfe\x00", b"")
"""No JSON, for who takes JSON."""
MISSHAPEN: Final = (b'{"something":"else"}', b"[]", b"42")
"""JSON that says something else than any sample."""
_REACHING: Final = RowEffect | TableEffect | TotalEffect | CallEffect
"""Effects at whose place work can be made longer."""
_COMPARED: Final = TableEffect | TotalEffect | PathEffect
"""Effects of which a part may be ignored."""
_USUAL_SECONDS: Final = 1.0
"""What work takes at most, as long as nobody has seen it."""
_PER_SECOND: Final = 5.0
"""Document seconds that one real second is at most (`warren.rigs.pace`, "fast")."""


@dataclass(frozen=True, slots=True)
class OwnWorkload:
    """What a manifest says of a consumer's work. Its name is its slug.

    Work that reaches a database or the HTTP stub can be made as long as a case needs it; else it takes what it takes,
    and where a case needs more, the `slow` message is sent.
    """

    slug: str
    queue: str
    exchange: str
    sample: Sample
    effects: tuple[Effect, ...]
    instances: int = 1
    also: tuple[str, ...] = ()
    """Queues that it consumes from besides its work queue, before it is ready."""
    is_told_prefetch: bool = False
    """Whether its command or environment has a place for the prefetch count that a case wants."""
    is_told_http: bool = False
    """Whether it is told the address of the HTTP stub."""
    lasts_by_itself: bool = False
    """Whether nothing is stretched, since no commit can be kept on its way, and the `slow` message is sent instead."""

    @property
    def is_told(self) -> bool:
        """Nothing but what its manifest has a place for."""
        return False

    @property
    def judged_as(self) -> tuple[str, ...]:
        """As the course's simplest design, and as somebody's own."""
        return LIKE, OWN

    @property
    def worker(self) -> Role:
        """The consumer itself."""
        key = self.sample.message.routing_key
        return Role(self.slug, Route(self.exchange, self.queue, key), also=self.also)

    @property
    def entry(self) -> Role:
        """The consumer itself."""
        return self.worker

    @property
    def roles(self) -> Mapping[Role, int]:
        """The consumer, with as many instances as its manifest says."""
        return {self.worker: self.instances}

    @property
    def caller(self) -> None:
        """Nobody."""
        return

    @property
    def routes(self) -> tuple[Route, ...]:
        """Its queue."""
        return (Route(self.exchange, self.queue),)

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """Where its effects are published to."""
        published = (e for e in self.effects if isinstance(e, PublishEffect))
        return tuple(Outlet(e.exchange, e.routing_key) for e in published)

    @property
    def work(self) -> tuple[float, float]:
        """How long the least work takes."""
        return self.message_work(1)

    @property
    def malformed(self) -> Sequence[bytes]:
        """Bodies that cannot be read, by the manifest."""
        return self.sample.malformed or self._lacks(
            "malformed", '["FILE"], with bodies that it cannot read'
        )

    @property
    def misshapen(self) -> Sequence[bytes]:
        """Bodies that can be read and are no work, by the manifest."""
        return self.sample.misshapen or self._lacks(
            "misshapen", '["FILE"], with bodies that it can read and that are no work'
        )

    @property
    def stretches(self) -> bool:
        """Whether its work reaches outside, where it can be made longer."""
        reaches = any(isinstance(effect, _REACHING) for effect in self.effects)
        return reaches and not self.lasts_by_itself

    @property
    def calls_http(self) -> bool:
        """Whether a call is an effect of it, or may be made on the way to one."""
        return self.is_told_http or any(isinstance(e, CallEffect) for e in self.effects)

    @property
    def ignored(self) -> tuple[str, ...]:
        """What its manifest ignores of tables and files."""
        some = (e for e in self.effects if isinstance(e, _COMPARED) and e.ignore)
        return tuple(f"{self.slug}: {effect}: {', '.join(effect.ignore)}" for effect in some)

    @property
    def totals(self) -> tuple[str, ...]:
        """The tables of its total effects."""
        return tuple(e.table for e in self.effects if isinstance(e, TotalEffect))

    @property
    def lasts_by_commits(self) -> bool:
        """Whether nothing but a commit can make it longer."""
        return self.stretches and not any(isinstance(e, CallEffect) for e in self.effects)

    @property
    def is_timed(self) -> bool:
        """Whether somebody has said, or seen, how long its work takes."""
        return self.sample.seconds is not None

    def timed(self, seconds: float | None) -> Self:
        """Give it with how long its work was seen to take; None where it was not done."""
        most = None if seconds is None else most_seconds(seconds)
        return replace(self, sample=replace(self.sample, seconds=most))

    def unstretched(self) -> Self:
        """Give it as it works when nothing is made longer."""
        return replace(self, lasts_by_itself=True)

    def without_line(self) -> Self:
        """Give it on a database whose commits nobody can keep on their way: by its `slow` message, where it has one."""
        return replace(self, lasts_by_itself=self.lasts_by_commits and self.sample.slow is not None)

    def recorded(self, messages: Mapping[str, Recorded]) -> OwnWorkload:
        """Give it with what its own publishers have sent: the usual message (""), the slow one, the poison."""
        sample, usual = self.sample, messages.get("")
        if usual is not None:
            is_json = usual.is_json
            sample = replace(
                sample,
                message=usual,
                slow=usual.saying(sample.slow.body) if sample.slow else None,
                poison=usual.saying(sample.poison.body) if sample.poison else None,
                malformed=sample.malformed or (MALFORMED if is_json else ()),
                misshapen=sample.misshapen or (MISSHAPEN if is_json else ()),
            )
        sample = replace(
            sample,
            slow=messages.get("slow", sample.slow),
            poison=messages.get("poison", sample.poison),
        )
        return replace(self, exchange=usual.exchange if usual else self.exchange, sample=sample)

    def make(self, size: int, number: int, maker: Maker) -> OwnUnit:
        """Make a message; a slow one where its work must last and cannot be made longer."""
        slow, new_id = self.sample.slow, dashed(maker.new_id())
        if slow and size > 1 and not self.stretches:
            return replace(slow.make(new_id, size), is_usual=False)
        all_ = (self.sample.message, *self.sample.others)
        made = all_[number % len(all_)].make(new_id, size)
        return replace(made, is_usual=number % len(all_) == 0)

    def make_unique(self, size: int, maker: Maker) -> OwnUnit:
        """Make a message: no two are alike."""
        return self.make(size, 0, maker)

    def fill(self, octets: int, maker: Maker) -> OwnUnit:
        """Make a message whose JSON has as much white space as it takes."""
        unit = self.make(1, 0, maker)
        if not self.sample.message.is_json:
            raise InstanceUnsupported(
                "a body that is no JSON cannot be made longer",
                where=f"consumers.{self.slug}.message",
            )
        return replace(unit, body=unit.body.rjust(octets))

    def longest_body(self, row: int) -> None:
        """Give none: which rows it leaves is its own matter."""
        del row

    def poison(self, maker: Maker) -> Poison:
        """Make the message that can never be done, by the manifest."""
        if self.sample.poison is None:
            self._lacks("poison", '"FILE", with well-formed work that always fails')
        unit = self.sample.poison.make(dashed(maker.new_id()), 1)
        return Poison(unit.id, unit.body, unit.id.encode())

    def read(self, body: bytes, message_id: str) -> NoReturn:
        """Read none: a body of the course is no message of this consumer."""
        del body, message_id
        raise InstanceUnsupported("this case is about the course's payloads", where=self.slug)

    def properties(self, unit_id: str) -> BasicProperties:
        """Give those of the sample, with the id in its places, and a trace that begins with the message."""
        return with_trace(self.sample.message.make(unit_id, 1).properties, unit_id)

    def route(self, role: Role, unit_id: str) -> Route:
        """Give the consumer's route, with the id in the routing key if it belongs there."""
        del role
        return Route(self.exchange, self.queue, self.sample.message.make(unit_id, 1).routing_key)

    def called(self, tables: Tables) -> tuple[Unit, ...]:
        """Give none: nobody makes a message when it is called."""
        del tables
        return ()

    def unit_work(self, size: int) -> float:
        """Give the longest work on a message that is to last so long."""
        return self.message_work(size)[1]

    def message_work(self, size: int) -> tuple[float, float]:
        """Give the shortest and longest work: what it takes by itself, and what it is made to last."""
        seconds = _USUAL_SECONDS if self.sample.seconds is None else self.sample.seconds
        own = seconds * _PER_SECOND
        if self.stretches:
            return float(size), own + size * len(self.effects)
        slow = self.own_seconds(size) * _PER_SECOND
        return slow, slow or own

    def own_seconds(self, size: int) -> float:
        """Give what the `slow` message takes, where that is sent."""
        sends_slow = self.sample.slow is not None and size > 1 and not self.stretches
        return self.sample.slow_seconds if sends_slow else 0.0

    def stretch(self, size: int) -> float:
        """Give the document seconds that each commit and each call is to last."""
        return float(size) if self.stretches else 0.0

    def tally(self, units: Iterable[Unit], tables: Tables) -> OwnTally:
        """Look for the effects outside."""
        own = (unit for unit in units if isinstance(unit, OwnUnit))
        trail = Trail(tables)
        return OwnTally.of(
            self.effects, own, tables, lambda unit: trail.of(unit.id, self.properties(unit.id))
        )

    def _lacks(self, key: str, what: str) -> NoReturn:
        raise InstanceUnsupported(
            f"there is no `{key}`, which this case sends",
            where=f"consumers.{self.slug}.bad",
            what_to_do=f"write under [consumers.{self.slug}.bad]: {key} = {what}",
        )
