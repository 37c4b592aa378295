"""Foreign suites: their outcomes read, compared and explained. None is downloaded here."""

from __future__ import annotations

from tests.third_party.outcomes import (
    KnownFailure,
    NotRun,
    Outcome,
    Result,
    table,
    unexplained,
)
from tests.third_party.runners import RUNNERS
from tests.third_party.suites import Suite, read_suites

PASSED, SKIPPED, FAILED = Outcome


def result(broker: str, **outcomes: Outcome) -> Result:
    """Give what a suite came to on a broker."""
    return Result("suite", broker, "suite 1.0", f"the {broker} broker", outcomes)


def test_the_same_everywhere_needs_no_reason() -> None:
    """Brokers on which the same tests pass and the same are skipped leave nothing to explain."""
    results = [result("embedded", a=PASSED, b=SKIPPED), result("docker:4.3", a=PASSED, b=SKIPPED)]
    assert list(unexplained(results, [])) == []


def test_a_failure_needs_a_reason() -> None:
    """A failing test is told with its broker, also when it fails on every broker."""
    results = [result("embedded", a=FAILED), result("docker:4.3", a=FAILED)]
    assert list(unexplained(results, [])) == [
        "suite 1.0 on embedded: a fails, and no reason is known",
        "suite 1.0 on docker:4.3: a fails, and no reason is known",
    ]


def test_a_known_failure_is_explained_where_it_is_known() -> None:
    """A reason for one broker explains nothing on another."""
    results = [result("embedded", a=FAILED), result("docker:4.3", a=FAILED)]
    known = [KnownFailure("suite", "a", ("embedded",), "because")]
    assert list(unexplained(results, known)) == [
        "suite 1.0 on docker:4.3: a fails, and no reason is known"
    ]


def test_a_stale_reason_is_told() -> None:
    """A known failure that does not fail is an error; one on a broker that did not run is none."""
    known = [KnownFailure("suite", "a", ("embedded", "docker:3.10"), "because")]
    assert list(unexplained([result("embedded", a=PASSED)], known)) == [
        "suite 1.0 on embedded: a is a known failure, but does not fail"
    ]


def test_a_failure_by_chance_is_explained_and_never_stale() -> None:
    """Of tests that may fail by chance those that do are explained, and those that do not are no error."""
    results = [result("docker:4.3", a1=FAILED, a2=PASSED, b=FAILED)]
    known = [KnownFailure("suite", "a", ("docker:4.3",), "because", by_chance=True)]
    assert list(unexplained(results, known)) == [
        "suite 1.0 on docker:4.3: b fails, and no reason is known"
    ]


def test_chance_has_a_bottom() -> None:
    """That all tests fail, or that there are none of that name, is told, though some may fail by chance."""
    known = [
        KnownFailure("suite", name, ("docker:4.3",), "because", by_chance=True) for name in "ac"
    ]
    assert list(unexplained([result("docker:4.3", a1=FAILED, a2=FAILED, b=PASSED)], known)) == [
        "suite 1.0 on docker:4.3: of a… some may fail, but all fail",
        "suite 1.0 on docker:4.3: of c… some may fail, but there are none",
    ]


def test_other_differences_are_told() -> None:
    """A test that only one broker skips, or that only one ran, is told."""
    results = [result("embedded", a=SKIPPED), result("docker:4.3", a=PASSED, b=PASSED)]
    assert list(unexplained(results, [])) == [
        "suite 1.0: a is skipped on embedded, passed on docker:4.3",
        "suite 1.0: b is missing on embedded, passed on docker:4.3",
    ]


def test_the_table_counts() -> None:
    """A row has the suite, the broker and three counts."""
    *_, row = table([result("embedded", a=PASSED, b=PASSED, c=FAILED)])
    assert row == "| suite 1.0 | the embedded broker | 2 | 0 | 1 |"


def test_what_was_not_run_has_a_row() -> None:
    """A suite that could not be had is in the table with the reason, on one line."""
    *_, row = table([], [NotRun("bunny 2.24.0", "out of reach\ngive --copy")])
    assert row == "| bunny 2.24.0 | not run: out of reach give --copy | | | |"


def test_every_suite_is_pinned() -> None:
    """Each suite has the checksum of its archive or the commit of its tag; failures name one."""
    suites, known = read_suites()
    assert {failure.suite for failure in known} <= set(suites)
    assert {"pika", "py-amqp", "kombu", "aio-pika"} <= set(suites)
    for suite in suites.values():
        assert suite.checksum or len(suite.commit) == 40, suite.name
        assert suite.runner in {"pytest", *RUNNERS}, suite.name


def test_what_is_left_out_goes_by_its_beginning() -> None:
    """A test is left out when its name begins as one of those that are; where there are none, nothing is."""
    suite = Suite("s", "go", "p", "1", ("t",), left_out={"tests/tls": "no TLS here"})
    assert suite.is_left_out("tests/tls/a")
    assert not suite.is_left_out("tests/a")
    assert not Suite("s", "go", "p", "1", ("t",)).is_left_out("tests/a")


def test_one_alone_fails_by_chance() -> None:
    """A single test that may fail by chance is explained where it does."""
    known = [KnownFailure("suite", "a", ("embedded",), "because", by_chance=True)]
    assert list(unexplained([result("embedded", a=FAILED, b=PASSED)], known)) == []


def test_what_is_not_run_quickly_is_not_looked_for() -> None:
    """`--quick` asks nothing of what may fail in the rest of a suite."""
    suite = Suite("s", "pytest", "p", "1", ("t",), quick=("t/one.py", "t/two.py::Some"))
    assert suite.runs_quickly("t/two.py::Some::test_a")
    assert not suite.runs_quickly("t/three.py::test_a")
    assert Suite("s", "pytest", "p", "1", ("t",)).runs_quickly("t/three.py::test_a")


def test_a_suite_without_a_quick_part_is_run_whole() -> None:
    """`--quick` takes the part that a suite names, or else all of it."""
    suite = Suite("s", "go", "p", "1", ("t", "u"), quick=("u",))
    assert suite.cut_down().tests == ("u",)
    assert Suite("s", "go", "p", "1", ("t", "u")).cut_down().tests == ("t", "u")
