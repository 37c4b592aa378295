"""What the tests of a suite came to on each broker: counted, compared, explained.

Nothing is run here; see `suites`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


class Outcome(StrEnum):
    """How one test ended."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A test that fails on some brokers, as `--broker` names them, with the reason.

    With `by_chance` any test whose name begins with `test` may fail there, and none has to; but
    not all of them.
    """

    suite: str
    test: str
    brokers: tuple[str, ...]
    reason: str
    by_chance: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One suite on one broker; `outcomes` by the names that its runner gives."""

    suite: str
    broker: str  # as `--broker` names it
    title: str  # of the suite, e.g. "pika 1.4.4"
    description: str  # of the broker, e.g. "RabbitMQ 4.3.6 (docker, rabbitmq:4.3-management)"
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class NotRun:
    """A suite that could not be had here, and why."""

    title: str
    reason: str


def table(results: Sequence[Result], missing: Sequence[NotRun] = ()) -> Iterator[str]:
    """Yield the lines of a Markdown table: suite, broker, how many passed, skipped, failed."""
    yield "| suite | broker | passed | skipped | failed |"
    yield "|---|---|---:|---:|---:|"
    for result in results:
        counts = Counter(result.outcomes.values())
        figures = " | ".join(str(counts[outcome]) for outcome in Outcome)
        yield f"| {result.title} | {result.description} | {figures} |"
    for suite in missing:
        yield f"| {suite.title} | not run: {' '.join(suite.reason.split())} | | | |"


def unexplained(results: Sequence[Result], known: Collection[KnownFailure]) -> Iterator[str]:
    """Yield a sentence for each failure without a reason, stale reason, and other difference."""
    for result in results:
        here = [
            failure
            for failure in known
            if failure.suite == result.suite and result.broker in failure.brokers
        ]
        reasons = {failure.test for failure in here if not failure.by_chance}
        chances = tuple(failure.test for failure in here if failure.by_chance)
        for start in chances:
            some = [how for test, how in result.outcomes.items() if test.startswith(start)]
            # Of one alone nobody can tell whether it fails each time.
            if len(some) != 1 and set(some) <= {Outcome.FAILED}:
                what = "all fail" if some else "there are none"
                yield f"{result.title} on {result.broker}: of {start}… some may fail, but {what}"
        failed = {
            test
            for test, how in result.outcomes.items()
            if how is Outcome.FAILED and not test.startswith(chances)
        }
        for test in sorted(failed - reasons):
            yield f"{result.title} on {result.broker}: {test} fails, and no reason is known"
        for test in sorted(reasons - failed):
            yield f"{result.title} on {result.broker}: {test} is a known failure, but does not fail"
    for one, other in combinations(results, 2):
        if one.suite == other.suite:
            yield from _differences(one, other)


def _differences(one: Result, other: Result) -> Iterator[str]:
    """Yield what differs beside failures: a test that is skipped or missing on one of the two."""
    for test in sorted(one.outcomes.keys() | other.outcomes.keys()):
        pair = one.outcomes.get(test, "missing"), other.outcomes.get(test, "missing")
        if pair[0] != pair[1] and Outcome.FAILED not in pair:
            yield (f"{one.title}: {test} is {pair[0]} on {one.broker}, {pair[1]} on {other.broker}")
