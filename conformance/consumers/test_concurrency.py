"""keeps-concurrency: several messages are really in work at once, also after a lost connection.

Who holds several may still work on them one after the other; so the time that they take is what tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Violation

from .crashes import cut_and_consume_again

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig

MANY = 3
TEXTS = 3
LONGER = TEXTS, 2 * TEXTS, 4 * TEXTS
"""The work of each try: what a busy machine adds to it, it adds to longer work as well, and is the smaller part."""


@pytest.mark.full
@pytest.mark.guarantee("keeps-concurrency")
@pytest.mark.requirement("keeps-concurrency.prefetch", "keeps-concurrency.after-a-loss")
def test_at_once(rig: Rig) -> None:
    """As many messages as the prefetch count allows are in work at once, on the first connection and on the next."""
    # What is not work has to fit in half a message's.
    worker = rig.start.slowly(1, prefetch=MANY)[0]
    rig.judge(*_not_at_once(rig), requirement="keeps-concurrency.prefetch")
    heir = cut_and_consume_again(rig, worker, MANY)
    words = f"{worker.name} consumed no more after its connection was lost"
    rig.expect(heir is worker, words, *rig.seen.last(worker))
    rig.judge(*_not_at_once(rig), requirement="keeps-concurrency.after-a-loss")


def _not_at_once(rig: Rig) -> tuple[Violation, ...]:
    """Say that messages were not all in work at once, three times in a row, each time with longer work.

    They are given half a message's work beyond what they take at once: with fewer at work at any moment, the sum of
    their work takes longer.
    """
    # The first message may take longer, as in a program that is compiled as it runs.
    _work(rig, 1, TEXTS)
    sizes = iter(LONGER)

    def once(is_last: bool) -> tuple[Violation, ...] | None:
        size = next(sizes)
        least = rig.faults.least_work(size)
        took, lines = _work(rig, MANY, size)
        if took < rig.faults.least_work(size, at_once=MANY) + least / 2:
            return ()
        words = (
            f"{MANY} messages, each of {least:.1f} s of work, took {took:.1f} s:"
            f" they were not all in work at once"
        )
        return (Violation(words, lines),) if is_last else None

    return rig.wait.attempt(once, "no time was taken")


def _work(rig: Rig, count: int, size: int) -> tuple[float, tuple[str, ...]]:
    """Have so many messages worked on; give how long that took from the first to the last, and their deliveries."""
    before = len(rig.seen.given())
    for _ in range(count):
        rig.publish.work(size)
    rig.wait.need(
        rig.seen.done, rig.deadlines.within(rig.work_time(size) * count), "the work was not done"
    )
    rig.wait.rest(0)
    given = rig.seen.given()[before:]
    begun = min(d.passed_at for d in given if d.passed_at is not None)
    ended = max(d.settlement.at for d in given if d.settlement is not None)
    rig.wait.rests_on(begun, ended, "the last of its messages was done")
    return ended - begun, tuple(map(str, given))
