"""The embedded broker against RabbitMQ in Docker: ratios, from the same clients in Go, side by side.

    python -m benchmarks.amqp091 [WORD]... [--image IMAGE] [--rounds N] [--seconds S]

Its clients are amqp091-go's (`benchmarks/go`, built with the machine's Go), and cost a fraction of pika's, so that the
broker is more of the limit than in `benchmarks.broker`. It starts both brokers, prints a table in Markdown, and exits
with 1 when a goal is missed. With words it measures only what has all of them in its name.

How to read it: as the table of `benchmarks.broker`. Figures are deliveries per second of all consumers, the median of
how old one was in milliseconds, and the broker's processor time for one in microseconds, while publishers publish as
fast as they can. The last of the three other work on the machine hardly changes. That age has no goal where nothing
bounds a publisher: there it says how much waits in the queue, and the processor time counts publishes that wait still.

- 1 pair, 4 pairs: publishers, as many consumers with a prefetch count of 100, and as many queues; bodies of 100 B
- confirms: at most 100 publishes of a publisher unconfirmed; one by one: at most one
- multi-ack: every fiftieth delivery acknowledged with all before it
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from benchmarks.broker import FOUR_PAIRS, ONE_PAIR, spent, started
from benchmarks.rounds import HEAD, Row, status_of
from warren.worlds.real.brokers import RunningBroker, Vhosts
from warren.worlds.real.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = Path(__file__).parent / "go"
GRACE = 60.0
"""Seconds beyond the measurement until the clients have surely ended."""
LOADS: dict[str, tuple[str, ...]] = {
    "classic, 1 pair": (),
    "classic, multi-ack, 1 pair": ("-ack", "50"),
    "classic, confirms, 1 pair": ("-unconfirmed", "100"),
    "classic, confirms one by one, 1 pair": ("-unconfirmed", "1"),
    "classic, 4 pairs": ("-pairs", "4"),
    "classic, confirms, 4 pairs": ("-pairs", "4", "-unconfirmed", "100"),
    "quorum, confirms, 1 pair": ("-kind", "quorum", "-unconfirmed", "100"),
    "quorum, confirms one by one, 1 pair": ("-kind", "quorum", "-unconfirmed", "1"),
    "quorum, confirms, 4 pairs": ("-kind", "quorum", "-pairs", "4", "-unconfirmed", "100"),
}


def built() -> Path:
    """Build the clients into your cache folder; Go does nothing where they are built."""
    program = platformdirs.user_cache_path("warren") / "amqp091-load"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=SOURCE, check=True, timeout=600)
    return program


def turn(
    program: Path, broker: RunningBroker, vhosts: Vhosts, load: tuple[str, ...], seconds: float
) -> tuple[float, float, float]:
    """Run one load on one broker, in a vhost of its own; return deliveries a second, their age and their cost."""
    vhost = vhosts.open()
    before = spent(broker)
    done = subprocess.run(
        [str(program), "-url", broker.address.amqp_url(vhost), "-time", f"{seconds}s", *load],
        check=True,
        stdout=subprocess.PIPE,
        timeout=seconds + GRACE,
    )
    taken = spent(broker) - before
    vhosts.close(vhost)
    told = json.loads(done.stdout)
    return told["consumed"], told["age"], taken * 1e6 / (told["consumed"] * seconds)


def main() -> int:
    """Measure what the command line asks for, print the table, say whether the goals are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--image", default="4.3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    program, run, missed = built(), Run.start(), []
    try:
        with ExitStack() as stack:
            brokers = [
                stack.enter_context(started(option, run))[0]
                for option in ("embedded", f"docker:{options.image}")
            ]
            sides = [(each, stack.enter_context(Vhosts(each.address, run))) for each in brokers]
            print(f"load of the machine: {os.getloadavg()[0]:.0f}\n\n{HEAD}", flush=True)
            for load, words in LOADS.items():
                if not all(word.lower() in load.lower() for word in options.words):
                    continue
                turns = [
                    [turn(program, *side, words, options.seconds) for side in sides]
                    for _ in range(options.rounds)
                ]
                for row in rows(load, turns):
                    print(row, flush=True)
                    if not row.reached:
                        missed.append(row.name)
    finally:
        run.end()
    return status_of(missed)


def rows(load: str, turns: Sequence[Sequence[tuple[float, float, float]]]) -> list[Row]:
    """Give a row for the deliveries, one for their age and one for their cost."""
    rates, ages, costs = (
        [(ours[column], theirs[column]) for ours, theirs in turns] for column in range(3)
    )
    return [
        Row(load, rates, least=FOUR_PAIRS if "4 pairs" in load else ONE_PAIR),
        Row(f"{load}: median age, ms", ages, most=1.0 if "confirms" in load else None),
        Row(f"{load}: processor time, µs", costs, most=1.0),
    ]


if __name__ == "__main__":
    sys.exit(main())
