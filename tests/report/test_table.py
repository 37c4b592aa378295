"""Several findings become the mark of a cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from warren.claims.extent import Extent
from warren.claims.verdict import Finding, Outcome, StaleDenial, Stance, Verdict
from warren.report.table import Cell, Mark, bad_sentences, headline, tables

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

STALE = StaleDenial("orders", "blocking", "no-loss", 1)


def finding(stance: Stance, outcome: Outcome, *, witnessed: bool = True) -> Finding:
    """Make a finding of one requirement in one cell."""
    verdict = Verdict("no-loss.crash", outcome, witnessed=witnessed)
    return Finding("case", "orders", "blocking", "no-loss", stance, verdict)


def only_cell(
    report: Report, catalogue: Catalogue, *findings: Finding, stale: bool = False
) -> Cell:
    """Give the cell of a report that has nothing else."""
    denials = (STALE,) if stale else ()
    (table,) = tables(replace(report, findings=findings, stale_denials=denials), catalogue)
    ((cell,),) = table.rows
    return cell


@pytest.mark.parametrize(
    ("stance", "outcome", "expected"),
    [
        (Stance.CLAIMED, Outcome.PASS, (Mark.HELD, "good")),
        (Stance.CLAIMED, Outcome.WARN, (Mark.WARNED, "good")),
        (Stance.CLAIMED, Outcome.FAIL, (Mark.VIOLATED, "bad")),
        (Stance.CLAIMED, Outcome.UNSUPPORTED, (Mark.UNSUPPORTED, "bad")),
        (Stance.CLAIMED, Outcome.INCONCLUSIVE, (Mark.INCONCLUSIVE, "undecided")),
        (Stance.CLAIMED, Outcome.ERROR, (Mark.ERROR, "bad")),
        (Stance.DENIED, Outcome.FAIL, (Mark.SEEN, "expected")),
        (Stance.DENIED, Outcome.PASS, (Mark.NOT_JUDGED, "quiet")),
        (Stance.DENIED, Outcome.INCONCLUSIVE, (Mark.INCONCLUSIVE, "undecided")),
        (Stance.KNOWN_FAILURE, Outcome.FAIL, (Mark.KNOWN_FAILURE, "expected")),
        (Stance.KNOWN_FAILURE, Outcome.PASS, (Mark.STALE, "bad")),
        (Stance.OBSERVED, Outcome.PASS, (Mark.PASSED, "quiet")),
        (Stance.OBSERVED, Outcome.WARN, (Mark.LACKING, "quiet")),
        (Stance.OBSERVED, Outcome.FAIL, (Mark.FAILED, "quiet")),
        (Stance.OBSERVED, Outcome.UNSUPPORTED, (Mark.UNSUPPORTED, "quiet")),
        (Stance.OBSERVED, Outcome.ERROR, (Mark.ERROR, "bad")),
    ],
)
def test_mark_of_one_finding(
    report: Report,
    catalogue: Catalogue,
    stance: Stance,
    outcome: Outcome,
    expected: tuple[Mark, str],
) -> None:
    """A cell with one finding says what that finding means."""
    cell = only_cell(report, catalogue, finding(stance, outcome))
    assert (cell.mark, cell.tone) == expected


@pytest.mark.parametrize("stance", Stance)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_finding_has_a_mark(
    report: Report, catalogue: Catalogue, stance: Stance, outcome: Outcome
) -> None:
    """No stance and outcome is without a mark, and none is shown as not run."""
    cell = only_cell(report, catalogue, finding(stance, outcome))
    assert cell.mark not in (Mark.NOT_RUN, Mark.NOT_APPLICABLE)


def test_worst_finding_wins(report: Report, catalogue: Catalogue) -> None:
    """One violation among claims that held is what the cell shows."""
    good, bad = finding(Stance.CLAIMED, Outcome.PASS), finding(Stance.CLAIMED, Outcome.FAIL)
    assert only_cell(report, catalogue, good, bad, good).mark is Mark.VIOLATED


def test_witness_of_a_denial_wins(report: Report, catalogue: Catalogue) -> None:
    """A denial is seen when one of its cases saw it."""
    unseen, seen = finding(Stance.DENIED, Outcome.PASS), finding(Stance.DENIED, Outcome.FAIL)
    assert only_cell(report, catalogue, unseen, seen).mark is Mark.SEEN


def test_failure_without_witness(report: Report, catalogue: Catalogue) -> None:
    """A failure that nothing witnessed breaks a claim, and does not show a denial."""
    denied = finding(Stance.DENIED, Outcome.FAIL, witnessed=False)
    assert only_cell(report, catalogue, denied).mark is Mark.NOT_JUDGED
    claimed = finding(Stance.CLAIMED, Outcome.FAIL, witnessed=False)
    assert only_cell(report, catalogue, claimed).mark is Mark.VIOLATED


def test_stale_denial(report: Report, catalogue: Catalogue) -> None:
    """A stale denial is bad, though each of its findings is good."""
    cell = only_cell(report, catalogue, finding(Stance.DENIED, Outcome.PASS), stale=True)
    assert (cell.mark, cell.tone) == (Mark.STALE, "bad")


def test_known_failure_of_several_cases(report: Report, catalogue: Catalogue) -> None:
    """One of its cases may hold; the cell says so, and is stale only where the run as a whole found that."""
    held = replace(finding(Stance.KNOWN_FAILURE, Outcome.PASS), cases=2)
    failed = replace(finding(Stance.KNOWN_FAILURE, Outcome.FAIL), cases=2)
    assert only_cell(report, catalogue, held).mark is Mark.HELD
    assert only_cell(report, catalogue, held, failed).mark is Mark.KNOWN_FAILURE
    assert only_cell(report, catalogue, held, held, stale=True).mark is Mark.STALE


@pytest.mark.parametrize(("cases", "words"), [(3, "2 of 3"), (2, ""), (0, "")])
def test_cell_says_what_it_rests_on(
    report: Report, catalogue: Catalogue, cases: int, words: str
) -> None:
    """Where the full set has more cases than ran, the cell says so; nothing where all ran, or nobody knows."""
    one = finding(Stance.CLAIMED, Outcome.PASS)
    full_set = (Extent("orders", "blocking", "no-loss", cases),) if cases else ()
    cell = only_cell(replace(report, full_set=full_set), catalogue, one, one)
    assert (cell.mark, cell.rests_on) == (Mark.HELD, words)


def test_guarantee_left_to_the_full_set(report: Report, catalogue: Catalogue) -> None:
    """A guarantee of which no case ran has its row, and is not judged; so has an implementation."""
    left = (
        Extent("orders", "parts", "no-loss", 2, 2),
        Extent("third", "blocking", "effect-once", 1, 1),
    )
    some = tuple(f for f in report.findings if (f.design, f.guarantee) != ("parts", "no-loss"))
    arranged = tables(replace(report, findings=some, full_set=left), catalogue)
    assert [table.implementation for table in arranged] == ["orders", "other", "third"]
    not_judged = arranged[0].rows[0][1], arranged[2].rows[0][0]
    assert {(c.mark, c.tone, c.rests_on) for c in not_judged} == {(Mark.NOT_JUDGED, "quiet", "")}


def test_order_and_empty_cells(report: Report, catalogue: Catalogue) -> None:
    """Rows follow the catalogue, columns the designs; what is not there is not run or no matter."""
    orders, other = tables(report, catalogue)
    assert (orders.implementation, other.implementation) == ("orders", "other")
    assert orders.designs == ("blocking", "parts", "rpc")
    assert [row[0].guarantee for row in orders.rows] == [
        "no-loss",
        "effect-once",
        "rpc-correlated",
    ]
    assert [cell.mark for cell in orders.rows[2]] == [
        Mark.NOT_APPLICABLE,
        Mark.NOT_APPLICABLE,
        Mark.INCONCLUSIVE,
    ]
    assert len(other.rows) == 1


def test_broker_comes_last(report: Report, catalogue: Catalogue) -> None:
    """What an implementation does is read first, what the broker does under it."""
    broker = replace(report.findings[0], implementation="broker", design="amqp")
    arranged = tables(replace(report, findings=(broker, *report.findings)), catalogue)
    assert [table.implementation for table in arranged] == ["orders", "other", "broker"]


def test_what_is_left_out_is_not_judged(report: Report, catalogue: Catalogue) -> None:
    """A cell is marked by what was judged; where all of it was left out nothing was."""
    held = finding(Stance.CLAIMED, Outcome.PASS)
    verdict = Verdict("no-loss.crash", Outcome.UNSUPPORTED, "cannot be held", left_out=True)
    left_out = replace(held, verdict=verdict)
    assert only_cell(report, catalogue, held, left_out).mark is Mark.HELD
    assert only_cell(report, catalogue, left_out).mark is Mark.NOT_JUDGED


def test_applicable_but_not_run(report: Report, catalogue: Catalogue) -> None:
    """A guarantee that a design could have kept, and that no case tried, is not run."""
    some = tuple(f for f in report.findings if (f.design, f.guarantee) != ("parts", "no-loss"))
    orders, _ = tables(replace(report, findings=some), catalogue)
    assert orders.rows[0][1].mark is Mark.NOT_RUN


def test_bad_sentences(report: Report) -> None:
    """What is bad comes before what is undecided, a stale denial with what is bad."""
    sentences = [sentence for sentence, _ in bad_sentences(report)]
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "claimed, does not hold",
        "stale denial",
        "inconclusive",
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, ("good", "All claims hold")),
        (1, ("bad", "Not all claims hold")),
        (2, ("undecided", "Inconclusive")),
        (4, ("undecided", "pytest ended with status 4")),
    ],
)
def test_headline(report: Report, status: int, expected: tuple[str, str]) -> None:
    """The headline says what the exit status means."""
    assert headline(replace(report, exit_status=status)) == expected


@pytest.mark.parametrize("status", [0, 1, 2])
def test_headline_of_a_run_that_was_broken_off(report: Report, status: int) -> None:
    """A run that did not come to its end says so, whatever it had found by then."""
    broken_off = replace(report, exit_status=status, interrupted=True)
    assert headline(broken_off) == ("undecided", "Interrupted")


def test_headline_of_what_was_left_to_the_full_set(report: Report) -> None:
    """Where all that was asked for belongs to the full set, the headline says so."""
    left = (Extent("orders", "parts", "no-loss", 2, 2),)
    nothing = replace(report, findings=(), full_set=left, exit_status=5)
    assert headline(nothing)[1] == "All that was asked for belongs to the full set"


def test_headline_of_a_stale_promise(report: Report) -> None:
    """Where only a denial or a known failure is stale, no claim is blamed."""
    stale = ("bad", "A denial or a known failure is stale")
    assert headline(replace(report, findings=report.findings[:1])) == stale
    known = finding(Stance.KNOWN_FAILURE, Outcome.PASS)
    assert headline(replace(report, findings=(known,), stale_denials=())) == stale


def test_headline_of_a_failed_test(report: Report) -> None:
    """Where a test failed that judges nobody, no claim is blamed."""
    good = replace(report, findings=report.findings[:1], stale_denials=())
    assert headline(replace(good, exit_status=1)) == ("bad", "A test failed")


def test_headline_without_claims(report: Report) -> None:
    """Where nothing was claimed, no claim held."""
    observed = replace(report, findings=report.findings[-1:], exit_status=0)
    assert headline(observed) == ("quiet", "Nothing was claimed")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "All claims hold but for a known failure"),
        (2, "All claims hold but for 2 known failures"),
    ],
)
def test_headline_of_known_failures(report: Report, count: int, words: str) -> None:
    """Where a claim is violated only as known, the headline does not say that all hold."""
    known = tuple(replace(f, stance=Stance.KNOWN_FAILURE) for f in report.findings[1:4:2])
    claims = replace(report, findings=(report.findings[0], *known[:count]), exit_status=0)
    assert headline(claims) == ("good", words)


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_expired_known_failure(report: Report, catalogue: Catalogue, outcome: Outcome) -> None:
    """A known failure whose time is over is stale, whether it fails or holds, also as one case of several."""
    known = replace(finding(Stance.KNOWN_FAILURE, outcome), expired="2027-01-31", cases=3)
    cell = only_cell(report, catalogue, known)
    assert (cell.mark, cell.tone) == (Mark.STALE, "bad")
    failed = replace(report, findings=(known,), stale_denials=())
    assert headline(failed) == ("bad", "A known failure has expired")
