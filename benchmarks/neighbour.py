"""The longest round trip of a neighbour while somebody else loads a broker: embedded beside RabbitMQ.

    python -m benchmarks.neighbour [WORD]... [--image IMAGE] [--alone]

It starts both brokers and prints a table in Markdown: for every situation the longest of all round
trips (queue.declare, passive) of a client that does nothing else, in milliseconds, until the other
one is done, and at least for a second. With words it measures only what has all of them in its name;
`--alone` measures the embedded broker alone. It exits with 1 where a neighbour of the embedded broker
waits longer than the goal and more than twice as long as RabbitMQ's.

How to read it. Both brokers have the same machine, one after the other, so that what counts is that
the figures stand side by side: on a machine that does something else both get worse.

- topic: 20 publishes of 128 words through 600 bindings `#.word.#`
- dead letters: three messages that die in 3,000 queues in turn, of a TTL of 0
- headers: 300 publishes through a headers exchange with 5,000 bindings
- requeue: every delivery of 5,000 messages is given back at once, for three seconds
- requeue of many: 20,000 deliveries are given back by one nack, three times
- list: the management API lists 20,000 queues. Not more, since RabbitMQ makes and deletes them one by one, each slower
  than the one before: on two busy cores 5,000 took 21 s and 10,000 took 49 s; 100,000 are not to be borne
- pattern: a permission `^(a+)+$`, and a queue whose name has 29 `a`
- backlog: a consumer without a limit begins to read 50,000 messages
- floods: 20 and 60 publishers that never stop; the neighbour is a newcomer, who connects, declares and gets
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import select
import socket
import struct
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

import pika
from pika.exceptions import AMQPError

from warren.errors import BrokerUnavailable
from warren.simulator import wire
from warren.worlds.real.brokers import RunningBroker, Vhosts, choose
from warren.worlds.real.runs.run import Run

GOAL = 0.25
"""Seconds that a neighbour may wait on an idle machine."""
LEAST, MOST = 1.0, 90.0
"""Seconds for which a neighbour looks, whatever the other one does."""
CLEARINGS = 30
"""How often a broker is asked to delete a vhost: with 20,000 queues in it RabbitMQ answers too late, or hangs up."""
MESSAGES, MANY, BACKLOG = 3, 20_000, 50_000
CONTEXT = multiprocessing.get_context("fork")
HEAD = "| situation | embedded, ms | RabbitMQ, ms | ratio |\n|---|---|---|---|"

Act = Callable[["Place"], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A vhost of a broker, where everything of one situation happens."""

    broker: RunningBroker
    vhost: str

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """Give a channel on a connection of its own."""
        url = f"{self.broker.address.amqp_url(self.vhost)}?heartbeat=0"
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            yield connection.channel()

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Ask the management API."""
        address = self.broker.address
        name = b64encode(f"{address.user}:{address.password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - of http on loopback
            f"{address.management_url}/api/{path}",
            body,
            {"Authorization": f"Basic {name}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=MOST) as answer:  # noqa: S310 - see above
            return bytes(answer.read())


def nothing(_place: Place) -> None:
    """Prepare nothing."""


# What is prepared, and what somebody then does


def bind_topics(place: Place) -> None:
    """Bind a queue with 600 patterns."""
    with place.channel() as channel:
        channel.exchange_declare("load", "topic")
        channel.queue_declare("load")
        for number in range(600):
            channel.queue_bind("load", "load", f"#.{number}.#")


def publish_topics(place: Place) -> None:
    """Publish keys that fit many of them, each another one."""
    with place.channel() as channel:
        for number in range(20):
            words = [str(word % 10) for word in range(number, number + 126)]
            channel.basic_publish("load", ".".join(words), b"x")
        channel.queue_declare("load", passive=True)


def chain_queues(place: Place) -> None:
    """Let dead letters go through 3,000 queues."""
    with place.channel() as channel:
        for number in range(3000):
            onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"q{number + 1}"}
            channel.queue_declare(f"q{number}", arguments={**onward, "x-message-ttl": 0})
        channel.queue_declare("q3000")


def send_through(place: Place) -> None:
    """Publish three messages at the beginning, and wait until they have come to the end."""
    with place.channel() as channel:
        for _ in range(MESSAGES):
            channel.basic_publish("", "q0", b"x")
        end = monotonic() + MOST / 2
        while channel.queue_declare("q3000", passive=True).method.message_count < MESSAGES:
            if monotonic() > end:
                return
            sleep(0.1)  # a look at the queue now and then is no load


def bind_headers(place: Place) -> None:
    """Bind a queue with 5,000 sets of headers."""
    with place.channel() as channel:
        channel.exchange_declare("load", "headers")
        channel.queue_declare("load")
        for number in range(5000):
            wanted = {"x-match": "all" if number % 2 else "any", "a": number, "b": number}
            channel.queue_bind("load", "load", arguments=wanted)


def publish_headers(place: Place) -> None:
    """Publish 300 messages with headers."""
    with place.channel() as channel:
        for number in range(300):
            properties = pika.BasicProperties(headers={"a": number, "b": -number})
            channel.basic_publish("load", "", b"x", properties)
        channel.queue_declare("load", passive=True)


def fill(place: Place, count: int) -> None:
    """Publish messages to a queue."""
    with place.channel() as channel:
        channel.queue_declare("load")
        for _ in range(count):
            channel.basic_publish("", "load", b"x" * 100)
        channel.queue_declare("load", passive=True)


def requeue_each(place: Place) -> None:
    """Give back every delivery at once."""
    with place.channel() as channel:
        end = monotonic() + 3

        def give_back(_channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
            if monotonic() < end:
                channel.basic_nack(method.delivery_tag)

        channel.basic_consume("load", give_back)
        while monotonic() < end:
            channel.connection.process_data_events(0.1)


def requeue_many(place: Place) -> None:
    """Take 20,000 messages, and give them back in one go, three times."""
    with place.channel() as channel:
        got: list[int] = []

        def take(_channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
            got.append(method.delivery_tag)
            if len(got) % MANY == 0 and len(got) < 4 * MANY:
                channel.basic_nack(method.delivery_tag, multiple=True)

        channel.basic_consume("load", take)
        end = monotonic() + MOST / 2
        while len(got) < 4 * MANY and monotonic() < end:
            channel.connection.process_data_events(0.1)


def declare_many(place: Place) -> None:
    """Declare 20,000 queues."""
    with place.channel() as channel:
        for number in range(MANY):
            channel.queue_declare(f"q{number}")


def list_queues(place: Place) -> None:
    """List them all."""
    place.ask("GET", f"queues/{place.vhost}")


def permit(place: Place) -> None:
    """Have a permission that a backtracking engine takes long for."""
    for pattern in ("^(a+)+$|^mine$", ".*"):
        body = f'{{"configure": "{pattern}", "write": ".*", "read": ".*"}}'.encode()
        place.ask("PUT", f"permissions/{place.vhost}/{place.broker.address.case_user}", body)
        if pattern == ".*":
            return
        with suppress(AMQPError), place.channel() as channel:
            channel.queue_declare("a" * 29 + "!")


def read_backlog(place: Place) -> None:
    """Consume without a limit."""
    with place.channel() as channel:
        got: list[int] = []
        channel.basic_consume("load", lambda *_: got.append(1), auto_ack=True)
        end = monotonic() + MOST / 2
        while len(got) < BACKLOG and monotonic() < end:
            channel.connection.process_data_events(0.1)


def flood(place: Place, many: int, seconds: float) -> None:
    """Publish on many connections without an end; one process does it, so that the brokers have a core too."""
    with ExitStack() as stack:
        octets = {}
        for number in range(many):
            channel = stack.enter_context(place.channel())
            channel.queue_declare(f"flood{number}")
            link = socket.socket(fileno=os.dup(channel.connection._impl._transport._sock.fileno()))  # noqa: SLF001 - pika hands it out in no other way
            link.setblocking(False)
            octets[stack.enter_context(link)] = publishes(f"flood{number}")
        left = {link: memoryview(whole) for link, whole in octets.items()}
        end = monotonic() + seconds
        while monotonic() < end:
            for link in select.select([], [*octets], [], 0.1)[1]:
                left[link] = left[link][link.send(left[link]) :] or memoryview(octets[link])


def publishes(queue: str) -> bytes:
    """Return the octets of a thousand publishes."""
    method = wire.encode_method_frame(1, wire.BasicPublish(routing_key=queue))
    body = b"x" * 100
    header = struct.pack(">BHLHHQH", 2, 1, 14, 60, 0, len(body), 0) + b"\xce"
    return (method + header + struct.pack(">BHL", 3, 1, len(body)) + body + b"\xce") * 1000


# What the neighbour does


def trips(place: Place, go: Callable[[], None], done: Callable[[], bool]) -> float:
    """Ask again and again until the other one is done; return the longest round trip in seconds."""
    with place.channel() as channel:
        channel.queue_declare("mine", exclusive=True)
        go()
        begin, longest = monotonic(), 0.0
        while (sent := monotonic()) < begin + LEAST or (not done() and sent < begin + MOST):
            channel.queue_declare("mine", passive=True)
            longest = max(longest, monotonic() - sent)
        return longest


def comings(place: Place, go: Callable[[], None], done: Callable[[], bool]) -> float:
    """Connect, declare and get, again and again; return the longest time of that in seconds."""
    go()
    sleep(1)  # until the floods flow
    longest = 0.0
    while not done():
        begin = monotonic()
        with place.channel() as channel:
            channel.queue_declare("mine", auto_delete=True)
            channel.basic_get("mine")
            longest = max(longest, monotonic() - begin)
    return longest


@dataclass(frozen=True, slots=True)
class Situation:
    """What somebody does beside a neighbour."""

    name: str
    act: Act
    prepare: Act = nothing
    look: Callable[[Place, Callable[[], None], Callable[[], bool]], float] = trips

    def measure(self, place: Place) -> float:
        """Return the seconds of the neighbour's longest round trip."""
        self.prepare(place)
        go = CONTEXT.Event()
        other = CONTEXT.Process(target=self._act, args=(place, go), daemon=True)
        other.start()
        try:
            return self.look(place, go.set, lambda: not other.is_alive())
        finally:
            other.kill()
            other.join()

    def _act(self, place: Place, go: Any) -> None:
        """Be the other one, once the neighbour is there."""
        go.wait(MOST)
        self.act(place)


SITUATIONS = (
    Situation("topic, 20 x 600 bindings", publish_topics, bind_topics),
    Situation("dead letters, 3 x 3,000 hops", send_through, chain_queues),
    Situation("headers, 300 x 5,000 bindings", publish_headers, bind_headers),
    Situation("requeue of each", requeue_each, partial(fill, count=5_000)),
    Situation("requeue of many, 20,000", requeue_many, partial(fill, count=MANY)),
    Situation("list of 20,000 queues", list_queues, declare_many),
    Situation("pattern", permit),
    Situation("backlog of 50,000", read_backlog, partial(fill, count=BACKLOG)),
    Situation("newcomer, 20 floods", partial(flood, many=20, seconds=6), look=comings),
    Situation("newcomer, 60 floods", partial(flood, many=60, seconds=8), look=comings),
)


def main() -> int:
    """Measure what the command line asks for; say whether the goal is met."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("words", nargs="*", help="measure what has all of them in its name")
    parser.add_argument(
        "--image", default="4.3", help="RabbitMQ's version or image (default: %(default)s)"
    )
    parser.add_argument("--alone", action="store_true", help="without RabbitMQ")
    asked = parser.parse_args()
    chosen = [
        each for each in SITUATIONS if all(w.lower() in each.name.lower() for w in asked.words)
    ]
    run, missed = Run.start(), []
    options = ["embedded"] if asked.alone else ["embedded", f"docker:{asked.image}"]
    brokers: list[RunningBroker] = []
    try:
        brokers.extend(choose(option).start(run) for option in options)
        print(HEAD)
        for situation in chosen:
            found = [measured(situation, broker, run) for broker in brokers]
            ours, theirs = found[0], found[-1]
            ratio = "" if asked.alone else f"{ours / theirs:.2f}"
            print(
                f"| {situation.name} | {ours * 1000:.0f} | {theirs * 1000:.0f} | {ratio} |",
                flush=True,
            )
            if ours > max(GOAL, 2 * theirs):
                missed.append(situation.name)
    finally:
        for broker in brokers:
            broker.stop()
        run.end()
    if missed:
        print(f"\nmissed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def measured(situation: Situation, broker: RunningBroker, run: Run) -> float:
    """Measure on a vhost that is there for this alone."""
    with Vhosts(broker.address, run) as vhosts:
        vhost = vhosts.open()
        found = situation.measure(Place(broker, vhost))
        clear(vhosts, vhost)
        return found


def clear(vhosts: Vhosts, vhost: str) -> None:
    """Delete a vhost, asking again until what is left of it is little enough for one answer."""
    for _ in range(CLEARINGS - 1):
        with suppress(BrokerUnavailable):
            return vhosts.close(vhost)
    return vhosts.close(vhost)


if __name__ == "__main__":
    sys.exit(main())
