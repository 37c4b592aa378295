"""What a case costs beside its processes: vhost, database and wiretap, opened and taken back.

    python -m benchmarks.case_overhead --broker docker:3.10 --database postgresql --cases 30

Prints milliseconds: the median and the slowest of the cases, per step and in total. The limit that
the total is held against is 200 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from typing import TYPE_CHECKING

import pika
from rich.console import Console
from rich.table import Table

import fixtures.brokers
import fixtures.databases
from fixtures.brokers import Vhosts
from fixtures.databases import attach
from fixtures.runs import Run
from fixtures.runs.ports import LOOPBACK
from fixtures.wiretap import FrameLog, Wiretap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.brokers import BrokerAddress
    from fixtures.databases import Databases

LIMIT = 200.0  # milliseconds


class Laps:
    """Times of the steps of each case, in milliseconds."""

    def __init__(self) -> None:
        """Begin with no case."""
        self.times: dict[str, list[float]] = {}

    @contextlib.contextmanager
    def lap(self, step: str) -> Iterator[None]:
        """Time the block as `step`."""
        begun = time.perf_counter()
        yield
        self.times.setdefault(step, []).append((time.perf_counter() - begun) * 1000)


def run_case(laps: Laps, broker: BrokerAddress, vhosts: Vhosts, databases: Databases) -> None:
    """Open what a case opens, use each a little, as a case does, and take everything back."""
    with laps.lap("vhost open"):
        vhost = vhosts.open()
    with laps.lap("database copy"):
        database = databases.create_copy("benchmark")
    with laps.lap("wiretap open"):
        wiretap = Wiretap((broker.host, broker.port), FrameLog())
        tap = wiretap.open("stream-1")
    url = broker.amqp_url(vhost, LOOPBACK, tap.port)
    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.channel().queue_declare("old_sound_rabbit_mq.consumer.stream", durable=True)
    with laps.lap("rows, first read"):
        database.messages()
    connection.close()
    with laps.lap("wiretap close"):
        wiretap.close()
    with laps.lap("database drop"):
        databases.drop(database)
    with laps.lap("vhost close"):
        vhosts.close(vhost)


def measure(broker_option: str, database_option: str, cases: int) -> tuple[Laps, str]:
    """Run the cases on a broker and a database of their own; say on which."""
    laps = Laps()
    with contextlib.ExitStack() as stack:
        run = Run.start()
        stack.callback(run.end)
        chosen = fixtures.brokers.choose(broker_option)
        broker = chosen.start(run)
        stack.callback(broker.stop)
        bare = isinstance(chosen, fixtures.brokers.EmbeddedBroker)
        database = fixtures.databases.choose(database_option, bare=bare).start(run)
        stack.callback(database.stop)
        vhosts = stack.enter_context(Vhosts(broker.address, run))
        databases = stack.enter_context(attach(database.address, run))
        databases.prepare_template("benchmark")
        for _ in range(cases):
            run_case(laps, broker.address, vhosts, databases)
        return laps, f"{broker.address.description}, {database.address.description}"


def show(laps: Laps, title: str) -> None:
    """Print one line per step, and the total against the limit."""
    table = Table(title=title)
    table.add_column("step")
    table.add_column("median ms", justify="right")
    table.add_column("slowest ms", justify="right")
    for step, times in laps.times.items():
        table.add_row(step, f"{statistics.median(times):.1f}", f"{max(times):.1f}")
    totals = [sum(case) for case in zip(*laps.times.values(), strict=True)]
    table.add_section()
    table.add_row("a case", f"{statistics.median(totals):.1f}", f"{max(totals):.1f}")
    table.add_row("of the limit", f"{statistics.median(totals) / LIMIT:.0%}", "")
    Console().print(table)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--broker", default="auto")
    parser.add_argument("--database", default="auto")
    parser.add_argument("--cases", type=int, default=30)
    options = parser.parse_args()
    show(*measure(options.broker, options.database, options.cases))


if __name__ == "__main__":
    main()
