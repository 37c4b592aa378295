"""Dead letters: reasons, counts, keys, cycles; and the retry queue made of them."""

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab
from warren.simulator.model import Message, Version, commands
from warren.simulator.model.broker import DEAD_LETTER_WORK
from warren.simulator.model.dead_letter import is_cycle
from warren.simulator.model.deaths import Deaths
from warren.simulator.session.properties import Properties
from warren.simulator.wire import BasicProperties, encode_properties

TO_DEAD = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}

TTL_0: dict[str, object] = {"x-message-ttl": 0}


def lab_with(semantics: Version = "4.3", **arguments: Any) -> Any:
    """Return a broker with the queue q, whose dead letters go to the queue dead."""
    lab = Lab(semantics)
    client = lab.channel()
    given = {name.replace("_", "-"): value for name, value in arguments.items()}
    client.declare("q", durable=True, arguments={**TO_DEAD, **given})
    client.declare("dead")
    return lab, client


def deaths(client: Client, queue: str = "dead") -> Any:
    """Return the x-death tables of the next message, without their times."""
    headers = client.get(queue, no_ack=True).message.properties.headers
    return [{key: death[key] for key in death if key != "time"} for death in headers["x-death"]]


@pytest.mark.parametrize("semantics", ["3.10", "4.3"])
def test_rejected(semantics: Version) -> None:
    """A message rejected without requeue goes to the dead-letter exchange and says why."""
    lab, client = lab_with(semantics)
    client.publish("q", b"m", headers={"mine": 1})
    client.nack(client.get("q").delivery_tag, requeue=False)
    (death,) = deaths(client)
    assert death == {
        "count": 1,
        "reason": "rejected",
        "queue": "q",
        "exchange": "",
        "routing-keys": ["q"],
    }
    assert lab.ready("q") == []


@pytest.mark.parametrize(
    ("semantics", "last"),
    [("3.10", None), ("4.3", "q")],
)
def test_first_and_last_death(semantics: Version, last: str | None) -> None:
    """Headers name the first death; RabbitMQ 4.3 names the last one, too."""
    _, client = lab_with(semantics)
    client.publish("q", b"m")
    client.nack(client.get("q").delivery_tag, requeue=False)
    headers = client.get("dead").message.properties.headers
    assert headers["x-first-death-queue"] == "q"
    assert headers.get("x-last-death-queue") == last


def test_expired_message_keeps_its_expiration_in_the_record() -> None:
    """The expiration is taken out of the message, so that it does not expire again."""
    lab, client = lab_with()
    client.publish("q", b"m", expiration="100")
    lab.wait(1)
    got = client.get("dead").message
    assert got.properties.expiration is None
    assert got.properties.headers["x-death"][0]["original-expiration"] == "100"
    assert got.properties.headers["x-death"][0]["reason"] == "expired"


def test_full_queue_dead_letters_its_head() -> None:
    """A queue that overflows sends its oldest message on, with the reason maxlen."""
    lab, client = lab_with(x_max_length=1)
    client.publish("q", b"old")
    client.publish("q", b"new")
    assert (lab.ready("q"), lab.ready("dead")) == ([b"new"], [b"old"])
    assert deaths(client)[0]["reason"] == "maxlen"


def test_delayed_retry() -> None:
    """A queue with a TTL that dead-letters back delays; the count grows with each round."""
    lab = Lab()
    client = lab.channel()
    retry = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "retry"}
    back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "work"}
    client.declare("work", durable=True, arguments=retry)
    client.declare("retry", durable=True, arguments={**back, "x-message-ttl": 5000})
    client.publish("work", b"m")
    for round_number in (1, 2, 3):
        client.nack(client.get("work").delivery_tag, requeue=False)
        lab.wait(4.999)
        assert lab.ready("work") == []
        lab.wait(0.002)
        assert lab.ready("work") == [b"m"]
        got = client.get("work")
        counts = {
            (death["queue"], death["reason"]): death["count"]
            for death in got.message.properties.headers["x-death"]
        }
        assert counts == {("work", "rejected"): round_number, ("retry", "expired"): round_number}
        client.nack(got.delivery_tag)


def test_a_cycle_without_rejection_is_dropped() -> None:
    """A message that only ever expires does not go round for ever."""
    lab = Lab()
    client = lab.channel()
    for name, other in (("a", "b"), ("b", "a")):
        back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": other}
        client.declare(name, durable=True, arguments={**back, "x-message-ttl": 100})
    client.publish("a", b"m")
    lab.wait(0.15)
    assert (lab.ready("a"), lab.ready("b")) == ([], [b"m"])
    lab.wait(1)
    assert (lab.ready("a"), lab.ready("b")) == ([], [])


def test_without_a_key_the_message_keeps_its_own() -> None:
    """A dead letter is published with the keys it had, CC included."""
    lab = Lab()
    client = lab.channel()
    client.exchange("x", "direct")
    client.declare("q", durable=True, arguments={"x-dead-letter-exchange": "x"})
    for queue, key in (("by-key", "q"), ("by-copy", "copy")):
        client.declare(queue)
        client.bind(queue, "x", key)
    client.publish("q", b"m", headers={"CC": ["copy"]})
    client.nack(client.get("q").delivery_tag, requeue=False)
    assert (lab.ready("by-key"), lab.ready("by-copy")) == ([b"m"], [b"m"])


def test_a_missing_dead_letter_exchange_drops() -> None:
    """Without the exchange the message is gone, and nobody is told."""
    lab = Lab()
    client = lab.channel()
    client.declare("q", durable=True, arguments={"x-dead-letter-exchange": "nowhere"})
    client.publish("q", b"m")
    assert client.nack(client.get("q").delivery_tag, requeue=False) == []
    assert lab.ready("q") == []


def chain(length: int) -> Lab:
    """Return a broker with a message on its way through so many queues, in each of which it dies at once."""
    lab = Lab()
    client = lab.channel()
    for number in range(length):
        onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"q{number + 1}"}
        client.declare(f"q{number}", durable=True, arguments={**onward, "x-message-ttl": 0})
    client.declare(f"q{length}")
    properties = Properties(encode_properties(BasicProperties(delivery_mode=2)))
    lab.do(commands.BasicPublish(*client.where, Message("", "q0", properties, b"m")))
    return lab


def test_a_chain_of_a_thousand_queues_does_not_nest() -> None:
    """Dead letters travel one after another, however long the way."""
    lab = chain(1000)
    lab.wait(0)
    assert lab.ready("q1000") == [b"m"]


def test_a_death_looks_at_no_other() -> None:
    """However many deaths a message has behind it, the next one reads none of them."""
    looks = [0]

    class Watched(dict[str, object]):
        def get(self, *arguments: Any) -> Any:
            looks[0] += 1
            return super().get(*arguments)

    deaths = Deaths.of(Watched(queue=f"q{number}", reason="expired") for number in range(1000))
    looks[0] = 0
    assert deaths.find("q1000", "expired") is None
    assert not is_cycle("q1000", deaths.with_latest({"queue": "q1001", "reason": "expired"}))
    assert looks == [0]


def test_a_restart_loses_no_dead_letter_on_its_way() -> None:
    """What had not come to the end of its way is where it was, and goes on after the restart."""
    lab = chain(3 * DEAD_LETTER_WORK)
    lab.do(commands.Restart())
    queues = lab.broker.vhosts["/"].queues.values()
    assert sum(queue.message_count for queue in queues) == 1
    lab.wait(0)
    assert lab.ready(f"q{3 * DEAD_LETTER_WORK}") == [b"m"]


def test_a_turn_forwards_only_so_many_dead_letters() -> None:
    """A message on its way through ten thousand deaths lets others have their turns; so does a crowd of them."""
    lab, client = lab_with()
    crowd = DEAD_LETTER_WORK // 2 + 10  # each is one to bury and one to take
    for _ in range(crowd):
        client.publish("q", b"m")
    tags = [client.get("q").delivery_tag for _ in range(crowd)]
    client.do(commands.BasicNack, tags[-1], multiple=True, requeue=False)
    assert len(lab.ready("dead")) == DEAD_LETTER_WORK // 2
    lab.broker.tick(lab.now)
    assert len(lab.ready("dead")) == crowd
    assert lab.broker.next_deadline() is None


def test_a_crowd_that_expires_at_once_goes_on_in_portions() -> None:
    """Thousands of messages that expire together are gone at their time, and come to their next queue in many turns."""
    lab, client = lab_with(x_message_ttl=1000)
    crowd = 4 * DEAD_LETTER_WORK
    for _ in range(crowd):
        client.publish("q", b"m")
    lab.now += 1
    lab.broker.tick(lab.now)
    assert (lab.ready("q"), len(lab.ready("dead"))) == ([], DEAD_LETTER_WORK // 2)
    turns = 1
    while len(lab.ready("dead")) < crowd:
        lab.broker.tick(lab.now)
        turns += 1
    assert turns == 2 * crowd // DEAD_LETTER_WORK


def test_a_dead_letter_costs_a_turn_the_more_the_longer_its_history() -> None:
    """What two thousand deaths have made long goes on in more turns than there are hops for."""
    lab, turns = chain(2000), 1
    while not lab.ready("q2000"):
        lab.broker.tick(lab.now)
        turns += 1
    assert turns > 1.5 * 2000 / DEAD_LETTER_WORK


def test_a_published_history_counts_on_3_10_only() -> None:
    """RabbitMQ 3.10 goes on counting from an x-death header a client has sent; 4.3 begins anew."""
    history = [{"queue": "q", "reason": "rejected", "count": 7}]
    expected: dict[Version, int] = {"3.10": 8, "4.3": 1}
    for semantics, count in expected.items():
        _, client = lab_with(semantics)
        client.publish("q", b"m", headers={"x-death": history})
        client.nack(client.get("q").delivery_tag, requeue=False)
        assert deaths(client)[0]["count"] == count


def test_a_published_count_has_an_end() -> None:
    """A count that has no room for one more stays as it is."""
    largest = 2**63 - 1
    _, client = lab_with("3.10")
    history = [{"queue": "q", "reason": "rejected", "count": largest}]
    client.publish("q", b"m", headers={"x-death": history})
    client.nack(client.get("q").delivery_tag, requeue=False)
    assert deaths(client)[0]["count"] == largest


@pytest.mark.parametrize(
    ("end", "dead"), [(commands.ConnectionClose, 1), (commands.ConnectionLost, 0)]
)
def test_exclusive_queues_go_before_the_channels_of_a_lost_connection(end: Any, dead: int) -> None:
    """What expired in its consumer's hands is dead-lettered when the connection closes in order, not when it is cut."""
    lab = Lab()
    client, other = lab.channel(1), lab.channel(2)
    other.declare("dead")
    client.declare("mine", exclusive=True, arguments=TO_DEAD)
    client.consume("mine")
    client.publish("mine", expiration="0")
    assert not any(type(event).__name__ == "BasicCancel" for event in lab.do(end(1)))
    assert len(lab.ready("dead")) == dead


def test_a_purged_queue_dead_letters_nothing() -> None:
    """Purging and deleting drop messages for good."""
    lab, client = lab_with()
    client.publish("q", b"1")
    client.do(commands.QueuePurge, "q")
    client.publish("q", b"2")
    client.do(commands.QueueDelete, "q")
    assert lab.ready("dead") == []


@pytest.mark.parametrize(
    ("semantics", "first", "again"),
    [
        (
            "3.10",
            "count reason queue time exchange routing-keys original-expiration",
            "count exchange original-expiration queue reason routing-keys time",
        ),
        (
            "4.3",
            "original-expiration count reason queue time exchange routing-keys",
            "original-expiration count reason queue time exchange routing-keys",
        ),
    ],
)
def test_the_order_in_an_entry(semantics: Version, first: str, again: str) -> None:
    """An entry begins with a message's expiration (4.0, 4.3), or ends with it; 3.10 sorts one that it counts again."""
    lab = Lab(semantics)
    client = lab.channel()
    onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q"}
    client.declare("q", durable=True, arguments=onward)
    client.publish("q", expiration="1000")
    for expected in (first, again):
        client.nack(client.get("q").delivery_tag, requeue=False)
        got = client.get("q")
        (death,) = got.message.properties.headers["x-death"]
        assert " ".join(death) == expected
        client.nack(got.delivery_tag)


@pytest.mark.parametrize(
    ("semantics", "queues"), [("3.10", "q2 q0 q1"), ("4.0", "q2 q1 q0"), ("4.3", "q2 q1 q0")]
)
def test_the_order_of_entries(semantics: Version, queues: str) -> None:
    """The latest death comes first; on 3.10 those before it turn round each time."""
    lab = Lab(semantics)
    client = lab.channel()
    for number in range(4):
        onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"q{number + 1}"}
        client.declare(f"q{number}", durable=True, arguments=onward)
    client.publish("q0")
    for number in range(3):
        client.nack(client.get(f"q{number}").delivery_tag, requeue=False)
    history = client.get("q3").message.properties.headers["x-death"]
    assert " ".join(death["queue"] for death in history) == queues


@pytest.mark.parametrize(("semantics", "left"), [("3.10", 0), ("4.0", 1), ("4.3", 1)])
def test_a_detour_between_retries(semantics: Version, left: int) -> None:
    """A retry by way of two queues comes back each time; on 3.10 its second time is taken for a circle, and dropped."""
    lab = Lab(semantics)
    client = lab.channel()
    for name, following, more in (("q", "a", {}), ("a", "b", TTL_0), ("b", "q", TTL_0)):
        onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": following}
        client.declare(name, durable=True, arguments=onward | more)
    client.publish("q")
    for _ in range(2):
        assert len(lab.ready("q")) == 1
        client.nack(client.get("q").delivery_tag, requeue=False)
    assert len(lab.ready("q")) == left
