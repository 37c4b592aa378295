"""The parts of a package: their order, the place of the result, who shares the work (document 1, chapters 3 to 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    PACKAGE,
    Moment,
    Violation,
    delivery,
    package_design,
    package_tally,
    row_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.rigs.consumers import PackageTally, Rig

SHARE = 0.6
"""Of the time that the work takes one after another: what several consumers must stay below."""
BUSY = 3
"""How many times its time the work is given once the machine was seen to be busy."""
ONE_BY_ONE = 0.9
"""Of the time that messages were in hand: who takes longer had hardly two in hand at once."""


@pytest.mark.guarantee("part-order", "result-last")
@pytest.mark.requirement("part-order.undisturbed", "result-last.undisturbed")
def test_document_package(rig: Rig, payload: Callable[[str], bytes]) -> None:
    """The rows of the document's package come in order, its own row last."""
    rig.start.slowly()  # the document's pipeline has its order by a margin of time (decision 0006)
    package = rig.publish.body(payload(package_design(rig).document))
    _need_all(rig, package.size)
    _judge_rows(rig, "undisturbed")


@pytest.mark.guarantee("part-order", "result-last")
@pytest.mark.requirement("part-order.slow-part", "result-last.slow-part")
def test_slow_part(rig: Rig) -> None:
    """Where one part reaches its consumer late, the rows come in order all the same, the package's last."""
    workers = rig.start.slowly()
    holds = rig.faults.hold(lambda: delivery(body=_is_second_part), *workers)
    package = rig.publish.work(5)
    holds.first(rig.deadlines.within(rig.work_time(1)), "the second part was not delivered")
    others = package.size  # all the parts but one, and the package row
    rig.wait.see(lambda: len(rig.seen.message_rows()) >= others, rig.deadlines.seconds(8))
    before = package_tally(rig)
    holds.release()
    _need_all(rig, package.size)
    _judge_rows(
        rig,
        "slow-part",
        disordered=_rows_there(before, lambda index: index > 1),
        early=_rows_there(before, lambda index: index == PACKAGE),
    )


@pytest.mark.full
@pytest.mark.guarantee("part-order", designs=("pipeline",))
@pytest.mark.requirement("part-order.slow-commit")
def test_slow_commit(rig: Rig) -> None:
    """Where the commit of a package's first step takes long, no row of a later one is there before it."""
    rig.database.need_line()
    rig.database.let_commits_be_held()
    workers = rig.start.slowly()
    commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, *workers)
    package = rig.publish.work(3)
    commits.first(rig.deadlines.within(rig.work_time(1)), "no worker asked for a commit")
    commits.keep_caught()
    rig.wait.see(lambda: bool(rig.seen.message_rows()), rig.deadlines.seconds(8))
    before = package_tally(rig)
    commits.release()
    _need_all(rig, package.size)
    rig.judge(*_rows_there(before, lambda index: index > 0, held=1))


@pytest.mark.guarantee("parallel-parts")
@pytest.mark.requirement("parallel-parts.overlap")
def test_parts_in_parallel(rig: Rig, payload: Callable[[str], bytes]) -> None:
    """Three consumers finish a package of twelve texts in less than 0.6 of the sum of its parts' work."""
    _judge_share(rig, payload("text-12"))


@pytest.mark.guarantee("parallel-packages")
@pytest.mark.requirement("parallel-packages.overlap")
def test_packages_in_parallel(rig: Rig, payload: Callable[[str], bytes]) -> None:
    """Three packages are finished in less than 0.6 of the sum of their work."""
    _judge_share(rig, *map(payload, ("text-12", "varchar-12", "string-12")))


def _is_second_part(body: bytes) -> bool:
    """Whether this is the part of `text2` (`parts`), or the step with index 1 (`pipeline`)."""
    compact = body.replace(b" ", b"")
    return b'"text":"text2"' in compact or b'"index":1,' in compact


def _need_all(rig: Rig, texts: int, times: int = 1) -> None:
    rig.wait.need(
        rig.seen.done,
        rig.deadlines.within(rig.work_time(texts)) * times,
        "not all rows of the package came",
    )


def _rows_there(
    before: PackageTally, wanted: Callable[[int], bool], held: int = 2
) -> list[Violation]:
    """Say which rows were there while a part was held back: they came before its own, whatever their ids say."""
    return [
        Violation(
            f"{effect} was there while part {held} was held back",
            tuple(map(row_line, rows)),
            seen=True,
        )
        for effect, rows in before.rows.items()
        if wanted(effect.index)
    ]


def _judge_rows(
    rig: Rig,
    requirement: str,
    disordered: Sequence[Violation] = (),
    early: Sequence[Violation] = (),
) -> None:
    result = package_tally(rig)
    rig.judge(*disordered, *result.disorder(), requirement=f"part-order.{requirement}")
    rig.judge(*early, *result.early_results(), requirement=f"result-last.{requirement}")


def _judge_share(rig: Rig, *packages: bytes) -> None:
    """Compare the makespan of three consumers with the sum of their work, when each has done a message before.

    The sum is what the design says, and no more than they were seen to take: time that a message is
    in hand is no sign of work, for a consumer may wait there for another. On a busy machine what the
    design says is too little; so where three take too long, and were not seen to work one after
    another, one of them does the same alone, and three once more: the machine may have been busy
    with the first three only.
    """
    workers = rig.start.workers(3)
    rig.warm_up()
    together = _work(rig, packages)
    in_hand = _in_hand(together)
    if not _is_acked_after_work(rig, together):
        rig.violated("deliveries are not acked after their work", *_given(rig))
        rig.judge()
        return
    total = min(in_hand, rig.deadlines.seconds(sum(rig.workload.work) / 2) * len(together))
    makespan = _makespan(together)
    if SHARE * total <= makespan < ONE_BY_ONE * in_hand:
        for worker in workers[1:]:
            worker.kill()
        total = _makespan(_work(rig, packages, BUSY))
        if makespan >= SHARE * total:
            rig.start.await_ready(*(rig.start.instance(rig.workload.worker) for _ in workers[1:]))
            rig.warm_up()
            again = _work(rig, packages, BUSY)
            if _is_acked_after_work(rig, again):
                makespan = min(makespan, _makespan(again))
    rig.measure("makespan", seconds=round(makespan, 3), sum_of_work=round(total, 3))
    words = (
        f"{len(together)} deliveries took {makespan:.2f} s,"
        f" {makespan / total:.2f} of the {total:.2f} s of their work"
    )
    rig.expect(makespan < SHARE * total, words, *_given(rig))
    rig.judge()


def _work(rig: Rig, packages: Sequence[bytes], times: int = 1) -> list[tuple[float, float]]:
    """Have packages worked on, in so many times the usual time; give the begin and the end of each delivery."""
    before = len(_spans(rig))
    _need_all(rig, sum(rig.publish.body(package).size for package in packages), times)
    rig.wait.rest(0)
    spans = _spans(rig)[before:]
    if spans:
        last = max(end for _, end in spans)
        rig.wait.rests_on(last - _makespan(spans), last, "the last of the parts was done")
    return spans


def _spans(rig: Rig) -> list[tuple[float, float]]:
    return [
        (d.passed_at, d.settlement.at)
        for d in rig.seen.delivered()
        if d.passed_at is not None and d.settlement is not None
    ]


def _in_hand(spans: Sequence[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans)


def _is_acked_after_work(rig: Rig, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether the deliveries took half of the least work at least: else what they took says nothing."""
    return _in_hand(spans) >= rig.deadlines.seconds(rig.workload.work[0]) * max(1, len(spans)) / 2


def _makespan(spans: Sequence[tuple[float, float]]) -> float:
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def _given(rig: Rig) -> tuple[str, ...]:
    return tuple(map(str, rig.seen.delivered()))
