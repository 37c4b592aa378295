"""The four types of exchange (document 2: "kinds of the routing point", and 23 to 28 April)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


def _reached(
    broker: BrokerRig, key: str, exchange: str, *queues: str, **properties: Any
) -> set[str]:
    """Publish one message and say which of the queues it reached."""
    broker.publish(key.encode(), key, exchange, **properties)
    return {queue for queue in queues if broker.drain(queue)}


@pytest.mark.requirement("fanout.ignores-key")
def test_fanout_ignores_the_key(broker: BrokerRig) -> None:
    """A fanout exchange copies a message to all bound queues, whatever its key and theirs."""
    exchange = broker.declare.exchange("all", "fanout")
    queues = [broker.declare.queue(name) for name in ("a", "b", "c")]
    for queue, key in zip(queues, ("", "one", "two"), strict=True):
        broker.declare.binding(queue, exchange, key)
    for key in ("", "one", "other"):
        assert _reached(broker, key, exchange, *queues) == set(queues), f"key {key!r}"


@pytest.mark.requirement("fanout.one-copy")
def test_one_copy_per_queue(broker: BrokerRig) -> None:
    """A queue that is bound twice gets one copy."""
    exchange = broker.declare.exchange("all", "fanout")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "one", "two")
    broker.publish(b"once", "one", exchange)
    assert broker.drain(queue) == [b"once"]


@pytest.mark.requirement("direct.exact-key")
def test_direct_by_exact_key(broker: BrokerRig) -> None:
    """A direct exchange goes by the whole key, octet by octet: no prefix, no other case, no wildcard."""
    exchange = broker.declare.exchange("log", "direct")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "failure")
    assert _reached(broker, "failure", exchange, queue) == {queue}
    for key in ("fail", "failure.", "Failure", "", "#", "*"):
        assert _reached(broker, key, exchange, queue) == set(), f"key {key!r}"


@pytest.mark.requirement("direct.several-keys")
def test_direct_several_keys(broker: BrokerRig) -> None:
    """One queue may be bound by several keys: Q1 by failure, Q2 by notice and warning."""
    exchange = broker.declare.exchange("X", "direct")
    first, second = broker.declare.queue("Q1"), broker.declare.queue("Q2")
    broker.declare.binding(first, exchange, "failure")
    broker.declare.binding(second, exchange, "notice", "warning")
    reached = {
        key: _reached(broker, key, exchange, first, second)
        for key in ("failure", "notice", "warning", "debug")
    }
    assert reached == {"failure": {first}, "notice": {second}, "warning": {second}, "debug": set()}


@pytest.mark.requirement("direct.several-queues")
def test_direct_several_queues_with_one_key(broker: BrokerRig) -> None:
    """Several queues may be bound by one key, and each gets a copy."""
    exchange = broker.declare.exchange("X", "direct")
    first, second = broker.declare.queue("Q1"), broker.declare.queue("Q2")
    for queue in (first, second):
        broker.declare.binding(queue, exchange, "notice")
    assert _reached(broker, "notice", exchange, first, second) == {first, second}


@pytest.mark.requirement("direct.unbind")
def test_unbind(broker: BrokerRig) -> None:
    """queue.unbind takes back one binding and leaves the others."""
    exchange = broker.declare.exchange("X", "direct")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "notice", "warning")
    broker.open.channel().queue_unbind(queue, exchange, "notice")
    assert _reached(broker, "notice", exchange, queue) == set()
    assert _reached(broker, "warning", exchange, queue) == {queue}


@pytest.mark.requirement("topic.star-one-word")
def test_topic_star(broker: BrokerRig) -> None:
    """`*` stands for exactly one word, also an empty one between two dots; not for none and not for two."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "logs.*.notice")
    for key in ("logs.kernel.notice", "logs.cron.notice", "logs..notice"):
        assert _reached(broker, key, exchange, queue) == {queue}, f"key {key!r}"
    for key in ("logs.notice", "logs.devices.kernel.notice", "logs.kernel.notice.", "logs.kernel"):
        assert _reached(broker, key, exchange, queue) == set(), f"key {key!r}"


@pytest.mark.requirement("topic.hash-zero-words", "topic.hash-more-words")
def test_topic_hash(broker: BrokerRig) -> None:
    """`#` stands for any number of words, none and several among them."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "logs.#.notice")
    matching = ("logs.notice", "logs.kernel.notice", "logs.devices.kernel.notice", "logs..notice")
    for key in matching:
        assert _reached(broker, key, exchange, queue) == {queue}, f"key {key!r}"
    for key in ("logs", "notice", "logs.kernel", "log.notice", "logs.notice.x"):
        assert _reached(broker, key, exchange, queue) == set(), f"key {key!r}"


@pytest.mark.requirement("topic.words-whole")
def test_topic_wildcards_stand_for_whole_words(broker: BrokerRig) -> None:
    """Within a word `*` and `#` are letters like any other."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "logs.ker*")
    assert _reached(broker, "logs.kernel", exchange, queue) == set()
    assert _reached(broker, "logs.ker*", exchange, queue) == {queue}


@pytest.mark.requirement("topic.key-255-octets")
def test_topic_key_of_255_octets(broker: BrokerRig) -> None:
    """A key may have 255 octets, which are fewer characters where these are not ASCII; a client cannot send more."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    keys = [".".join(["w"] * 128), "я" * 127 + "x"]
    for key in keys:
        assert len(key.encode()) == 255
        broker.declare.binding(queue, exchange, key)
        assert _reached(broker, key, exchange, queue) == {queue}
    broker.declare.binding(queue, exchange, "*." * 127 + "*")
    assert _reached(broker, ".".join(["v"] * 128), exchange, queue) == {queue}


@pytest.mark.requirement("topic.hash-alone")
def test_topic_hash_alone_is_fanout(broker: BrokerRig) -> None:
    """A queue bound by `#` gets everything, as from a fanout exchange."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "#")
    for key in ("", "logs", "logs.devices.kernel.notice", "..", "*"):
        assert _reached(broker, key, exchange, queue) == {queue}, f"key {key!r}"


@pytest.mark.requirement("topic.no-wildcard")
def test_topic_without_wildcard_is_direct(broker: BrokerRig) -> None:
    """A binding without wildcards goes by the whole key, as in a direct exchange."""
    exchange = broker.declare.exchange("logs", "topic")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "logs.devices.cron")
    assert _reached(broker, "logs.devices.cron", exchange, queue) == {queue}
    for key in ("logs.devices", "logs.devices.cron.x", "logs.devices.*", "#"):
        assert _reached(broker, key, exchange, queue) == set(), f"key {key!r}"


REPORT_PDF = {"format": "pdf", "type": "report"}
SENT = {
    "both": {"format": "pdf", "type": "report"},
    "one": {"format": "pdf", "type": "log"},
    "other": {"format": "zip", "type": "report"},
    "neither": {"format": "zip", "type": "log"},
    "nothing": {},
}
WITH_X = {
    "both and x": {"format": "pdf", "x-kind": "a"},
    "only x": {"x-kind": "a"},
    "only format": {"format": "pdf"},
    "wrong x": {"format": "pdf", "x-kind": "b"},
    "nothing": {},
}


@pytest.mark.parametrize(
    ("match", "wanted", "sent", "matching"),
    [
        pytest.param(
            "all",
            REPORT_PDF,
            SENT,
            {"both"},
            marks=pytest.mark.requirement("headers.all"),
        ),
        pytest.param(
            "any",
            REPORT_PDF,
            SENT,
            {"both", "one", "other"},
            marks=pytest.mark.requirement("headers.any"),
        ),
        pytest.param(
            "all",
            {"format": "pdf", "x-kind": "a"},
            WITH_X,
            {"both and x", "only format", "wrong x"},
            marks=pytest.mark.requirement("headers.x-ignored"),
        ),
        pytest.param(
            "all-with-x",
            {"format": "pdf", "x-kind": "a"},
            WITH_X,
            {"both and x"},
            marks=pytest.mark.requirement("headers.all-with-x"),
        ),
        pytest.param(
            "any-with-x",
            {"format": "pdf", "x-kind": "a"},
            WITH_X,
            {"both and x", "only x", "only format", "wrong x"},
            marks=pytest.mark.requirement("headers.any-with-x"),
        ),
    ],
)
def test_headers(
    broker: BrokerRig,
    match: str,
    wanted: dict[str, str],
    sent: dict[str, dict[str, str]],
    matching: set[str],
) -> None:
    """A headers exchange goes by the message's headers as x-match says, and ignores the key."""
    exchange = broker.declare.exchange("kinds", "headers")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "ignored", arguments={"x-match": match, **wanted})
    reached = {
        name
        for name, headers in sent.items()
        if _reached(broker, name, exchange, queue, headers=headers)
    }
    assert reached == matching


@pytest.mark.requirement("headers.all")
@pytest.mark.parametrize(
    ("bound", "other"),
    [
        pytest.param(1, Decimal(1), id="decimal"),
        pytest.param([1], [True], id="in-an-array"),
        pytest.param({"a": 1}, {"a": True}, id="in-a-table"),
    ],
)
def test_headers_of_another_type(broker: BrokerRig, bound: Any, other: Any) -> None:
    """A header of another type does not match, though some languages take the two for equal."""
    exchange = broker.declare.exchange("kinds", "headers")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, arguments={"x-match": "all", "kind": bound})
    assert _reached(broker, "other", exchange, queue, headers={"kind": other}) == set()
    assert _reached(broker, "same", exchange, queue, headers={"kind": bound}) == {queue}


@pytest.mark.requirement("headers.all-by-default")
def test_headers_default(broker: BrokerRig) -> None:
    """Without x-match all headers must match, and one that is bound without a value must only be there."""
    exchange = broker.declare.exchange("kinds", "headers")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, arguments={"format": "pdf", "signed": None})
    assert _reached(broker, "1", exchange, queue, headers={"format": "pdf"}) == set()
    signed = {"format": "pdf", "signed": "by me"}
    assert _reached(broker, "2", exchange, queue, headers=signed) == {queue}


@pytest.mark.requirement("headers.x-match-checked")
def test_headers_wrong_match(broker: BrokerRig) -> None:
    """Another value of x-match is refused with 406."""
    exchange = broker.declare.exchange("kinds", "headers")
    queue = broker.declare.queue()
    with broker.expect.refusal(406):
        broker.declare.binding(queue, exchange, arguments={"x-match": "some", "format": "pdf"})
