"""How violations are told together."""

from __future__ import annotations

from warren.evidence.violation import Violation, by_evidence


def test_evidence_that_is_shared() -> None:
    """Violations with the same evidence are told together, in their order."""
    violations = [Violation("a", ("1", "2")), Violation("b", ("3",)), Violation("c", ("1", "2"))]
    assert by_evidence(violations) == ((("a", "c"), ("1", "2")), (("b",), ("3",)))


def test_sentence_that_comes_again() -> None:
    """What is violated several times in the same words is told once, with all its evidence."""
    violations = [Violation("a", ("1",)), Violation("b", ("2",)), Violation("a", ("1", "3"))]
    assert by_evidence(violations) == ((("a",), ("1", "3")), (("b",), ("2",)))
