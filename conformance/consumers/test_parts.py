"""The parts of a package: their order, the place of the result, who shares the work (document 1, chapters 3 to 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.rigs.consumers.rig import numbered
from warren.workloads.accounting import PACKAGE, disorder, early_results, row_line
from warren.worlds.line.rules import delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.rig import Rig
    from warren.workloads.accounting import Account

SHARE = 0.6
"""Of the time that the work takes one after another: what several consumers must stay below."""
ONE_BY_ONE = 0.9
"""Of the time that messages were in hand: who takes longer had hardly two in hand at once."""


@pytest.mark.guarantee("part-order", "result-last")
@pytest.mark.requirement("part-order.undisturbed", "result-last.undisturbed")
def test_document_package(rig: Rig) -> None:
    """The rows of the document's package come in order, its own row last."""
    rig.start_slowly()  # the document's pipeline has its order by a margin of time (decision 0006)
    package = rig.send_document("text-10" if rig.design.slug == "parts" else "text-12")
    _need_all(rig, len(package.texts))
    _judge_rows(rig, "undisturbed")


@pytest.mark.guarantee("part-order", "result-last")
@pytest.mark.requirement("part-order.slow-part", "result-last.slow-part")
def test_slow_part(rig: Rig) -> None:
    """Where one part reaches its consumer late, the rows come in order all the same, the package's last."""
    workers = rig.start_slowly()
    holds = rig.hold(lambda: delivery(body=_is_second_part), *workers)
    package = rig.send(*numbered(5))
    holds.first(rig.deadlines.within(rig.work_time(1)), "the second part was not delivered")
    others = len(package.texts)  # all the parts but one, and the package row
    rig.see(lambda: len(rig.world.message_rows()) >= others, rig.deadlines.seconds(8))
    before = rig.account()
    holds.release()
    _need_all(rig, len(package.texts))
    _judge_rows(
        rig,
        "slow-part",
        disordered=_rows_there(before, lambda index: index > 1),
        early=_rows_there(before, lambda index: index == PACKAGE),
    )


@pytest.mark.guarantee("parallel-parts")
@pytest.mark.requirement("parallel-parts.overlap")
def test_parts_in_parallel(rig: Rig) -> None:
    """Three consumers finish a package of twelve texts in less than 0.6 of the sum of its parts' work."""
    _judge_share(rig, "text-12")


@pytest.mark.guarantee("parallel-packages")
@pytest.mark.requirement("parallel-packages.overlap")
def test_packages_in_parallel(rig: Rig) -> None:
    """Three packages are finished in less than 0.6 of the sum of their work."""
    _judge_share(rig, "text-12", "varchar-12", "string-12")


def _is_second_part(body: bytes) -> bool:
    """Whether this is the part of `text2` (`parts`), or the step with index 1 (`pipeline`)."""
    compact = body.replace(b" ", b"")
    return b'"text":"text2"' in compact or b'"index":1,' in compact


def _need_all(rig: Rig, texts: int) -> None:
    rig.need(
        rig.done, rig.deadlines.within(rig.work_time(texts)), "not all rows of the package came"
    )


def _rows_there(before: Account, wanted: Callable[[int], bool]) -> list[Violation]:
    """Say which rows were there while part 2 was held back: they came before its own, whatever their ids say."""
    return [
        Violation(f"{effect} was there while part 2 was held back", tuple(map(row_line, rows)))
        for effect, rows in before.rows.items()
        if wanted(effect.index)
    ]


def _judge_rows(
    rig: Rig,
    requirement: str,
    disordered: Sequence[Violation] = (),
    early: Sequence[Violation] = (),
) -> None:
    result = rig.account()
    rig.judge(*disordered, *disorder(result), requirement=f"part-order.{requirement}")
    rig.judge(*early, *early_results(result), requirement=f"result-last.{requirement}")


def _judge_share(rig: Rig, *documents: str) -> None:
    """Compare the makespan of three consumers with the sum of their work.

    The sum is what the design says, and no more than they were seen to take: time that a message is
    in hand is no sign of work, for a consumer may wait there for another. On a busy machine what the
    design says is too little; so where three take too long, and were not seen to work one after
    another, one of them does the same alone, and three once more: the machine may have been busy
    with the first three only.
    """
    workers = rig.start_workers(3)
    together = _work(rig, documents)
    in_hand = _in_hand(together)
    if not _is_acked_after_work(rig, together):
        rig.judge(Violation("deliveries are not acked after their work", _given(rig)))
        return
    total = min(in_hand, rig.deadlines.seconds(sum(rig.design.work) / 2) * len(together))
    makespan = _makespan(together)
    if SHARE * total <= makespan < ONE_BY_ONE * in_hand:
        for worker in workers[1:]:
            worker.kill()
        total = _makespan(_work(rig, documents))
        if makespan >= SHARE * total:
            rig.await_ready(*(rig.launch(rig.design.worker) for _ in workers[1:]))
            again = _work(rig, documents)
            if _is_acked_after_work(rig, again):
                makespan = min(makespan, _makespan(again))
    rig.measure("makespan", seconds=round(makespan, 3), sum_of_work=round(total, 3))
    slow = Violation(
        f"{len(together)} deliveries took {makespan:.2f} s, {makespan / total:.2f} of the {total:.2f} s of their work",
        _given(rig),
    )
    rig.judge(*([slow] if makespan >= SHARE * total else []))


def _work(rig: Rig, documents: Sequence[str]) -> list[tuple[float, float]]:
    """Have packages worked on; give the begin and the end of each delivery."""
    before = len(_spans(rig))
    _need_all(rig, sum(len(rig.send_document(name).texts) for name in documents))
    rig.settle(0)
    return _spans(rig)[before:]


def _spans(rig: Rig) -> list[tuple[float, float]]:
    return [
        (d.passed_at, d.settlement.at)
        for d in _deliveries(rig)
        if d.passed_at is not None and d.settlement is not None
    ]


def _in_hand(spans: Sequence[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans)


def _is_acked_after_work(rig: Rig, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether the deliveries took half of the least work at least: else what they took says nothing."""
    return _in_hand(spans) >= rig.deadlines.seconds(rig.design.work[0]) * max(1, len(spans)) / 2


def _makespan(spans: Sequence[tuple[float, float]]) -> float:
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def _deliveries(rig: Rig) -> list[Delivery]:
    names = {p.name for p in rig.workers}
    return [d for d in rig.ledger().deliveries if d.instance in names]


def _given(rig: Rig) -> tuple[str, ...]:
    return tuple(map(str, _deliveries(rig)))
