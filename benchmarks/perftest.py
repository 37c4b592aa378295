"""RabbitMQ's own PerfTest on the embedded broker and on RabbitMQ in Docker, side by side.

    python -m benchmarks.perftest [WORD]... [--image IMAGE] [--rounds N] [--seconds S]

Its clients are Java's, and spend so little of their time that the broker is the limit, unlike pika's in
`benchmarks.broker`. It starts both brokers, prints a table in Markdown, and exits with 1 when a goal is missed. With
words it measures only what has all of them in its name. Maven fetches PerfTest once, into your cache folder; Java 17 or
newer runs it.

How to read it. Every round does the same on both, one right after the other. Figures are the medians of the rounds:
messages published and consumed in a second, and how old a message was when it came, in milliseconds (median, 99th
percentile), and how much memory the broker's processes had at most, in MiB (its backlogs of earlier loads included: a
broker serves them all). The ratio is embedded by RabbitMQ, of what was consumed. The machine's load stands above the
table: where that is more than a few, somebody else has the cores, and only the ratios say something.

The goals: as fast as it can, the embedded broker delivers more; at a fixed rate, its median age is below RabbitMQ's;
where publishers are unbounded, both, and it takes no more memory than RabbitMQ.

- classic, quorum: one publisher and one consumer, as fast as they can
- confirms: the same with at most 100 publishes unconfirmed
- multi-ack: prefetch count 200, every hundredth delivery acknowledged with all before it
- 4 pairs: four of each, each message to all four queues (fanout), confirmed: what is too much for any broker
- unbounded: so with as many publishes unconfirmed as the broker takes
- fixed rate: 1,000 and 4,000 a second, which says how old a message gets where there is no backlog
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import astuple, dataclass
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING

import platformdirs

from benchmarks.broker import resident, started
from benchmarks.rounds import status_of
from warren.worlds.real.brokers import RunningBroker, Vhosts
from warren.worlds.real.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERSION = "2.22.1"
GRACE = 120.0
"""Seconds beyond the measurement until PerfTest has surely ended."""
LOOK = 0.25
"""Seconds from one look at a broker's memory to the next."""
QUORUM = ("--quorum-queue", "--queue", "q")
CLASSIC = ("--queue", "q")
FOUR = (
    *("--producers", "4", "--consumers", "4", "--type", "fanout"),
    *("--queue-pattern", "q-%d", "--queue-pattern-from", "1", "--queue-pattern-to", "4"),
)
UNBOUNDED = str(10**9)
LOADS: dict[str, tuple[str, ...]] = {
    "classic": CLASSIC,
    "classic, confirms": (*CLASSIC, "--confirm", "100"),
    "classic, multi-ack": (*CLASSIC, "--qos", "200", "--multi-ack-every", "100"),
    "classic, 4 pairs, confirms": (*FOUR, "--confirm", "100"),
    "classic, 4 pairs, unbounded": (*FOUR, "--confirm", UNBOUNDED),
    "classic, fixed rate 1,000": (*CLASSIC, "--rate", "1000"),
    "classic, fixed rate 4,000": (*CLASSIC, "--rate", "4000"),
    "quorum, confirms": (*QUORUM, "--confirm", "100"),
    "quorum, multi-ack": (*QUORUM, "--confirm", "100", "--qos", "200", "--multi-ack-every", "100"),
    "quorum, fixed rate 1,000": (*QUORUM, "--confirm", "100", "--rate", "1000"),
}
HEAD = (
    "| load | broker | published/s | consumed/s | median, ms | 99th, ms | MiB | ratio | goal |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---|"
)
_RATE = re.compile(r"(sending|receiving) rate avg: (\d+) msg/s")
_AGE = re.compile(r"consumer latency min/median/75th/95th/99th ([\d/]+) (\S+)")
_MILLISECONDS = {"µs": 0.001, "us": 0.001, "ms": 1.0, "ns": 0.000001}


@dataclass(frozen=True, slots=True)
class Turn:
    """What PerfTest says at its end, and how much memory the broker had at most."""

    published: float
    consumed: float
    median_age: float
    late_age: float
    memory: float

    @classmethod
    def read(cls, said: str, memory: float) -> Turn:
        """Read its last lines; a load that consumed nothing has no ages."""
        rates = dict(_RATE.findall(said))
        ages = _AGE.findall(said)
        if not ages or "sending" not in rates:
            raise RuntimeError(f"PerfTest measured nothing: {said[-2000:]}")
        figures, unit = ages[-1]
        ms = [int(figure) * _MILLISECONDS[unit] for figure in figures.split("/")]
        return cls(float(rates["sending"]), float(rates["receiving"]), ms[1], ms[4], memory)

    @classmethod
    def middle(cls, turns: Sequence[Turn]) -> Turn:
        """Give the medians of some."""
        return cls(*map(median, zip(*map(astuple, turns), strict=True)))


def fetched() -> Path:
    """Return the folder with PerfTest and what it needs, which Maven fills once."""
    folder = platformdirs.user_cache_path("warren") / f"perf-test-{VERSION}"
    jars = folder / "target" / "dependency"
    if not jars.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>warren</groupId><artifactId>load</artifactId><version>1</version><dependencies>"
            "<dependency><groupId>com.rabbitmq</groupId><artifactId>perf-test</artifactId>"
            f"<version>{VERSION}</version></dependency></dependencies></project>",
            "utf-8",
        )
        subprocess.run(
            ["mvn", "--quiet", "dependency:copy-dependencies"],
            cwd=folder,
            check=True,
            timeout=600,
        )
    return jars


def turn(
    jars: Path, broker: RunningBroker, vhosts: Vhosts, load: tuple[str, ...], seconds: int
) -> Turn:
    """Run one load on one broker, in a vhost of its own."""
    vhost = vhosts.open()
    end, memory = monotonic() + seconds + GRACE, 0.0
    with subprocess.Popen(
        [
            *("java", "-cp", f"{jars}/*", "com.rabbitmq.perf.PerfTest"),
            *("--uri", broker.address.amqp_url(vhost), "--time", str(seconds), *load),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as clients:
        said = None
        while said is None:
            memory = max(memory, resident(broker))
            with suppress(subprocess.TimeoutExpired):
                said, _ = clients.communicate(timeout=LOOK)
            if monotonic() > end:
                clients.kill()
    vhosts.close(vhost)
    return Turn.read(said, memory)


def main() -> int:
    """Measure what the command line asks for, print the table, say whether the goals are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--image", default="rabbitmq:4.3-management")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    jars, run, missed = fetched(), Run.start(), []
    try:
        with ExitStack() as stack:
            brokers = {
                name: stack.enter_context(started(option, run))[0]
                for name, option in {
                    "embedded": "embedded",
                    "RabbitMQ": f"docker:{options.image}",
                }.items()
            }
            vhosts = {name: Vhosts(broker.address, run) for name, broker in brokers.items()}
            print(f"load of the machine: {os.getloadavg()[0]:.0f}\n\n{HEAD}", flush=True)
            for load, words in LOADS.items():
                if not all(word in load for word in options.words):
                    continue
                turns: dict[str, list[Turn]] = {name: [] for name in brokers}
                for _round in range(options.rounds):
                    for name, broker in brokers.items():
                        turns[name].append(turn(jars, broker, vhosts[name], words, options.seconds))
                reached = goals(load, turns["embedded"], turns["RabbitMQ"])
                print("\n".join(rows(load, turns, reached)), flush=True)
                missed += [f"{load}: {goal}" for goal, met in reached.items() if not met]
    finally:
        run.end()
    return status_of(missed)


def goals(load: str, ours: list[Turn], theirs: list[Turn]) -> dict[str, bool]:
    """Tell the goals of a load, and which of them are met."""
    found = {
        "more": median_of(ours, theirs, "consumed") > 1,
        "younger": median_of(ours, theirs, "median_age") < 1,
        "smaller": median_of(ours, theirs, "memory") < 1,
    }
    if "unbounded" in load:
        return found
    only = "younger" if "fixed rate" in load else "more"
    return {only: found[only]}


def median_of(ours: list[Turn], theirs: list[Turn], what: str) -> float:
    """Give the median of the rounds' ratios, ours by theirs."""
    pairs = zip(ours, theirs, strict=True)
    return float(median(getattr(own, what) / getattr(other, what) for own, other in pairs))


def rows(load: str, turns: dict[str, list[Turn]], reached: dict[str, bool]) -> list[str]:
    """Give a row for each broker; ratio and goals stand in the embedded one's."""
    ratio = median_of(turns["embedded"], turns["RabbitMQ"], "consumed")
    goal = ", ".join(name if met else f"{name}, MISSED" for name, met in reached.items())
    lines = []
    for name, measured in turns.items():
        middle = Turn.middle(measured)
        said = f"{ratio:.2f} | {goal}" if name == "embedded" else " | "
        lines.append(
            f"| {load} | {name} | {middle.published:,.0f} | {middle.consumed:,.0f} "
            f"| {middle.median_age:,.1f} | {middle.late_age:,.1f} | {middle.memory:,.0f} "
            f"| {said} |"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
