"""The longest round trip of a neighbour while somebody else loads a broker: embedded beside RabbitMQ.

    python -m benchmarks.neighbour [WORD]... [--image IMAGE] [--alone]

It starts both brokers and prints a table in Markdown: for every situation the longest of all round
trips (queue.declare, passive) of a client that does nothing else, in milliseconds, until the other
one is done, and at least for a second. With words it measures only what has all of them in its name;
`--alone` measures the embedded broker alone. It exits with 1 where a neighbour of the embedded broker
waits longer than 250 ms, or a newcomer beside floods more than twice as long as RabbitMQ's.

How to read it. Both brokers have the same machine, one after the other, so that what counts is that
the figures stand side by side: on a machine that does something else both get worse.

- topic: 20 publishes of 128 words through 600 bindings `#.word.#`
- dead letters: three messages that die in 3,000 queues in turn, of a TTL of 0
- headers: 300 publishes through a headers exchange with 5,000 bindings
- requeue: every delivery of 5,000 messages is given back at once, for three seconds
- requeue of many: 20,000 deliveries are given back by one nack, three times
- list: the management API lists 20,000 queues. Not more, since RabbitMQ makes and deletes them one by one, each slower
  than the one before: on two busy cores 5,000 took 21 s and 10,000 took 49 s; 100,000 are not to be borne
- import: the management API makes 20,000 queues and bindings of one document
- policy: 20,000 queues get a policy
- get: the management API takes 20,000 messages in one request, and puts them back (RabbitMQ takes minutes for
  50,000)
- body: the management API is sent 9 MB of objects as definitions
- commit: a transaction of 50,000 persistent messages
- purge: a queue of 100,000 persistent messages. The embedded broker keeps both in its file of `--data`
- pattern: a permission `^(a+)+$`, and a queue whose name has 29 `a`
- backlog: a consumer without a limit begins to read 50,000 messages
- floods: 20 and 60 publishers that never stop; the neighbour is a newcomer, who connects, declares and gets
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

from benchmarks.loads import (
    BACKLOG,
    KEPT,
    MANY,
    MOST,
    Place,
    bind_headers,
    bind_topics,
    chain_queues,
    declare_many,
    fill,
    flood,
    get_all,
    import_many,
    list_queues,
    nothing,
    permit,
    publish_headers,
    publish_kept,
    publish_topics,
    purge,
    read_backlog,
    requeue_each,
    requeue_many,
    send_objects,
    send_through,
    set_policy,
)
from benchmarks.rounds import status_of
from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import RunningBroker, Vhosts, choose
from warren.worlds.real.runs.run import Run

GOAL = 0.25
"""Seconds that a neighbour may wait on an idle machine."""
NEWCOMERS_GOAL = 2.0
"""How many times as long as RabbitMQ's a newcomer may wait."""
LEAST = 1.0
"""Seconds for which a neighbour looks, whatever the other one does; at most for `MOST`."""
CLEARINGS = 30
"""How often a broker is asked to delete a vhost: with 20,000 queues in it RabbitMQ answers too late, or hangs up."""
CONTEXT = multiprocessing.get_context("fork")
HEAD = "| situation | embedded, ms | RabbitMQ, ms | ratio |\n|---|---|---|---|"

Act = Callable[[Place], None]


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

    def goal(self, theirs: float) -> float:
        """Return how long the neighbour may wait, where RabbitMQ's waits for so long."""
        return NEWCOMERS_GOAL * theirs if self.look is comings else GOAL

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
    Situation("import of 20,000 queues and bindings", import_many),
    Situation("policy for 20,000 queues", set_policy, declare_many),
    Situation("get of 20,000 messages", get_all, partial(fill, count=MANY)),
    Situation("body of 9 MB", send_objects),
    Situation("commit of 50,000, kept", partial(publish_kept, count=BACKLOG, as_one=True)),
    Situation("purge of 100,000, kept", purge, partial(publish_kept, count=KEPT)),
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
            if ours > situation.goal(theirs):
                missed.append(situation.name)
    finally:
        for broker in brokers:
            broker.stop()
        run.end()
    return status_of(missed)


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
