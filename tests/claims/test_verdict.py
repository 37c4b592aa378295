"""The rules over verdicts: what one finding means, and when a denial is stale."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.claims.extent import Extent
from warren.claims.verdict import (
    Finding,
    ItemResult,
    Outcome,
    Stance,
    Verdict,
    describe,
    judge_denials,
    judge_item,
    known_causes,
    outcome_of_denied,
    with_causes,
)
from warren.evidence.violation import Violation

GOOD, BAD, UNDECIDED = ItemResult.GOOD, ItemResult.BAD, ItemResult.UNDECIDED
KEY = ("orders", "blocking", "no-loss")


def due(_guarantee: str, _design: str) -> frozenset[str]:
    """Ask for the one requirement that `finding` is about."""
    return frozenset({"no-loss.crash"})


def finding(stance: Stance, outcome: Outcome, words: str = "why") -> Finding:
    """Make a finding on `no-loss`."""
    verdict = Verdict("no-loss.crash", outcome, words)
    return Finding("test_crash", *KEY, stance, verdict, reason="a known reason")


@pytest.mark.parametrize(
    ("stance", "results"),
    [
        (Stance.CLAIMED, (GOOD, BAD, GOOD, BAD, UNDECIDED, BAD)),
        (Stance.DENIED, (GOOD, GOOD, GOOD, BAD, UNDECIDED, BAD)),
        (Stance.KNOWN_FAILURE, (BAD, GOOD, BAD, GOOD, UNDECIDED, BAD)),
        (Stance.OBSERVED, (GOOD, GOOD, GOOD, GOOD, GOOD, BAD)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_table(stance: Stance, results: tuple[ItemResult, ...]) -> None:
    """Each stance with each outcome, in the order pass, fail, warn, unsupported, unclear, error."""
    assert tuple(judge_item(finding(stance, outcome))[0] for outcome in Outcome) == results


@given(st.sampled_from(Stance), st.sampled_from(Outcome))
def test_words_name_the_place(stance: Stance, outcome: Outcome) -> None:
    """The sentence names requirement, implementation and design, and why where that matters."""
    result, words = judge_item(finding(stance, outcome))
    assert "no-loss.crash" in words
    assert "orders blocking" in words
    if result is not GOOD:
        assert "why" in words or "a known reason" in words


def test_error_is_ours() -> None:
    """A case that breaks does not speak of the implementation, whatever that claims."""
    for stance in Stance:
        _, words = judge_item(finding(stance, Outcome.ERROR))
        assert words.startswith("error in Warren, not in the implementation: ")


outcomes = st.lists(st.sampled_from(Outcome), max_size=6)


@given(outcomes)
def test_stale_denials(seen: list[Outcome]) -> None:
    """A denial is stale where every case saw the guarantee hold, and at least one ran."""
    stale = judge_denials([finding(Stance.DENIED, o) for o in seen], due)
    held = bool(seen) and set(seen) <= {Outcome.PASS, Outcome.WARN}
    assert bool(stale) == held
    for denial in stale:
        assert denial.cases == len(seen)
        assert "denies no-loss" in str(denial)


@given(outcomes, st.sampled_from([s for s in Stance if s is not Stance.DENIED]))
def test_only_denials_are_stale(seen: list[Outcome], stance: Stance) -> None:
    """What was not denied is no stale denial."""
    assert judge_denials([finding(stance, o) for o in seen], due) == ()


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.booleans()), min_size=1, max_size=6))
def test_denials_need_a_witness(seen: list[tuple[Outcome, bool]]) -> None:
    """A denial that rests on unwitnessed failures alone was not seen, in words of its own."""
    verdicts = [
        Verdict("no-loss.crash", outcome, "why", (), witnessed) for outcome, witnessed in seen
    ]
    found = [Finding("test_crash", *KEY, Stance.DENIED, verdict) for verdict in verdicts]
    fine = {Outcome.PASS, Outcome.WARN}
    nothing = all(o in fine or (o is Outcome.FAIL and not witnessed) for o, witnessed in seen)
    denials = judge_denials(found, due)
    assert bool(denials) == nothing
    for denial in denials:
        in_vain = sum(not witnessed for _, witnessed in seen)
        assert denial.unfinished == in_vain
        assert str(denial).startswith("denial not seen: " if in_vain else "stale denial: ")


def test_incomplete_denials_are_not_judged() -> None:
    """Where a requirement was not judged, it may be the one that is violated."""
    held = [finding(Stance.DENIED, Outcome.PASS)]
    more = due("no-loss", "blocking") | {"no-loss.cut"}
    assert judge_denials(held, lambda _guarantee, _design: more) == ()
    other = {("no-loss", "blocking"): due("no-loss", "blocking"), ("no-loss", "parts"): more}
    assert judge_denials(held, lambda guarantee, design: other[guarantee, design]) != ()


def test_denial_is_judged_over_the_full_set() -> None:
    """Where a case was left to the full set, it may be the one that sees the violation."""
    held = [finding(Stance.DENIED, Outcome.PASS)]
    assert judge_denials(held, due, [Extent(*KEY, cases=2, left=1)]) == ()
    assert judge_denials(held, due, [Extent(*KEY, cases=1)]) != ()
    assert judge_denials(held * 2, due, [Extent(*KEY, cases=2)]) != ()


def test_known_failure_of_several_cases() -> None:
    """It is stale where all of its cases ran and held; one of them alone says nothing."""
    held = replace(finding(Stance.KNOWN_FAILURE, Outcome.PASS), cases=2)
    failed = replace(finding(Stance.KNOWN_FAILURE, Outcome.FAIL), cases=2)
    assert judge_item(held)[0] is GOOD
    assert judge_denials([held], due) == judge_denials([held, failed], due) == ()
    (stale,) = judge_denials([held, held], due)
    assert str(stale) == (
        "stale known failure: no-loss.crash on orders blocking held in all 2 cases; take it out of the manifest"
    )


def test_what_is_left_out_counts_for_nothing() -> None:
    """A fault that this run cannot make fails no claim, and a denial is judged without its case."""
    left_out = Verdict("no-loss.crash", Outcome.UNSUPPORTED, "why", left_out=True)
    for stance in Stance:
        result, words = judge_item(Finding("test_crash", *KEY, stance, left_out))
        assert (result, words) == (GOOD, "left out: no-loss.crash on orders blocking: why")
    denied = Finding("test_crash", *KEY, Stance.DENIED, left_out)
    assert judge_denials([denied], due) == ()
    assert judge_denials([denied, finding(Stance.DENIED, Outcome.PASS)], due) != ()
    assert outcome_of_denied([left_out, Verdict("no-loss.cut", Outcome.FAIL)]) is Outcome.FAIL


def test_likely_causes() -> None:
    """What is likely is the cause where another verdict on the same has shown that, and nowhere else."""
    failed = finding(Stance.CLAIMED, Outcome.FAIL)
    shown = replace(failed, verdict=replace(failed.verdict, cause="it acks first"))
    likely = replace(failed, verdict=replace(failed.verdict, likely_cause="it acks first"))
    other = replace(likely, implementation="parcels")
    found = with_causes([shown, failed, likely, other], known_causes([shown, likely, other]))
    assert [f.verdict.cause for f in found] == ["it acks first", "", "it acks first", ""]


def test_describe() -> None:
    """A verdict is described by its own words, or else by those of its violations."""
    violations = (Violation("one"), Violation("two"))
    assert describe(Verdict("r", Outcome.FAIL, "", violations)) == "one; two"
    assert describe(Verdict("r", Outcome.FAIL, "", violations * 2)) == "one; two"
    assert describe(Verdict("r", Outcome.FAIL, "own", violations)) == "own"


@pytest.mark.parametrize("cases", [1, 3])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.UNSUPPORTED])
def test_expired(outcome: Outcome, cases: int) -> None:
    """A known failure whose time is over is bad, whether it still fails or not, and says what to do."""
    known = replace(finding(Stance.KNOWN_FAILURE, outcome), expired="2027-01-31", cases=cases)
    result, words = judge_item(known)
    assert result is BAD
    assert "was to fail until 2027-01-31; mend it" in words
