"""Declarations: what was asked for becomes a fact when the broker agrees."""

from __future__ import annotations

import pytest

from tests.wire import Wire
from warren.evidence.frames import Direction
from warren.simulator.wire import (
    ChannelClose,
    ExchangeDeclare,
    ExchangeDeclareOk,
    FieldValue,
    QueueDeclare,
    QueueDeclareOk,
)

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT


def test_agreed() -> None:
    """Queues and exchanges are noted as they were asked for, when the broker has agreed; in the order of each kind."""
    wire = Wire()
    wire.frame(TO_BROKER, ExchangeDeclare("work", durable=True))
    wire.frame(TO_BROKER, QueueDeclare("jobs", durable=True))
    wire.frame(TO_BROKER, QueueDeclare("", exclusive=True))
    assert not any(wire.ledger.declarations)
    wire.frame(TO_CLIENT, ExchangeDeclareOk())
    wire.frame(TO_CLIENT, QueueDeclareOk("jobs"))
    wire.frame(TO_CLIENT, QueueDeclareOk("amq.gen-1"))
    agreed = list(wire.ledger.declarations)
    assert [(d.kind, d.name, d.perishable, d.server_named) for d in agreed] == [
        ("exchange", "work", "", False),
        ("queue", "jobs", "", False),
        ("queue", "amq.gen-1", "not durable and exclusive", True),
    ]


def test_refused_or_passive() -> None:
    """What was refused, or only looked for, was not declared; the answer to the next is not taken for its own."""
    wire = Wire()
    wire.frame(TO_BROKER, QueueDeclare("refused"))
    wire.frame(TO_CLIENT, ChannelClose(406))
    wire.frame(TO_BROKER, QueueDeclare("there", passive=True))
    wire.frame(TO_BROKER, QueueDeclare("new", auto_delete=True, durable=True))
    wire.frame(TO_BROKER, ExchangeDeclare("there", passive=True))
    wire.frame(TO_CLIENT, QueueDeclareOk("there"))
    wire.frame(TO_CLIENT, QueueDeclareOk("new"))
    wire.frame(TO_CLIENT, ExchangeDeclareOk())
    (declared,) = wire.ledger.declarations
    assert (declared.name, declared.perishable) == ("new", "auto-delete")
    assert "part-1 declares queue new (connection 1): auto-delete" in str(declared)


def test_expires() -> None:
    """A durable queue that is deleted when nobody uses it for a while is perishable, whatever it hands on before."""
    wire = Wire()
    later: dict[str, FieldValue] = {"x-dead-letter-exchange": "work", "x-message-ttl": 1000}
    wire.frame(TO_BROKER, QueueDeclare("later", durable=True, arguments=later))
    wire.frame(TO_CLIENT, QueueDeclareOk("later"))
    wire.frame(
        TO_BROKER, QueueDeclare("unused", durable=True, arguments={**later, "x-expires": 2000})
    )
    wire.frame(TO_CLIENT, QueueDeclareOk("unused"))
    assert [(d.dead_letters, d.has_ttl, d.perishable) for d in wire.ledger.declarations] == [
        (True, True, ""),
        (True, True, "to expire"),
    ]


def test_without_waiting() -> None:
    """With no-wait there is no answer: the declaration counts as agreed to."""
    wire = Wire()
    wire.frame(TO_BROKER, QueueDeclare("jobs", no_wait=True))
    wire.frame(TO_BROKER, ExchangeDeclare("work", no_wait=True))
    assert [d.perishable for d in wire.ledger.declarations] == ["not durable", "not durable"]


@pytest.mark.parametrize("arguments", [{}, {"alternate-exchange": "unrouted"}])
def test_alternate_exchange(arguments: dict[str, str]) -> None:
    """An exchange with an alternate one is known for it."""
    wire = Wire()
    wire.frame(TO_BROKER, ExchangeDeclare("work", durable=True, arguments={**arguments}))
    wire.frame(TO_CLIENT, ExchangeDeclareOk())
    assert wire.ledger.declarations[0].has_alternate == bool(arguments)
