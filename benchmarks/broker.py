"""The embedded broker against RabbitMQ in Docker: ratios, from the same pika clients, side by side.

    python -m benchmarks.broker [WORD]... [--rounds N] [--seconds S] [--image IMAGE]

It starts both brokers, prints a table in Markdown, and exits with 1 when a goal is missed. With
words it measures only what has all of them in its name: `publish`, `'10 KiB' '4 pairs'`,
`start-up`, `memory`, `queued`. `--rounds 3 --seconds 0.1` gives a first impression in a minute;
without options it takes about five.

How to read it. Figures are operations per second (start-up: seconds, memory: MiB), as the clients
got them: most of the time is theirs, so that they say little of what a broker could do, and nothing
on another machine. What counts is the ratio, embedded by RabbitMQ. Every round does the same work
on both, one right after the other, and gives one ratio; the table has their median, and what the
middle half of them lies between. Where that is wide, the machine was busy and more rounds are due.

- publish: without confirms; done when the broker has read all of it
- consume+ack: what waits in a queue, with this prefetch count, each message acknowledged by itself
- publish and consume: both at once, prefetch count 100
- quorum: the same with a quorum queue
- RPC: request and reply, one at a time, through an exclusive callback queue
- confirm: publish and wait for the confirm, one at a time; 1 / figure is the latency
- persistent, one by one: the same with persistent messages, which the embedded broker keeps in its file of `--data`;
  where confirms come at the end, a client waits once for all those of its turn
- fanout: one message to 10 queues, consumed from all of them; the figure counts what was published
- 4 pairs: four times those clients, each with queues of its own
- much to keep: publish and consume on the embedded broker alone, behind 100,000 queued messages
  against 10, and round about 1,000 queues against one
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pika
import psutil

from benchmarks.clients import (
    Caller,
    Confirmer,
    Drainer,
    Hoarder,
    Keeper,
    Publisher,
    Replier,
    Subscriber,
    finish,
)
from benchmarks.rounds import HEAD, Factory, Row, Side, race, status_of
from warren.worlds.real.brokers import RunningBroker, Vhosts, choose
from warren.worlds.real.runs.run import Run

EMBEDDED = "embedded"
FANOUT = 10
SIZES = {"100 B": 100, "10 KiB": 10 * 1024}
ONE_PAIR, FOUR_PAIRS = 1.0, 0.7
START, MEMORY, FLAT = 0.1, 0.5, 0.8
"""The goals. That a cost is flat cannot be asked to the percent of a measurement."""
STARTS = 3
KEPT = ("nothing", "1,000 queues", "100,000 messages besides")


# What the clients do


@dataclass(frozen=True, slots=True)
class Load:
    """Clients, and the queues that they need, perhaps bound to an exchange, or with a backlog."""

    clients: list[Factory]
    queues: list[str]
    exchange: str = ""
    backlog: int = 0
    arguments: Mapping[str, Any] | None = None

    def prepare(self, url: str) -> None:
        """Declare it all on a broker."""
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            if self.exchange:
                channel.exchange_declare(self.exchange, "fanout", durable=True)
            for queue in self.queues:
                channel.queue_declare(queue, durable=True, arguments=self.arguments)
                if self.exchange:
                    channel.queue_bind(queue, self.exchange)
            for _ in range(self.backlog):
                channel.basic_publish("", self.queues[0], b"x" * 100)
            finish(channel, self.queues[0])


Kind = Callable[[str, int], Load]
"""Gives the load of one pair of clients around a queue of this name, with bodies of this size."""


def publish(queue: str, size: int) -> Load:
    """Publish alone."""
    return Load([partial(Publisher, queues=[queue], size=size, purged=True)], [queue])


def consume(queue: str, size: int, *, prefetch: int, kind: str = "classic") -> Load:
    """Consume what is there."""
    clients: list[Factory] = [partial(Drainer, queues=[queue], size=size, prefetch=prefetch)]
    return Load(clients, [queue], arguments={"x-queue-type": kind})


def confirm(queue: str, size: int) -> Load:
    """Publish with confirms."""
    return Load([partial(Confirmer, queues=[queue], size=size, purged=True)], [queue])


def keep(queue: str, size: int, *, at_once: bool, kind: str = "classic") -> Load:
    """Publish persistent messages with confirms, one at a time or all of a turn at once."""
    client: type[Publisher] = Hoarder if at_once else Keeper
    clients: list[Factory] = [partial(client, queues=[queue], size=size, purged=True)]
    return Load(clients, [queue], arguments={"x-queue-type": kind})


def call(queue: str, size: int) -> Load:
    """Request and reply."""
    clients: list[Factory] = [
        partial(Replier, queues=[queue]),
        partial(Caller, queue=queue, size=size),
    ]
    return Load(clients, [queue])


def spread(queue: str, size: int) -> Load:
    """Publish to a fanout exchange and consume from all its queues."""
    queues, exchange = [f"{queue}.{number}" for number in range(FANOUT)], f"{queue}.fanout"
    clients: list[Factory] = [
        partial(Publisher, queues=queues, size=size, exchange=exchange),
        partial(Subscriber, queues=queues, copies=FANOUT),
    ]
    return Load(clients, queues, exchange)


def both(
    queue: str, size: int, *, others: int = 0, backlog: int = 0, kind: str = "classic"
) -> Load:
    """Publish and consume, to and from a queue and as many others."""
    queues = [queue, *(f"{queue}.{number}" for number in range(others))]
    clients: list[Factory] = [
        partial(Publisher, queues=queues, size=size),
        partial(Subscriber, queues=queues),
    ]
    return Load(clients, queues, backlog=backlog, arguments={"x-queue-type": kind})


KINDS: dict[str, Kind] = {
    "publish": publish,
    "consume+ack, prefetch 1": partial(consume, prefetch=1),
    "consume+ack, prefetch 100": partial(consume, prefetch=100),
    "publish and consume": both,
    "consume+ack, quorum, prefetch 1": partial(consume, prefetch=1, kind="quorum"),
    "consume+ack, quorum, prefetch 100": partial(consume, prefetch=100, kind="quorum"),
    "publish and consume, quorum": partial(both, kind="quorum"),
    "RPC": call,
    "confirm": confirm,
    "persistent, one by one": partial(keep, at_once=False),
    "persistent, confirms at the end": partial(keep, at_once=True),
    "persistent, quorum, one by one": partial(keep, at_once=False, kind="quorum"),
    "persistent, quorum, confirms at the end": partial(keep, at_once=True, kind="quorum"),
    f"fanout to {FANOUT}": spread,
}


# The two brokers


@contextmanager
def started(option: str, run: Run) -> Iterator[tuple[RunningBroker, float]]:
    """Start a broker; give it and the seconds that took."""
    choice = choose(option)
    begin = time.perf_counter()
    broker = choice.start(run)
    try:
        yield broker, time.perf_counter() - begin
    finally:
        broker.stop()


@contextmanager
def side(vhosts: Vhosts, broker: RunningBroker, loads: list[Load]) -> Iterator[Side]:
    """Connect the clients of these loads to a vhost of their own."""
    vhost = vhosts.open()
    url = broker.address.amqp_url(vhost)
    for load in loads:
        load.prepare(url)
    with Side(url, [client for load in loads for client in load.clients]) as clients:
        yield clients
    vhosts.close(vhost)


# The rows


@dataclass(frozen=True, slots=True)
class Bench:
    """What the command line asks for, on a run of its own."""

    run: Run
    words: list[str]
    rounds: int
    seconds: float
    rabbitmq: str

    def wants(self, name: str) -> bool:
        """Whether the words choose this row."""
        return all(word.lower() in name.lower() for word in self.words)

    def rates(self) -> Iterator[Row]:
        """Compare what both brokers get done."""
        asked = [
            (name, kind, size, pairs)
            for pairs in (1, 4)
            for label, size in SIZES.items()
            for kind_name, kind in KINDS.items()
            if self.wants(name := f"{kind_name}, {label}, {pairs} pair{'s'[: pairs > 1]}")
        ]
        if not asked:
            return
        with ExitStack() as stack:
            brokers = [
                stack.enter_context(started(option, self.run))[0]
                for option in (EMBEDDED, self.rabbitmq)
            ]
            vhosts = [stack.enter_context(Vhosts(broker.address, self.run)) for broker in brokers]
            for name, kind, size, pairs in asked:
                loads = [kind(f"work{number}", size) for number in range(pairs)]
                with ExitStack() as clients:
                    ours, theirs = (
                        clients.enter_context(side(own, broker, loads))
                        for own, broker in zip(vhosts, brokers, strict=True)
                    )
                    found = race(ours, theirs, self.rounds, self.seconds)
                yield Row(
                    name,
                    [(ours * pairs, theirs * pairs) for ours, theirs in found],
                    least=ONE_PAIR if pairs == 1 else FOUR_PAIRS,
                )

    def flatness(self) -> Iterator[Row]:
        """Compare the embedded broker with much to keep and the same with little."""
        load = partial(both, "work", 100)
        for name, much, little in (
            ("much to keep: 100,000 queued by 10", load(backlog=100_000), load(backlog=10)),
            ("much to keep: 1,000 queues by 1", load(others=999), load()),
        ):
            if not self.wants(name):
                continue
            with ExitStack() as stack:
                sides = []
                for kept in (much, little):
                    broker, _ = stack.enter_context(started(EMBEDDED, self.run))
                    vhosts = stack.enter_context(Vhosts(broker.address, self.run))
                    sides.append(stack.enter_context(side(vhosts, broker, [kept])))
                ours, theirs = sides
                yield Row(name, race(ours, theirs, self.rounds, self.seconds), least=FLAT)

    def starts(self) -> Iterator[Row]:
        """Compare how long it takes until AMQP and HTTP answer."""
        name = "start-up, seconds"
        if self.wants(name):
            found = []
            for _ in range(STARTS):
                with started(EMBEDDED, self.run) as (_, ours):
                    pass
                with started(self.rabbitmq, self.run) as (_, theirs):
                    pass
                found.append((ours, theirs))
            yield Row(name, found, most=START)

    def memory(self) -> Iterator[Row]:
        """Compare the resident memory of the brokers' processes."""
        names = [f"memory with {what}, MiB" for what in KEPT]
        if any(map(self.wants, names)):
            columns = []
            for option in (EMBEDDED, self.rabbitmq):
                with (
                    started(option, self.run) as (broker, _),
                    Vhosts(broker.address, self.run) as vhosts,
                ):
                    columns.append(list(fill(broker, broker.address.amqp_url(vhosts.open()))))
            for name, ours, theirs in zip(names, *columns, strict=True):
                yield Row(name, [(ours, theirs)], most=MEMORY)

    def rows(self) -> Iterator[Row]:
        """Measure everything that is asked for."""
        yield from self.rates()
        yield from self.flatness()
        yield from self.starts()
        yield from self.memory()


def fill(broker: RunningBroker, url: str) -> Iterator[float]:
    """Yield the MiB that a broker takes: as it is, with queues, and with messages."""
    yield resident(broker)
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        for number in range(1_000):
            channel.queue_declare(f"work{number}", durable=True)
        yield resident(broker)
        Publisher(channel, ["work0"], 100).play(100_000)
        yield resident(broker)


def resident(broker: RunningBroker) -> float:
    """Return the resident memory of the broker's processes in MiB."""
    return sum(psutil.Process(pid).memory_info().rss for pid in processes(broker)) / 2**20


def spent(broker: RunningBroker) -> float:
    """Return the processor time of the broker's processes so far in seconds."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in processes(broker))


def processes(broker: RunningBroker) -> list[int]:
    """Find the processes of the broker, or those that its container runs."""
    # A benchmark looks behind the protocol: a case never does.
    container: Any = getattr(broker, "_container", None)
    if container is not None:
        return [int(row[1]) for row in container.top()["Processes"]]
    server: Any = getattr(broker, "_server")  # noqa: B009 - see above
    return [server.pid]


def main() -> int:
    """Measure what the command line asks for, print the table, say whether the goals are met."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("words", nargs="*", help="measure what has all of them in its name")
    parser.add_argument("--rounds", type=int, default=9, help="per row (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=0.25, help="of a turn (default: %(default)s)"
    )
    parser.add_argument(
        "--image", default="4.3", help="RabbitMQ's version or image (default: %(default)s)"
    )
    asked = parser.parse_args()
    run = Run.start()
    try:
        bench = Bench(run, asked.words, asked.rounds, asked.seconds, f"docker:{asked.image}")
        print(HEAD)
        missed = []
        for row in bench.rows():
            print(row, flush=True)
            if not row.reached:
                missed.append(row.name)
    finally:
        run.end()
    return status_of(missed)


if __name__ == "__main__":
    sys.exit(main())
