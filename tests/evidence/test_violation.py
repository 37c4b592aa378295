"""How violations are told together."""

from __future__ import annotations

from warren.evidence.violation import Violation, by_evidence


def test_evidence_that_is_shared() -> None:
    """Violations with the same evidence are told together, in their order."""
    violations = [Violation("a", ("1", "2")), Violation("b", ("3",)), Violation("c", ("1", "2"))]
    assert by_evidence(violations) == ((("a", "c"), ("1", "2")), (("b",), ("3",)))
