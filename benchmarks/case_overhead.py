"""What a case costs beside its processes: its world, opened and taken back, as a rig does it.

    python -m benchmarks.case_overhead --broker docker:3.10 --database postgresql --cases 30

Prints milliseconds: the median and the slowest of the cases, per step and in total. The limit that
the total is held against is 200 ms. A world is a vhost, a database and a folder; its end looks for
processes that were left, too. The line is one of a relay of its own: a world opens it with a process.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from warren.worlds.real import RealWorlds, Servers
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.brokers import BrokerAddress

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


def run_case(laps: Laps, worlds: RealWorlds, broker: BrokerAddress) -> None:
    """Open what a case opens, use each a little, as a case does, and take everything back."""
    with contextlib.ExitStack() as case:
        with laps.lap("world open"):
            world = case.enter_context(worlds.world(None, restarts=False))
        with laps.lap("the rig's own connection"):
            world.queue("old_sound_rabbit_mq.consumer.stream")
        with laps.lap("line open"):
            relay = Relay((broker.host, broker.port), FrameLog())
            case.callback(relay.close)
            relay.open("stream-1")
        with laps.lap("rows, first read"):
            world.message_rows()
        with laps.lap("all closed"):
            case.close()


def measure(broker_option: str, database_option: str, cases: int) -> tuple[Laps, str]:
    """Run the cases on a broker and a database of their own; say on which."""
    laps = Laps()
    with (
        contextlib.closing(Servers(broker_option, database_option, print)) as servers,
        contextlib.closing(RealWorlds(servers.for_workers(), "benchmark")) as worlds,
    ):
        run_case(
            Laps(), worlds, servers.broker
        )  # the first one makes the template of the databases
        for _ in range(cases):
            run_case(laps, worlds, servers.broker)
        return laps, f"{servers.broker.description}, {servers.database.description}"


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
