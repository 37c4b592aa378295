"""Two sides that take turns: how each turn went, and what the ratios of the rounds say.

A side is a group of clients in processes of their own, connected once. Both sides get the same
work, one right after the other, in an order that changes from round to round: what else the machine
does then falls on both, and the median of the ratios stays where it is, however slow a round was.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import pika

from benchmarks.clients import TIMEOUT, Client

if TYPE_CHECKING:
    from collections.abc import Iterable

Factory = Callable[[Any], Client]
"""Makes a client with an open channel of its own."""
CONTEXT = multiprocessing.get_context("fork")
FEW, MOST = 10, 5_000
"""Operations of a client in one turn, whatever the clock says."""


class Side:
    """Clients of one broker; they end with the block."""

    def __init__(self, url: str, clients: Iterable[Factory]) -> None:
        """Start and connect them all."""
        self._workers: list[tuple[Any, Any]] = []
        for client in clients:
            ours, theirs = CONTEXT.Pipe()
            worker = CONTEXT.Process(target=_work, args=(theirs, url, client), daemon=True)
            worker.start()
            self._workers.append((worker, ours))
        self._hear()

    def __enter__(self) -> Self:
        """End it with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        for worker, _pipe in self._workers:
            worker.kill()
            worker.join(TIMEOUT)

    def turn(self, count: int) -> float:
        """Have every client do `count` operations; return the seconds until the last is done."""
        self._say(count)
        self._hear()
        begin = perf_counter()
        self._say(count)
        self._hear()
        return perf_counter() - begin

    def _say(self, count: int) -> None:
        for _worker, pipe in self._workers:
            pipe.send(count)

    def _hear(self) -> None:
        for worker, pipe in self._workers:
            if pipe not in wait([pipe, worker.sentinel], TIMEOUT):
                raise SystemExit("a client of the benchmark failed, or took more than a minute")
            pipe.recv()


def _work(pipe: Any, url: str, client: Factory) -> None:
    """Be a client: say that you are connected, prepared, done."""
    channel = pika.BlockingConnection(pika.URLParameters(f"{url}?heartbeat=0")).channel()
    made = client(channel)
    pipe.send(True)
    while True:
        made.prepare(pipe.recv())
        pipe.send(True)
        made.play(pipe.recv())
        pipe.send(True)


def race(ours: Side, theirs: Side, rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Return the operations per second of one client on either side, in each round.

    A turn has as many operations as the slower side does in `seconds`, as far as one can tell.
    """
    for side in (ours, theirs):
        side.turn(FEW)  # the first one pays for what is made once
    trial = 5 * FEW
    slower = max(side.turn(trial) for side in (ours, theirs))
    count = max(FEW, min(MOST, int(trial * seconds / slower)))
    found = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        taken = {side: count / side.turn(count) for side in order}
        found.append((taken[ours], taken[theirs]))
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what each round found of both sides, and the goal of their ratio.

    `least` and `most` are limits of the median of the rounds' ratios, ours by theirs.
    """

    name: str
    rounds: list[tuple[float, float]]
    least: float | None = None
    most: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours by theirs, round by round."""
        return [ours / theirs for ours, theirs in self.rounds]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def reached(self) -> bool:
        """Whether the ratio is within its limits."""
        return (self.least is None or self.ratio >= self.least) and (
            self.most is None or self.ratio <= self.most
        )

    def __str__(self) -> str:
        """Write it in Markdown: medians, ratio, the middle half of the ratios, goal."""
        ours, theirs = (median(side) for side in zip(*self.rounds, strict=True))
        many = len(self.ratios) > 1
        low, _, high = quantiles(self.ratios, n=4) if many else (self.ratio,) * 3
        limits = {"at least": self.least, "at most": self.most}
        goal = "; ".join(f"{word} {limit}" for word, limit in limits.items() if limit is not None)
        return (
            f"| {self.name} | {_figure(ours)} | {_figure(theirs)} | {self.ratio:.2f} | "
            f"{low:.2f} to {high:.2f} | {goal}{'' if self.reached else ', MISSED'} |"
        )


HEAD = """\
| | embedded | RabbitMQ | ratio | middle half | goal |
|---|---:|---:|---:|---:|---|"""


def _figure(value: float) -> str:
    """Write four digits, and no exponent."""
    four = f"{value:.4g}"
    return f"{float(four):,.0f}" if "e" in four else four


def status_of(missed: list[str]) -> int:
    """Name the rows that missed their goals; return the exit status."""
    if missed:
        print(f"\nmissed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0
