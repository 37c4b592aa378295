"""Exchange types: which queues a message goes to."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.model.lab import Lab, closed, message
from warren.simulator.model import Version, commands, events
from warren.simulator.model.routing import STEPS_LIKE_A_PUBLISH, Meter, TopicRouter
from warren.simulator.model.routing_hash import portable_hash
from warren.simulator.model.routing_headers import (
    MATCHES_LIKE_A_PUBLISH,
    HeadersRouter,
    headers_match,
)

WORDS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=5)
PATTERN_WORDS = st.lists(st.sampled_from(["a", "b", "*", "#", ""]), max_size=5)


def routed(kind: str, bindings: Any, *published: Any, semantics: Version = "4.3") -> Any:
    """Publish through an exchange of a kind; return per queue the bodies that arrive."""
    lab = Lab(semantics)
    client = lab.channel()
    client.exchange("x", kind)
    for queue, key, arguments in bindings:
        client.declare(queue)
        client.do(commands.QueueBind, queue, "x", key, arguments=arguments)
    for number, (key, headers) in enumerate(published):
        client.publish(key, str(number).encode(), "x", headers=headers)
    return {queue: b"".join(lab.ready(queue)).decode() for queue, *_ in bindings}


def test_default_exchange_routes_by_queue_name() -> None:
    """A message published without an exchange reaches the queue its key names."""
    lab = Lab()
    lab.channel().declare("q")
    lab.channel().publish("q", b"hello")
    assert lab.ready("q") == [b"hello"]


def test_direct_takes_the_exact_key() -> None:
    """One queue may have several keys, and several queues one key."""
    bindings: list[Any] = [("one", "a", {}), ("one", "b", {}), ("two", "a", {})]
    assert routed("direct", bindings, ("a", None), ("b", None), ("a.b", None)) == {
        "one": "01",
        "two": "0",
    }


def test_fanout_ignores_the_key() -> None:
    """Every bound queue gets every message."""
    bindings: list[Any] = [("one", "a", {}), ("two", "", {})]
    assert routed("fanout", bindings, ("a", None), ("z", None)) == {"one": "01", "two": "01"}


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("*", {"a", "b"}),
        ("#", {"", "a", "b", "a.b", "a.b.c", "a..c"}),
        ("a.*", {"a.b"}),
        ("a.#", {"a", "a.b", "a.b.c", "a..c"}),
        ("#.c", {"a.b.c", "a..c"}),
        ("*.*.c", {"a.b.c", "a..c"}),
        ("a.b", {"a.b"}),
        ("", {""}),
    ],
)
def test_topic_patterns(pattern: str, matching: set[str]) -> None:
    """A star is exactly one word, a hash is zero or more."""
    keys = ["", "a", "b", "a.b", "a.b.c", "a..c"]
    arrived = routed("topic", [("q", pattern, {})], *((key, None) for key in keys))["q"]
    assert {keys[int(number)] for number in arrived} == matching


def test_topic_key_of_255_bytes() -> None:
    """A key may have 255 bytes and as many words as fit."""
    key = ".".join("w" * 128)
    assert routed("topic", [("q", "#", {}), ("r", key, {})], (key, None)) == {"q": "0", "r": "0"}


def test_topic_patterns_with_two_hashes_cost_no_more_than_the_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six hundred patterns `#.word.#` and a key of 128 words: one step a word, not one for each pattern and place."""
    router: TopicRouter[int] = TopicRouter()
    for number in range(600):
        router.add(f"#.{number}.#", {}, number)
    words, steps, reach = [str(number) for number in range(500, 628)], [], TopicRouter._reach

    def counted(*arguments: Any) -> None:
        steps.append(arguments[0])
        reach(*arguments)

    monkeypatch.setattr(TopicRouter, "_reach", staticmethod(counted))
    assert set(router.match(message(".".join(words)))) == set(range(500, 600))
    assert len(steps) <= 1 + len(words)


@given(PATTERN_WORDS, WORDS)
def test_topic_trie_agrees_with_a_regular_expression(pattern: list[str], words: list[str]) -> None:
    """The trie matches what the pattern means, read naively."""
    router: TopicRouter[str] = TopicRouter()
    router.add(".".join(pattern), {}, "q")
    pattern = ".".join(pattern).split(".") if pattern and pattern != [""] else []
    words = ".".join(words).split(".") if words and words != [""] else []
    regex = "".join({"*": "[^,]*,", "#": "([^,]*,)*"}.get(word, f"{word},") for word in pattern)
    expected = re.fullmatch(regex, "".join(f"{word}," for word in words)) is not None
    assert bool(router.match(message(".".join(words)))) is expected


def test_topic_matches_follow_the_bindings() -> None:
    """A key that was looked up before is found anew after every bind and unbind."""
    router: TopicRouter[str] = TopicRouter()
    seen = []
    for change, pattern in (("add", "a.*"), ("add", "#"), ("remove", "a.*"), ("remove", "#")):
        getattr(router, change)(pattern, {}, pattern)
        seen.append({*router.match(message("a.b"))})
    assert seen == [{"a.*"}, {"a.*", "#"}, {"#"}, set()]


@given(st.lists(st.tuples(PATTERN_WORDS, st.sampled_from("pqr")), unique_by=str, max_size=8))
def test_topic_trie_is_empty_after_all_is_unbound(bindings: Any) -> None:
    """Unbinding takes out every node that binding has made."""
    router: TopicRouter[str] = TopicRouter()
    for pattern, destination in bindings:
        router.add(".".join(pattern), {}, destination)
    for pattern, destination in bindings:
        router.remove(".".join(pattern), {}, destination)
    assert not router._root.children
    assert not router._root.destinations.counts


@pytest.mark.parametrize(
    ("arguments", "headers", "expected"),
    [
        ({"h": 1}, {"h": 1}, True),
        ({"h": 1, "g": 2}, {"h": 1}, False),
        ({"x-match": "all", "h": 1, "g": 2}, {"h": 1, "g": 2, "more": 3}, True),
        ({"x-match": "any", "h": 1, "g": 2}, {"g": 2}, True),
        ({"x-match": "any", "h": 1}, {"h": 2}, False),
        ({"x-match": "any"}, {"h": 2}, False),
        ({"x-match": "all"}, {}, True),
        ({"h": None}, {"h": "whatever"}, True),
        ({"x-match": "all", "x-h": 1, "h": 1}, {"h": 1}, True),
        ({"x-match": "all-with-x", "x-h": 1, "h": 1}, {"h": 1}, False),
        ({"x-match": "any", "x-h": 1}, {"x-h": 1}, False),
        ({"x-match": "any-with-x", "x-h": 1}, {"x-h": 1}, True),
        ({"h": 1}, {"h": True}, False),
        ({"h": 1}, {"h": "1"}, False),
    ],
)
def test_headers(arguments: dict[str, object], headers: dict[str, object], expected: bool) -> None:
    """Headers match by presence and value; x- arguments count in the -with-x modes only."""
    assert headers_match(arguments, headers, loose_numbers=True) is expected


VALUES = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "a", b"a", [1], {"a": 1}, Decimal(1)])
TABLES = st.dictionaries(st.sampled_from(["a", "b", "x-c"]), VALUES)


@given(
    st.lists(st.tuples(TABLES, st.sampled_from(["all", "any", "all-with-x", "any-with-x"]))),
    TABLES,
    st.data(),
)
def test_headers_router_agrees_with_a_look_at_each_binding(
    bindings: list[tuple[dict[str, object], str]], headers: dict[str, object], data: st.DataObject
) -> None:
    """What is found by an index is what every binding says by itself, in their order, when some are gone again."""
    router: HeadersRouter[int] = HeadersRouter(loose_numbers=True)
    bound = [{**arguments, "x-match": mode} for arguments, mode in bindings]
    for number, arguments in enumerate(bound):
        router.add("", arguments, number)
    gone = data.draw(st.sets(st.sampled_from(range(len(bound))))) if bound else set()
    for number in gone:
        router.remove("", bound[number], number)
    expected = [
        number
        for number, arguments in enumerate(bound)
        if number not in gone and headers_match(arguments, headers, loose_numbers=True)
    ]
    assert [*router.match(message("", headers=headers))] == expected


def test_headers_are_compared_with_what_may_fit_alone() -> None:
    """Of five thousand bindings those are looked at that share a value with the message: work for a few."""
    meter = Meter()
    router: HeadersRouter[int] = HeadersRouter(loose_numbers=True, meter=meter)
    for number in range(5000):
        router.add("", {"kind": "order", "number": number}, number)
    assert [*router.match(message("", headers={"kind": "order", "number": 7}))] == [7]
    assert meter.work <= 1


def test_long_matches_count_as_work() -> None:
    """A match that goes through many bindings is no ordinary publish to those who share out the time."""
    meter = Meter()
    headers: HeadersRouter[int] = HeadersRouter(loose_numbers=True, meter=meter)
    topic: TopicRouter[int] = TopicRouter(meter)
    for number in range(1000):
        headers.add(str(number), {"kind": "order"}, number)
        topic.add(f"#.{number}.#.end", {}, number)
    headers.match(message("", headers={"kind": "order"}))
    assert meter.work == 1000 // MATCHES_LIKE_A_PUBLISH
    topic.match(message(".".join(map(str, range(100)))))  # each word leads to one more `#`
    assert meter.work >= 1000 // MATCHES_LIKE_A_PUBLISH + 100 * 100 // 2 // STEPS_LIKE_A_PUBLISH


def test_headers_compare_one_and_one_point_nought_as_the_release_does() -> None:
    """RabbitMQ 3.10 takes 1 and 1.0 for equal, 4.3 does not."""
    bindings: list[Any] = [("q", "", {"h": 1})]
    assert routed("headers", bindings, ("", {"h": 1.0}), semantics="3.10") == {"q": "0"}
    assert routed("headers", bindings, ("", {"h": 1.0}), semantics="4.3") == {"q": ""}


def test_weather() -> None:
    """A key of two words reaches the queues of its place and of its theme."""
    bindings: list[Any] = [
        ("europe", "europe.#", {}),
        ("usa", "usa.#", {}),
        ("weather", "#.weather", {}),
    ]
    published = (("europe.weather", None), ("usa.news", None), ("usa.weather", None))
    assert routed("topic", bindings, *published) == {"europe": "0", "usa": "12", "weather": "02"}


def test_a_queue_bound_twice_gets_a_message_once() -> None:
    """Several bindings that match deliver one copy to a queue."""
    bindings: list[Any] = [("q", "a.*", {}), ("q", "*.b", {}), ("q", "#", {})]
    assert routed("topic", bindings, ("a.b", None)) == {"q": "0"}


def test_cc_and_bcc_add_routing_keys() -> None:
    """Every key of CC and BCC routes as the routing key does; BCC is taken out of the message."""
    lab = Lab()
    client = lab.channel()
    for queue in "pqr":
        client.declare(queue)
    client.publish("p", b"m", headers={"CC": ["q"], "BCC": ["r", "p"]})
    assert [lab.ready(queue) for queue in "pqr"] == [[b"m"]] * 3
    assert client.get("q").message.properties.headers == {"CC": ["q"]}


def test_exchanges_bind_to_exchanges_also_in_a_circle() -> None:
    """A message goes on from exchange to exchange, and through a circle once."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    for name in ("x", "y"):
        client.exchange(name, "fanout")
    client.do(commands.ExchangeBind, "y", "x")
    client.do(commands.ExchangeBind, "x", "y")
    client.bind("q", "y")
    client.publish("", b"m", "x")
    assert lab.ready("q") == [b"m"]


def test_alternate_exchange_takes_what_is_not_routed() -> None:
    """A message without a queue goes to the alternate exchange, and one with a queue does not."""
    lab = Lab()
    client = lab.channel()
    client.exchange("other", "fanout")
    client.exchange("x", "direct", arguments={"alternate-exchange": "other"})
    for queue, exchange, key in (("q", "x", "a"), ("rest", "other", "")):
        client.declare(queue)
        client.bind(queue, exchange, key)
    client.publish("a", b"1", "x")
    client.publish("b", b"2", "x")
    assert (lab.ready("q"), lab.ready("rest")) == ([b"1"], [b"2"])


def test_unroutable_is_dropped_or_returned() -> None:
    """A mandatory message that reaches no queue comes back, another is dropped in silence."""
    client = Lab().channel()
    assert client.publish("nowhere", b"m") == []
    (returned,) = client.publish("nowhere", b"m", mandatory=True)
    assert isinstance(returned, events.BasicReturn)
    assert (returned.reply_code, returned.reply_text) == (312, "NO_ROUTE")
    assert returned.message.body == b"m"


def test_internal_exchange_is_for_exchanges() -> None:
    """Nobody may publish to an internal exchange: 403."""
    client = Lab().channel()
    client.exchange("x", "fanout", internal=True)
    text = "cannot publish to internal exchange 'x' in vhost '/'"
    assert closed(client.publish("", b"", "x")) == ("channel", 403, text)


def test_auto_delete_exchange_goes_with_its_last_binding() -> None:
    """It stays while it has bindings, and goes when the last one goes, also with its queue."""
    lab = Lab()
    client = lab.channel()
    client.exchange("x", "fanout", auto_delete=True)
    client.declare("q")
    client.bind("q", "x")
    client.bind("q", "x", "again")
    client.do(commands.QueueUnbind, "q", "x")
    assert "x" in lab.broker.vhosts["/"].exchanges
    client.do(commands.QueueDelete, "q")
    assert "x" not in lab.broker.vhosts["/"].exchanges


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([b"a"], 53_691_870),
        ([b"order.1"], 123_332_820),
        ([b""], 38_220_213),
        ([b"a", b"bc"], 20_875_735),
        ([b"a-long-key-of-many-octets-and-more"], 11_060_786),
    ],
)
def test_portable_hash(keys: list[bytes], expected: int) -> None:
    """Keys have the hash that Erlang's phash2 gave for them on the node of RabbitMQ 4.3.6."""
    assert portable_hash(keys) == expected


def test_modulus_hash() -> None:
    """A key stands for one of the bindings by its hash, as on RabbitMQ 4.3.6; a queue bound twice counts twice."""
    bindings: list[tuple[str, str, dict[str, object]]] = [
        ("c", "", {}),
        ("a", "", {}),
        ("b", "", {}),
        ("a", "again", {}),
    ]
    published = [(key, None) for key in ("a", "order.1", "", "a", "order.1")]
    places = ["aabc"[number % 4] for number in (53_691_870, 123_332_820, 38_220_213)]
    found = routed("x-modulus-hash", bindings, *published)
    expected = dict.fromkeys("abc", "")
    for number, place in enumerate((*places, *places[:2])):
        expected[place] += str(number)
    assert found == expected
    assert routed("x-modulus-hash", [("a", "", {})], ("any", None)) == {"a": "0"}
