"""The embedded broker against RabbitMQ in Docker: ratios, from the same pika clients, side by side.

Run `python -m benchmarks.broker [SCENARIO]... [--rounds N] [--scale F]`. Every round runs a scenario
on both brokers, one right after the other and in changing order, with clients in processes of their
own; the table shows the medians. Only the ratios mean something: they were measured on one machine,
under the same load.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import pika
import psutil

from fixtures.brokers import RunningBroker, Vhosts, choose
from fixtures.runs.run import Run

BROKERS = ("embedded", "docker:rabbitmq:4.3-management")
TIMEOUT = 300.0  # seconds that one client may take
QUEUE = "work"
FANOUT = 10
Work = Callable[..., None]


# Clients: each runs in a process of its own


def connect(url: str) -> Any:
    """Open a connection and a channel."""
    return pika.BlockingConnection(pika.URLParameters(url)).channel()


def publish(url: str, barrier: Any, *, count: int, size: int, exchange: str, queue: str) -> None:
    """Publish without confirms; done when the broker has read it all."""
    channel, body = connect(url), b"x" * size
    barrier.wait(TIMEOUT)
    for _ in range(count):
        channel.basic_publish(exchange, queue, body)
    channel.queue_declare(queue or QUEUE, passive=True)
    channel.connection.close()


def consume(url: str, barrier: Any, *, count: int, prefetch: int, queues: list[str]) -> None:
    """Consume and acknowledge `count` messages of all queues together."""
    channel, seen = connect(url), 0
    channel.basic_qos(prefetch_count=prefetch)

    def on_message(channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        nonlocal seen
        seen += 1
        channel.basic_ack(method.delivery_tag)
        if seen == count:
            channel.stop_consuming()

    barrier.wait(TIMEOUT)
    for queue in queues:
        channel.basic_consume(queue, on_message)
    channel.start_consuming()
    channel.connection.close()


def confirm(url: str, barrier: Any, *, count: int, size: int) -> None:
    """Publish one after another, each confirmed before the next."""
    channel, body = connect(url), b"x" * size
    channel.confirm_delivery()
    barrier.wait(TIMEOUT)
    for _ in range(count):
        channel.basic_publish("", QUEUE, body)
    channel.connection.close()


def serve(url: str, barrier: Any, *, count: int) -> None:
    """Answer `count` requests."""
    channel = connect(url)
    channel.basic_qos(prefetch_count=1)
    barrier.wait(TIMEOUT)
    for answered, (method, properties, body) in enumerate(channel.consume(QUEUE), start=1):
        channel.basic_publish(
            "",
            properties.reply_to,
            body,
            pika.BasicProperties(correlation_id=properties.correlation_id),
        )
        channel.basic_ack(method.delivery_tag)
        if answered == count:
            break
    channel.connection.close()


def request(url: str, barrier: Any, *, count: int, size: int) -> None:
    """Ask `count` times, each answered before the next."""
    channel, body = connect(url), b"x" * size
    callback = channel.queue_declare("", exclusive=True).method.queue
    replies = channel.consume(callback, auto_ack=True)
    barrier.wait(TIMEOUT)
    for number in range(count):
        properties = pika.BasicProperties(reply_to=callback, correlation_id=str(number))
        channel.basic_publish("", QUEUE, body, properties)
        next(replies)
    channel.connection.close()


# Scenarios


@dataclass(frozen=True, slots=True)
class Scenario:
    """`clients` run at once; the rate is `count` over the time until the last one ends."""

    name: str
    count: int
    clients: list[tuple[Work, dict[str, Any]]]
    preload: int = 0
    size: int = 100
    exchange: str = ""
    queues: int = 1


def scenarios(scale: float) -> Iterator[Scenario]:
    """Yield every scenario with its work multiplied by `scale`."""
    for size in (100, 10_240):
        n = int(10_000 * scale) if size == 100 else int(4_000 * scale)  # noqa: PLR2004 - the sizes
        few = int(1_500 * scale)
        label = f"{size} B"
        send = {"count": n, "size": size, "exchange": "", "queue": QUEUE}
        yield Scenario(f"publish {label}", n, [(publish, send)], size=size)
        for prefetch in (1, 100):
            take = {"count": n, "prefetch": prefetch, "queues": [QUEUE]}
            name = f"consume+ack prefetch {prefetch} {label}"
            yield Scenario(name, n, [(consume, take)], preload=n, size=size)
        ask: list[tuple[Work, dict[str, Any]]] = [
            (serve, {"count": few}),
            (request, {"count": few, "size": size}),
        ]
        yield Scenario(f"rpc {label}", few, ask, size=size)
        yield Scenario(
            f"confirm {label}", few, [(confirm, {"count": few, "size": size})], size=size
        )
        spread = {"count": n // FANOUT, "size": size, "exchange": "amq.fanout", "queue": ""}
        gather = {
            "count": n // FANOUT * FANOUT,
            "prefetch": 100,
            "queues": [f"{QUEUE}{i}" for i in range(1, FANOUT)] + [QUEUE],
        }
        yield Scenario(
            f"fanout to {FANOUT} {label}",
            n // FANOUT,
            [(publish, spread), (consume, gather)],
            size=size,
            exchange="amq.fanout",
            queues=FANOUT,
        )
        yield pairs(1, n, size)
        yield pairs(4, n // 2, size)


def pairs(number: int, count: int, size: int) -> Scenario:
    """Return publishers and consumers at once, one of each to a queue."""
    clients: list[tuple[Work, dict[str, Any]]] = []
    for each in range(number):
        queue = f"{QUEUE}{each}" if each else QUEUE
        clients.append((publish, {"count": count, "size": size, "exchange": "", "queue": queue}))
        clients.append((consume, {"count": count, "prefetch": 100, "queues": [queue]}))
    name = f"{number} pair{'s' if number > 1 else ''} {size} B"
    return Scenario(name, count * number, clients, size=size, queues=number)


def run_scenario(scenario: Scenario, url: str) -> float:
    """Return operations per second."""
    channel = connect(url)
    for number in range(scenario.queues):
        queue = f"{QUEUE}{number}" if number else QUEUE
        channel.queue_declare(queue, durable=True)
        if scenario.exchange:
            channel.queue_bind(queue, scenario.exchange)
    body = b"x" * scenario.size
    for _ in range(scenario.preload):
        channel.basic_publish("", QUEUE, body)
    channel.queue_declare(QUEUE, passive=True)
    channel.connection.close()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(scenario.clients) + 1)
    workers = [
        context.Process(target=work, args=(url, barrier), kwargs=arguments, daemon=True)
        for work, arguments in scenario.clients
    ]
    for worker in workers:
        worker.start()
    barrier.wait(TIMEOUT)
    begin = time.perf_counter()
    for worker in workers:
        worker.join(TIMEOUT)
    elapsed = time.perf_counter() - begin
    if any(worker.exitcode != 0 for worker in workers):
        raise SystemExit(f"a client of {scenario.name!r} failed")
    return scenario.count / elapsed


# Start-up and memory


def resident(pid_of: Callable[[], list[int]]) -> int:
    """Return the resident memory of these processes in octets."""
    return sum(psutil.Process(pid).memory_info().rss for pid in pid_of())


def processes(broker: RunningBroker) -> list[int]:
    """Find the processes that listen on the broker's port, or that its container runs."""
    container = getattr(broker, "_container", None)
    if container is not None:
        rows = container.top()["Processes"]
        return [int(row[1]) for row in rows]
    return [getattr(broker, "_server").pid]  # noqa: B009 - a benchmark looks behind the protocol


def measure_memory(broker: RunningBroker, url: str) -> dict[str, float]:
    """Return MiB when idle, with 1,000 queues, and with 100,000 messages of 100 B besides."""
    found = {"memory idle": resident(lambda: processes(broker)) / 2**20}
    channel = connect(url)
    for number in range(1_000):
        channel.queue_declare(f"{QUEUE}{number}", durable=True)
    found["memory 1,000 queues"] = resident(lambda: processes(broker)) / 2**20
    body = b"x" * 100
    for _ in range(100_000):
        channel.basic_publish("", f"{QUEUE}0", body)
    channel.queue_declare(f"{QUEUE}0", passive=True)
    found["memory 100,000 messages"] = resident(lambda: processes(broker)) / 2**20
    channel.connection.close()
    return found


def measure_flatness(run: Run, scale: float) -> None:
    """Print what the embedded broker's messages cost with much to keep, against little to keep."""
    one = pairs(1, int(10_000 * scale), 100)
    few, deep, wide = (
        replace(one, preload=10),
        replace(one, preload=100_000),
        replace(one, queues=1_000),
    )
    print(f"{'':<36}{'much':>12}{'little':>12}{'ratio':>8}")
    for label, little, much in (
        ("100,000 queued : 10 queued", few, deep),
        ("1,000 queues : 1 queue", one, wide),
    ):
        rates = []
        for scenario in (much, little):
            with started(BROKERS[0], run) as (broker, _), Vhosts(broker.address, run) as vhosts:
                url = broker.address.amqp_url(vhosts.open())
                rates.append(run_scenario(scenario, url))
        show(label, *rates)


# The table


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


def measure_rates(run: Run, chosen: list[Scenario], rounds: int) -> dict[str, list[float]]:
    """Return per scenario the medians of both brokers."""
    rates: dict[str, dict[str, list[float]]] = {}
    with started(BROKERS[0], run) as (ours, _), started(BROKERS[1], run) as (theirs, _):
        running = dict(zip(BROKERS, (ours, theirs), strict=True))
        for scenario in chosen:
            for turn in range(rounds):
                for option in BROKERS if turn % 2 else reversed(BROKERS):
                    with Vhosts(running[option].address, run) as vhosts:
                        url = running[option].address.amqp_url(vhosts.open())
                        rate = run_scenario(scenario, url)
                    rates.setdefault(scenario.name, {}).setdefault(option, []).append(rate)
            show(scenario.name, *(median(rates[scenario.name][option]) for option in BROKERS))
    return {name: [median(found[option]) for option in BROKERS] for name, found in rates.items()}


def measure_rest(run: Run) -> dict[str, list[float]]:
    """Return seconds to start and MiB of memory, of both brokers."""
    found: dict[str, list[float]] = {}
    for option in BROKERS:
        with started(option, run) as (broker, seconds), Vhosts(broker.address, run) as vhosts:
            found.setdefault("start-up, seconds", []).append(seconds)
            for name, value in measure_memory(
                broker, broker.address.amqp_url(vhosts.open())
            ).items():
                found.setdefault(f"{name}, MiB", []).append(value)
    for name, (ours, theirs) in found.items():
        show(name, ours, theirs)
    return found


def show(name: str, ours: float, theirs: float) -> None:
    """Print a line of the table."""
    print(f"{name:<36}{ours:>12,.2f}{theirs:>12,.2f}{ours / theirs:>8.2f}", flush=True)


def main() -> None:
    """Measure what the command line asks for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scenario", nargs="*", help="words that a scenario's name has; or `rest`, or `flat`"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the work per round")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON at the end")
    asked = parser.parse_args()
    words = asked.scenario
    chosen = [
        each
        for each in scenarios(asked.scale)
        if not words or any(word in each.name for word in words)
    ]
    print(f"{'':<36}{'embedded':>12}{'RabbitMQ':>12}{'ratio':>8}")
    run = Run.start()
    try:
        found = measure_rates(run, chosen, asked.rounds) if chosen else {}
        if not words or "rest" in words:
            found |= measure_rest(run)
        if not words or "flat" in words:
            measure_flatness(run, asked.scale)
    finally:
        run.end()
    if asked.json:
        json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
