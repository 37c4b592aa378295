"""What somebody does to a broker while `neighbour` measures: prepared first, then done."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import urllib.request
from base64 import b64encode
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pika
from pika.exceptions import AMQPError

from warren.simulator import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.brokers import RunningBroker

MOST = 90.0
"""Seconds for which anything is waited for."""
MESSAGES, MANY, BACKLOG, KEPT = 3, 20_000, 50_000, 100_000
BODY = 9_000_000
"""Octets: RabbitMQ 4.3 takes somewhat more."""


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


def publish_kept(place: Place, count: int, *, as_one: bool = False) -> None:
    """Publish persistent messages to a durable queue, in one transaction if they are to be there `as_one`."""
    with place.channel() as channel:
        channel.queue_declare("load", durable=True)
        if as_one:
            channel.tx_select()
        for _ in range(count):
            channel.basic_publish("", "load", b"x" * 100, pika.BasicProperties(delivery_mode=2))
        if as_one:
            channel.tx_commit()
        channel.queue_declare("load", durable=True, passive=True)


def purge(place: Place) -> None:
    """Purge it."""
    with place.channel() as channel:
        channel.queue_purge("load")


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


def import_many(place: Place) -> None:
    """Import 20,000 queues, each with a binding."""
    names = [f"q{number}" for number in range(MANY)]
    to_queue = {"source": "amq.direct", "destination_type": "queue", "arguments": {}}
    document = {
        "queues": [
            {"name": name, "durable": True, "auto_delete": False, "arguments": {}} for name in names
        ],
        "bindings": [{**to_queue, "destination": name, "routing_key": name} for name in names],
    }
    place.ask("POST", f"definitions/{place.vhost}", json.dumps(document).encode())


def set_policy(place: Place) -> None:
    """Have a policy for all queues."""
    body = b'{"pattern": "^q", "definition": {"max-length": 1000}, "apply-to": "queues"}'
    place.ask("PUT", f"policies/{place.vhost}/load", body)


def get_all(place: Place) -> None:
    """Take all messages in one request, and put them back."""
    wanted = {"count": MANY, "ackmode": "ack_requeue_true", "encoding": "auto"}
    place.ask("POST", f"queues/{place.vhost}/load/get", json.dumps(wanted).encode())


def send_objects(place: Place) -> None:
    """Send definitions that are nothing but small objects; that they are refused is no matter."""
    body = b'{"none": [%b{}]}' % (b'{"a":1},' * (BODY // 8))
    with suppress(HTTPError):
        place.ask("POST", f"definitions/{place.vhost}", body)


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
