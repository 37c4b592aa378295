"""Each message begins a trace, and what comes of it in that trace supports what is said of its effects."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.workloads.own.test_effects import Outside
from warren.evidence.calls import HttpCall
from warren.evidence.ledger import Ledger, Published
from warren.simulator.wire import BasicProperties
from warren.workloads.own import OwnWorkload, PublishEffect, RowEffect, Sample, Template

ONE, TWO = "1" * 36, "2" * 36
THEIRS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ROW = RowEffect("SELECT count(*) FROM orders WHERE ref = :id")


def workload(**properties: Any) -> OwnWorkload:
    """Make one whose sample has these properties."""
    template = Template(b'{"ref": "{id}"}', replace(BasicProperties(), **properties))
    return OwnWorkload("orders", "orders", "shop", Sample(template), (ROW,))


def parent(own: OwnWorkload, unit_id: str) -> str:
    """Give the header of a message."""
    return str((own.properties(unit_id).headers or {})["traceparent"])


def next_of(traceparent: str) -> str:
    """Give what a consumer passes on that keeps traces: the same trace, another parent."""
    version, trace, _, flags = traceparent.split("-")
    return f"{version}-{trace}-{'a' * 16}-{flags}"


def published(headers: dict[str, Any], exchange: str = "audit") -> Published:
    """Make a publish without the id."""
    properties = replace(BasicProperties(), headers=headers)
    return Published(2.0, "orders-1", 1, 1, exchange, "", False, properties, b"done", 2.0)


def test_each_has_its_own() -> None:
    """The header is one of version 00, the same whenever the same message is sent, and says nothing of the id."""
    own = workload(headers={"tenant": "a"})
    first, second = parent(own, ONE), parent(own, TWO)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", first)
    assert (first, second) == (parent(own, ONE), parent(own, TWO))
    assert first.split("-")[1:3] != second.split("-")[1:3]
    assert "1" * 9 not in first
    assert (own.properties(ONE).headers or {})["tenant"] == "a"


def test_one_that_is_there_stays() -> None:
    """A message whose publisher has begun a trace keeps it."""
    assert parent(workload(headers={"traceparent": THEIRS}), ONE) == THEIRS


def test_supports() -> None:
    """What was published and called in the trace of a lost message stands under the loss, and is no effect of it."""
    own = workload()
    passed_on = next_of(parent(own, ONE))
    outside = Outside(
        called=[HttpCall(1.0, "GET", "/stock", (("Traceparent", passed_on),), b"", 200)],
        sent=[
            published({"traceparent": passed_on.encode()}),
            published({"traceparent": next_of(parent(own, TWO))}),
            published({"traceparent": "00-nonsense"}),
            published({}),
        ],
    )
    for effect in (ROW, PublishEffect("audit")):
        traced = replace(own, effects=(effect,))
        tally = traced.tally([own.sample.message.make(ONE, 1)], outside)
        assert not tally.complete
        (lost,) = tally.losses(Ledger())
        of_trace = [line for line in lost.evidence if "in the trace of message" in line]
        assert len(of_trace) == 2
        assert "publishes 'done'" in of_trace[0]
        assert "GET /stock" in of_trace[1]
