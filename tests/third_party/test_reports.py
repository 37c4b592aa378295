"""What foreign runners write down, read. None of them runs here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.third_party.outcomes import Outcome
from tests.third_party.reports import read_cargo, read_go, read_junit, read_pytest, read_rspec

if TYPE_CHECKING:
    from pathlib import Path

PASSED, SKIPPED, FAILED = Outcome


def test_a_test_is_as_bad_as_its_worst_phase(tmp_path: Path) -> None:
    """A test whose call passed and whose teardown failed has failed; other lines do not count."""
    report = tmp_path / "report.jsonl"
    phases = [("a", "passed"), ("a", "passed"), ("a", "failed"), ("b", "skipped"), ("b", "passed")]
    lines = [{"$report_type": "SessionStart"}] + [
        {"$report_type": "TestReport", "nodeid": test, "outcome": outcome}
        for test, outcome in phases
    ]
    report.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert read_pytest(report) == {"a": FAILED, "b": SKIPPED}


def test_a_test_of_go_that_never_ended_has_failed() -> None:
    """A test counts as it ended, one that ended not at all as failed; packages and other lines do not count."""
    entries = [
        {"Action": "run", "Test": "TestA"},
        {"Action": "output", "Test": "TestA", "Output": "pass"},
        {"Action": "pass", "Test": "TestA"},
        {"Action": "run", "Test": "TestB"},
        {"Action": "skip", "Test": "TestB"},
        {"Action": "run", "Test": "TestC"},
        {"Action": "fail"},
    ]
    said = "\n".join(["panic: not JSON", *map(json.dumps, entries)])
    assert read_go(said) == {"TestA": PASSED, "TestB": SKIPPED, "TestC": FAILED}


def test_a_test_of_cargo_has_its_target() -> None:
    """Two targets may have tests of one name; what is ignored is skipped."""
    said = """
     Running tests/a.rs (target/debug/deps/a-1)
test one ... ok
test two ... ignored
     Running unittests src/lib.rs (target/debug/deps/b-1)
test one ... FAILED
test must_panic - should panic ... ok
"""
    assert read_cargo(said) == {
        "tests/a.rs::one": PASSED,
        "tests/a.rs::two": SKIPPED,
        "src/lib.rs::one": FAILED,
        "src/lib.rs::must_panic": PASSED,
    }


def test_an_example_of_rspec_has_its_file(tmp_path: Path) -> None:
    """An example is named by its file and description; pending is skipped."""
    report = tmp_path / "report.json"
    examples = [
        {"file_path": "./spec/a_spec.rb", "full_description": f"A {status}", "status": status}
        for status in ("passed", "pending", "failed")
    ]
    report.write_text(json.dumps({"examples": examples}), "utf-8")
    assert read_rspec(report) == {
        "spec/a_spec.rb: A passed": PASSED,
        "spec/a_spec.rb: A pending": SKIPPED,
        "spec/a_spec.rb: A failed": FAILED,
    }


def test_junit_names_by_class_or_by_suite(tmp_path: Path) -> None:
    """A case has its class; Node's, which have none, have the suites around them. An error is a failure."""
    report = tmp_path / "report.xml"
    report.write_text(
        """<testsuites><testsuite name="outer"><testsuite name="inner">
        <testcase name="a" classname="test"/>
        <testcase name="b" classname="test"><skipped/></testcase></testsuite></testsuite>
        <testsuite name="s"><testcase name="c" classname="C"><error/></testcase></testsuite>
        </testsuites>""",
        "utf-8",
    )
    assert read_junit([report]) == {
        "outer > inner::a": PASSED,
        "outer > inner::b": SKIPPED,
        "C::c": FAILED,
    }
