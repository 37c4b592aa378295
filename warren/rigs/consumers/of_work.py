"""Which of what instances do is about their work, and what of the wire a case therefore reads, holds and counts.

The instances of the course do nothing else: of theirs everything counts. A user's own consumer may have other
connections, consumers, queues and publishes beside. What the work goes through says `warren.evidence.work_places`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warren.evidence.frames import Direction, FrameSeen
from warren.evidence.ledger import IN_USE
from warren.evidence.work_places import WorkPlaces, only_of, queues_of, work_places
from warren.simulator.wire import (
    BasicConsume,
    BasicDeliver,
    BasicPublish,
    ChannelClose,
    encode_properties,
)
from warren.workloads.own import forms_of, number_of
from warren.worlds.line.rules import SETTLEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.evidence.frames import Fact
    from warren.evidence.ledger import Delivery, Ledger, Published
    from warren.simulator.wire import BasicProperties, Message
    from warren.workloads import Workload
    from warren.worlds.line.rules import Match

_LONG: Final = 12
"""Octets of a body that stands in no other by chance."""


class OfWork:
    """Tells what is about the work of a workload."""

    def __init__(self, workload: Workload) -> None:
        """Know no message yet."""
        self._workload = workload
        self._route = workload.entry.route
        self._own = [route.queue for route in workload.routes]
        self._marks: list[bytes] = []
        self._bodies: set[bytes] = set()
        self._about: list[bool] = []
        self.places = WorkPlaces(frozenset(), frozenset())
        """Where the work goes through, by the last ledger."""
        self.outlets: frozenset[str] = frozenset()
        """Queues to which its effects go, and no work."""

    @property
    def is_all(self) -> bool:
        """Whether the instances do nothing beside."""
        return self._workload.is_told

    def know(self, unit_id: str) -> None:
        """Learn the id of a message that was sent: by that it is known in what is published of it."""
        if self.is_all:
            return
        forms = {unit_id, unit_id.replace("-", ""), str(number_of(unit_id))}
        self._marks += [form.encode() for form in forms]

    def know_body(self, body: bytes) -> None:
        """Learn the body of one that has no id in it."""
        if self.is_all:
            return
        if len(body) >= _LONG:
            self._marks.append(body)
        elif body:
            self._bodies.add(body)

    def is_known_by_order(
        self, unit_id: str, body: bytes, properties: BasicProperties, routing_key: str
    ) -> bool:
        """Whether nothing in a message as it is sent tells it from the next one, since its id is nowhere in it."""
        if self.is_all:
            return False
        texts = (body, encode_properties(properties), routing_key.encode())
        return not any(form in text for form in forms_of(unit_id) for text in texts)

    # --- in the ledger -----------------------------------------------------------------------------------------

    def ledger(self, everything: Ledger) -> Ledger:
        """Give what of a ledger is about the work; ledgers come in the order in which they grow."""
        if self.is_all or self._route is None:
            return everything
        for published in everything.publishes[len(self._about) :]:
            self._about.append(self._is_about(published))
        publishes = [
            p for p, is_about in zip(everything.publishes, self._about, strict=True) if is_about
        ]
        outlets = self._workload.outlets
        self.outlets = queues_of(everything, outlets)
        bodies = {d.body for d in everything.deliveries}
        elsewhere = everything.elsewhere
        self.places = work_places(
            everything,
            self._route.queue,
            self._route.exchange,
            outlets=outlets,
            copies=[
                p
                for p in publishes
                if p.body in bodies and (p.instance, p.connection) not in elsewhere
            ],
            others={
                d.queue
                for d in everything.deliveries
                if (d.instance, d.connection) not in elsewhere and self._is_worked_on(d)
            },
        )
        return only_of(everything, self.places, publishes)

    def is_beside(self, everything: Ledger, queue: str) -> bool:
        """Whether a queue is for no work and keeps none: a result goes there, or it may be gone one day."""
        if queue in self.places.queues | self.places.leading:
            return False
        perishable = (d.name for d in everything.declarations if d.kind == "queue" and d.perishable)
        return queue in self.outlets or queue in perishable

    def _is_worked_on(self, delivery: Delivery) -> bool:
        """Whether an instance has been given a message of ours to ack, be it from another queue than ours."""
        return (
            delivery.queue not in ("", *self._own)
            and not delivery.auto_ack
            and delivery.queue not in self.outlets
            and self._mentions(delivery.properties, delivery.body)
        )

    def _is_about(self, published: Published) -> bool:
        return self._mentions(published.properties, published.body, published.routing_key)

    def _mentions(self, properties: BasicProperties, body: bytes, routing_key: str = "") -> bool:
        words = (properties.message_id, properties.correlation_id, routing_key)
        if body in self._bodies:
            return True
        texts = (body, *(w.encode() for w in words if w), repr(properties.headers or "").encode())
        return any(mark in text for mark in self._marks for text in texts)

    # --- among frames ------------------------------------------------------------------------------------------

    def match(self, match: Match) -> Match:
        """Give what a match takes of the frames about the work; the relay's thread asks it."""
        if self.is_all or self._route is None:
            return match
        queue, (kind, *_) = self._route.queue, match.methods
        of_queue = match.methods == (BasicDeliver,) or (
            kind in SETTLEMENTS and match.direction is Direction.TO_BROKER
        )
        if of_queue:
            return match if match.queue is not None else replace(match, queue=queue)

        def condition(message: Message[BasicProperties]) -> bool:
            return self._is_meant(message, queue) and match.condition(message)

        return replace(match, condition=condition)

    def _is_meant(self, message: Message[BasicProperties], queue: str) -> bool:
        match message.method:
            case BasicPublish(routing_key=key):
                return message.properties is not None and self._mentions(
                    message.properties, message.body, key
                )
            case BasicConsume(queue=name):
                return name in ("", queue)
            case ChannelClose(reply_code=code, reply_text=words):
                return code in IN_USE and queue in words
            case _:
                return True

    def facts(self, facts: Iterable[Fact], everything: Ledger, work: Ledger) -> list[Fact]:
        """Give facts without the publishes and settlements that are about something else."""
        beside = _acts(everything) - _acts(work)
        return [
            fact
            for fact in facts
            if not isinstance(fact, FrameSeen)
            or (fact.instance, fact.connection, fact.channel, fact.at) not in beside
        ]


def _acts(ledger: Ledger) -> set[tuple[str, int, int, float]]:
    """Give when instances published and settled, and by which channel."""
    published = {(p.instance, p.connection, p.channel, p.at) for p in ledger.publishes}
    settled = {
        (d.instance, d.connection, d.channel, d.settlement.at)
        for d in ledger.deliveries
        if d.settlement is not None
    }
    return published | settled
