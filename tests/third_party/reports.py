"""What a runner wrote down about its tests, read: every test's outcome by a name that says which it is.

Nothing is run here; see `runners`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.third_party.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_WORDS = {
    "passed": Outcome.PASSED,
    "pass": Outcome.PASSED,
    "ok": Outcome.PASSED,
    "skipped": Outcome.SKIPPED,
    "skip": Outcome.SKIPPED,
    "pending": Outcome.SKIPPED,
    "ignored": Outcome.SKIPPED,
    "failed": Outcome.FAILED,
    "fail": Outcome.FAILED,
    "FAILED": Outcome.FAILED,
}
"""How the runners say it."""
_RUST_TARGET = re.compile(r"\s+Running (?:unittests )?(\S+) \(")
_RUST_TEST = re.compile(r"test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)")


def worst(told: Iterable[tuple[str, Outcome]]) -> dict[str, Outcome]:
    """Give each test once, as bad as the worst that is told of it."""
    outcomes: dict[str, Outcome] = {}
    order = list(Outcome)
    for test, outcome in told:
        both = outcome, outcomes.get(test, Outcome.PASSED)
        outcomes[test] = max(both, key=order.index)
    return outcomes


def read_pytest(report: Path) -> dict[str, Outcome]:
    """Read a file of pytest-reportlog: a test is as bad as the worst of its phases."""
    entries = map(json.loads, report.read_text("utf-8").splitlines())
    return worst(
        (entry["nodeid"], Outcome(entry["outcome"]))
        for entry in entries
        if entry["$report_type"] == "TestReport"
    )


def read_go(said: str) -> dict[str, Outcome]:
    """Read the output of `go test -json`; a test that was never ended has failed."""
    entries = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    tests = [entry for entry in entries if "Test" in entry]
    ended = {entry["Test"]: _WORDS[entry["Action"]] for entry in tests if entry["Action"] in _WORDS}
    begun = (entry["Test"] for entry in tests if entry["Action"] == "run")
    return {test: ended.get(test, Outcome.FAILED) for test in begun}


def read_rspec(report: Path) -> dict[str, Outcome]:
    """Read RSpec's JSON."""
    examples = json.loads(report.read_text("utf-8"))["examples"]
    return worst(
        (
            f"{example['file_path'].removeprefix('./')}: {example['full_description']}",
            _WORDS[example["status"]],
        )
        for example in examples
    )


def read_cargo(said: str) -> dict[str, Outcome]:
    """Read what `cargo test` prints on both its streams, one after the other for each target."""
    return worst(_rust_tests(said))


def _rust_tests(said: str) -> Iterator[tuple[str, Outcome]]:
    target = ""
    for line in said.splitlines():
        if running := _RUST_TARGET.match(line):
            target = running[1]
        elif test := _RUST_TEST.match(line):
            yield f"{target}::{test[1]}", _WORDS[test[2]]


def read_junit(reports: Iterable[Path]) -> dict[str, Outcome]:
    """Read files in JUnit's form: a test is named by its suites and cases, or by its class."""
    return worst(
        told
        for report in reports
        for told in _cases(ET.parse(report).getroot(), ())  # noqa: S314 - a runner wrote it
    )


def _cases(element: ET.Element, inside: tuple[str, ...]) -> Iterator[tuple[str, Outcome]]:
    for child in element:
        name = child.get("name", "")
        if child.tag == "testsuite":
            yield from _cases(child, (*inside, name))
        elif child.tag == "testcase":
            known = child.get("classname", "test")  # Node's runner says `test` of all of them
            where = " > ".join(inside) if known == "test" else known
            yield f"{where}::{name}", _outcome(child)


def _outcome(case: ET.Element) -> Outcome:
    tags = {child.tag for child in case}
    if tags & {"failure", "error"}:
        return Outcome.FAILED
    return Outcome.SKIPPED if "skipped" in tags else Outcome.PASSED
