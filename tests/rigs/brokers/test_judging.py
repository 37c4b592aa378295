"""How a broker's case ended, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pika.exceptions import ChannelClosedByBroker

from warren.claims.catalogue import load_broker_catalogue
from warren.claims.verdict import ItemResult, Outcome, judge_item
from warren.errors import WarrenError
from warren.rigs.brokers.judging import to_findings

if TYPE_CHECKING:
    from warren.claims.verdict import Finding

HELLO = ("hello.default-exchange", "hello.get-or-create")


def judged(error: Exception | None) -> tuple[Finding, ...]:
    """Judge a case of two requirements that ended with `error`."""
    requirements = load_broker_catalogue().requirements
    return to_findings(error, [requirements[id_] for id_ in HELLO], "test_hello.py::test", 1.5)


def test_a_finding_for_each_requirement() -> None:
    """Each requirement of a case has its own, in its theme, on the same subject for every broker."""
    findings = judged(None)
    assert tuple(finding.verdict.requirement for finding in findings) == HELLO
    assert {(f.guarantee, f.implementation, f.design) for f in findings} == {
        ("hello", "broker", "amqp")
    }
    assert {judge_item(finding)[0] for finding in findings} == {ItemResult.GOOD}


@pytest.mark.parametrize(
    ("error", "outcome", "result"),
    [
        (AssertionError("it was lost"), Outcome.FAIL, ItemResult.BAD),
        (AssertionError(), Outcome.FAIL, ItemResult.BAD),
        (ChannelClosedByBroker(404, "NOT_FOUND"), Outcome.FAIL, ItemResult.BAD),
        (ConnectionResetError(), Outcome.FAIL, ItemResult.BAD),
        (WarrenError("cannot be restarted"), Outcome.INCONCLUSIVE, ItemResult.UNDECIDED),
        (ZeroDivisionError(), Outcome.ERROR, ItemResult.BAD),
    ],
)
def test_endings(error: Exception, outcome: Outcome, result: ItemResult) -> None:
    """What a broker did wrong fails; what it cannot be asked is inconclusive; a slip of ours is an error."""
    for finding in judged(error):
        assert finding.verdict.outcome is outcome
        assert judge_item(finding)[0] is result


def test_a_sentence_and_its_evidence() -> None:
    """The first line of an assertion is the sentence, the others are evidence."""
    (violation,) = judged(AssertionError("a message was lost\nassert [] == [b'1']"))[
        0
    ].verdict.violations
    assert (violation.words, violation.evidence) == ("a message was lost", ("assert [] == [b'1']",))
