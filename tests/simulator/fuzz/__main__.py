"""Send spoiled octets to the embedded broker, by the hundred thousand; see `--help`.

An input that the broker does not bear is printed with its seed and octets, cut down to what it
takes, and the run ends: what comes after might be its consequence.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol

import psutil

from tests.simulator.fuzz.bench import BrokerFailedError, bench
from tests.simulator.fuzz.mutations import Recorded, make_input
from tests.simulator.fuzz.sockets import attack

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tests.simulator.fuzz.sessions import Pieces

BATCH = 1000
"""Inputs between two clean virtual hosts, measurements of memory and lines of progress."""
WARM_UP = 5
"""Batches after which memory counts: caches have been filled, and the allocator has its pools."""
GROWTH = 32 << 20
"""Octets by which a process may be larger at the end."""
HANG = 60
"""Seconds of the processor after which an input counts as one that never ends."""
MIB = 1 << 20


class Target(Protocol):
    """What inputs are tried out on."""

    def clean(self) -> None:
        """Throw away what valid commands have left."""

    def try_out(self, pieces: Pieces, chance: Random) -> object:
        """Be one client. Raises BrokerFailedError."""


def run(
    name: str, target: Target, resident: Callable[[], int], seeds: range, recorded: Recorded
) -> None:
    """Try every seed's input out on a target; write progress and the figures. Raises BrokerFailedError."""
    begin, before = time.monotonic(), 0
    for done, seed in enumerate(seeds, start=1):
        chance = Random(seed)  # noqa: S311 - the same input for the same seed is the point
        pieces = make_input(chance, recorded)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG)
        try:
            target.try_out(pieces, chance)
        except (BrokerFailedError, OSError) as error:
            raise BrokerFailedError(
                f"{name}, seed {seed}: {error}\n{cut_down(pieces, seed)!r}"
            ) from error
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if done % BATCH == 0:
            target.clean()
            progress(name, done, time.monotonic() - begin, resident())
        if done == min(WARM_UP * BATCH, len(seeds) // 2):
            before = resident()
    after = resident()
    sys.stdout.write(
        f"{name}: {len(seeds)} inputs, {time.monotonic() - begin:.0f} s, "
        f"{before / MIB:.1f} MiB resident before, {after / MIB:.1f} MiB after\n"
    )
    sys.stdout.flush()
    if after - before > GROWTH:
        raise BrokerFailedError(f"{name}: the process has grown")


def cut_down(pieces: Pieces, seed: int) -> Pieces:
    """Leave out every piece without which a new broker in this process fails as well.

    All pieces stay when it does not: then it takes sockets, or what inputs before have left.
    """
    at = 0
    while at < len(pieces):
        fewer = pieces[:at] + pieces[at + 1 :]
        if fails(fewer, seed):
            pieces = fewer
        else:
            at += 1
    return pieces


def fails(pieces: Pieces, seed: int) -> bool:
    """Tell whether a new broker does not bear this."""
    chance = Random(seed)  # noqa: S311 - as above
    with bench() as fresh:
        try:
            fresh.try_out(pieces, chance)
        except BrokerFailedError:
            return True
    return False


def progress(name: str, done: int, seconds: float, resident: int) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{name}: {done} inputs, {seconds:.0f} s, {resident / MIB:.1f} MiB\n")


def hang(_number: int, _frame: FrameType | None) -> None:
    """End an input that never ends."""
    raise BrokerFailedError(f"no end after {HANG} s of the processor")


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("tests.simulator.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=950_000, help="to the broker in this process")
    parser.add_argument("--sockets", type=int, default=50_000, help="to a process, over TCP")
    parser.add_argument("--seed", type=int, default=0, help="the first seed of each")
    return parser.parse_args()


def main() -> int:
    """Run both kinds; return 1 after a failure."""
    given, recorded = read_arguments(), Recorded()
    signal.signal(signal.SIGVTALRM, hang)
    ours = psutil.Process()
    try:
        if given.sockets:
            seeds = range(given.seed, given.seed + given.sockets)
            with (
                tempfile.TemporaryDirectory() as folder,
                (Path(folder) / "log").open("w+") as log,
                attack(log) as under_attack,
            ):
                run("sockets", under_attack, under_attack.resident, seeds, recorded)
        if given.inputs:
            seeds = range(given.seed, given.seed + given.inputs)
            with bench() as on_bench:
                run("in process", on_bench, lambda: ours.memory_info().rss, seeds, recorded)
    except BrokerFailedError as failure:
        sys.stdout.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
