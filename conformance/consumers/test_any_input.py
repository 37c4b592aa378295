"""takes-any-input: bodies of every size, headers of every type, properties or none (AMQP 0-9-1, section 4.2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    EVERY_TYPE,
    FIELDS,
    STREAM,
    headers,
    named,
    package_body,
    with_unused,
    without,
)

from .crashes import cut_and_consume_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.rigs.consumers import FieldValue, Process, Rig, Shape, Unit

pytestmark = pytest.mark.guarantee("takes-any-input")
FRAME = 131_072 - 8
"""Octets of a body that fill one frame: RabbitMQ's frame-max is 128 KiB, and 8 octets stand around the payload."""
SIZES = (FRAME - 1, FRAME, FRAME + 1, 1_000_000)
LARGE = 10_000_000
BEYOND_ASCII = "\u00e9\u0436\u4e2d\U0001f407"
"""Of two, three and four octets in UTF-8."""
PROPERTIES: Mapping[str, Shape] = {
    "without message_id": without("message_id"),
    "without content_type": without("content_type"),
    "without any property that it could do without": without(
        "content_type", "delivery_mode", "message_id"
    ),
    "with properties that no design uses": with_unused,
}
MANY_TEXTS = 120
"""More than fit into a batch of a hundred."""
LONG_ID = 200
"""Octets of a message_id, which may have 255: room is left for those who add to it."""
DIED: Mapping[str, FieldValue] = {
    "x-death": [
        {
            "count": 1,
            "reason": "rejected",
            "queue": "elsewhere",
            "exchange": "",
            "routing-keys": ["elsewhere"],
        }
    ],
    "x-first-death-queue": "elsewhere",
    "x-first-death-reason": "rejected",
    "x-first-death-exchange": "",
}
"""What a broker wrote on a message that somebody has put back from a dead-letter queue."""
HEADERS: Mapping[str, Shape] = {
    "with no header in its headers": headers({}),
    "with a header of every type": headers(EVERY_TYPE),
}


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("takes-any-input.properties")
def test_properties(rig: Rig) -> None:
    """Work is done whatever properties its message has, or has not."""
    rig.start.workers(1)
    _judge(rig, _shaped(rig, PROPERTIES))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("takes-any-input.headers")
def test_headers(rig: Rig) -> None:
    """Work is done whatever headers its message has."""
    rig.start.workers(1)
    _judge(rig, _shaped(rig, HEADERS))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("takes-any-input.long-id", "takes-any-input.dead-letter")
def test_unusual_id_and_origin(rig: Rig) -> None:
    """Work is done whose id is long, and work that somebody has put back from a dead-letter queue."""
    rig.start.workers(1)
    shapes = {f"with a message_id of {LONG_ID} octets": named("i" * LONG_ID)}
    _judge(rig, _shaped(rig, shapes), "takes-any-input.long-id")
    shapes = {"that was a dead letter elsewhere": headers(DIED)}
    _judge(rig, _shaped(rig, shapes), "takes-any-input.dead-letter")


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("takes-any-input", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("takes-any-input.unnamed")
def test_unnamed_on_two_connections(rig: Rig) -> None:
    """Two messages without a message_id are two, also where each is the first of its connection."""
    rig.start.workers(1)
    first = rig.publish.sized(shape=without("message_id"))
    rig.wait.need(
        lambda: rig.seen.is_done(first) and rig.seen.at_rest(),
        rig.deadlines.within(rig.work_time(1)),
        "the first message was not done",
    )
    for process in rig.instances.consumers:
        cut_and_consume_again(rig, process, 1)
    second = rig.publish.sized(shape=without("message_id"))
    rig.wait.finish(rig.work_time(1))
    words = "a message without message_id, on a new connection, was not done"
    rig.expect(rig.seen.is_done(second), words, *rig.seen.last())
    rig.judge()


@pytest.mark.full
@pytest.mark.requirement("takes-any-input.each-header")
def test_header_of_each_type(rig: Rig) -> None:
    """Work is done whatever the type of the one header that its message has."""
    rig.start.workers(1)
    shapes = {f"with a header of type {o}": headers({"header": v}) for o, v in FIELDS.items()}
    _judge(rig, _shaped(rig, shapes))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("takes-any-input.sizes")
def test_sizes(rig: Rig) -> None:
    """Work is done whatever size its body has, and a body of 0 octets is settled for good."""
    rig.start.workers(1)
    is_settled = _expect_settled(rig, rig.publish.raw(b""))
    _judge(rig, _of_sizes(rig, *SIZES) if is_settled else {})


@pytest.mark.full
@pytest.mark.guarantee("takes-any-input", designs=("blocking",))
@pytest.mark.requirement("takes-any-input.large-body")
def test_large_body(rig: Rig) -> None:
    """Work in a body of 10 MB, or as much as its database holds, is done."""
    rig.start.workers(1)
    _judge(rig, _of_sizes(rig, LARGE))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("takes-any-input", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("takes-any-input.beyond-ascii")
def test_beyond_ascii(rig: Rig) -> None:
    """Work in a body with characters beyond ASCII, which are not escaped, is done, and its row has them."""
    rig.start.workers(1)
    body = f'{{"texts":["{BEYOND_ASCII}"]}}'.encode()
    _judge(rig, {"with characters beyond ASCII": partial(rig.publish.body, body)})


@pytest.mark.full
@pytest.mark.guarantee("takes-any-input", designs=("parts", "parts-random"))
@pytest.mark.requirement("takes-any-input.many-texts")
def test_many_texts(rig: Rig) -> None:
    """A package of more than a hundred texts, one of them empty, has a part for each when it is acked."""
    rig.start.workers(1)
    (stream,) = rig.instances.of(STREAM)
    texts = ["", *(f"text{i}" for i in range(MANY_TEXTS))]
    package = rig.publish.body(package_body(*texts)).message_id
    rig.wait.need(
        lambda: rig.seen.ledger().settled(package) or bool(_ended(rig)),
        rig.deadlines.within(MANY_TEXTS / 10),
        "the package was not settled",
    )
    parts = rig.seen.ledger().published_by(stream.name)
    words = f"{len(parts)} parts were published of {len(texts)} texts"
    rig.expect(len(parts) >= len(texts), words, *map(str, rig.seen.ledger().of(package)))
    rig.judge()


def _shaped(rig: Rig, shapes: Mapping[str, Shape]) -> dict[str, Callable[[], Unit]]:
    return {words: partial(rig.publish.sized, shape=shape) for words, shape in shapes.items()}


def _of_sizes(rig: Rig, *sizes: int) -> dict[str, Callable[[], Unit]]:
    possible = dict.fromkeys(map(rig.publish.at_most, sizes))
    return {f"of {octets} octets": partial(rig.publish.sized, octets) for octets in possible}


def _judge(rig: Rig, sendings: Mapping[str, Callable[[], Unit]], requirement: str = "") -> None:
    """Send one message after another, each when the one before is done; judge what became of them.

    Who ended of a message, or holds it, can be given no other.
    """
    for words, send in sendings.items():
        if not _is_settled(rig, f"a message {words}", send()):
            break
    rig.judge(requirement=requirement)


def _is_settled(rig: Rig, words: str, unit: Unit) -> bool:
    """Expect that a unit of work is done; say whether its consumer is free for another."""
    idle = rig.wait.idle()
    rig.wait.see(
        lambda: (rig.seen.is_done(unit) and rig.seen.at_rest()) or bool(_ended(rig)) or idle(),
        rig.deadlines.within(rig.work_time(1)),
    )
    ended = _ended(rig)
    statuses = "".join(f"; {p.name} ended with status {p.exit_status}" for p in ended)
    output = [line for p in ended for line in rig.seen.printed(p)]
    is_free = not ended and rig.wait.see(rig.seen.at_rest, rig.deadlines.stopped)
    missing = "settled" if rig.seen.is_done(unit) and not ended else "done"
    rig.expect(
        is_free and rig.seen.is_done(unit),
        f"{words} was not {missing}{statuses}",
        *output,
        *rig.seen.last(),
    )
    return is_free


def _expect_settled(rig: Rig, empty: str) -> bool:
    """Expect that a message of no body is settled for good; say so. What comes next shows that its consumer lives."""
    rig.wait.see(
        lambda: rig.seen.ledger().settled(empty) or bool(_ended(rig)), rig.deadlines.within(0)
    )
    deliveries = map(str, rig.seen.ledger().of(empty))
    is_settled = rig.seen.ledger().settled(empty)
    rig.expect(is_settled, "a body of 0 octets was not settled", *deliveries)
    return is_settled


def _ended(rig: Rig) -> list[Process]:
    return [p for p in rig.instances.consumers if p.exit_status is not None]
