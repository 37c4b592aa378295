"""The judge is judged: each faulty implementation fails on what it breaks, and on nothing else.

One run of the suite judges all of them that the chosen tests look at, on the broker and the database of this
run's options. By default every defect meets the quick cases that must catch it, and a few meet all; `WARREN_FAULTY`
in the environment asks for more (`narrowing`). With `due` nothing may be left out but what the options cannot have:
a server for the database, and a broker that closes channels for late acks, can have all but SQLite's lock.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from implementations.faulty.defects import DEFECTS
from tests.conformance.breaks import BREAKS, HOLDS, Break
from tests.conformance.claims import due_claims, with_claims
from tests.conformance.entangled import ENTANGLED
from tests.conformance.narrowing import DUE, extent
from tests.conformance.suite import FAULTY, run_suite, servers_of
from warren.claims.catalogue import load_catalogue
from warren.claims.verdict import Finding, Outcome, Stance
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.report.facts import Report

NOT_ON_A_SERVER = "survives-database-loss.locked"
"""What is due on SQLite alone, and its SHOULD."""
IDLE = ("does-nothing", "exits-idle")
"""The defects that leave nothing that could be claimed."""

pytestmark = pytest.mark.xdist_group("faulty")


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge all faulty implementations that this run's tests look at in one run, and read its report."""
    folder = tmp_path_factory.mktemp("faulty")
    manifests = [FAULTY / f"{defect}.toml" for defect in _looked_at(request.session.items)]
    narrowing = ("-p", "tests.conformance.narrowing", *(("--full",) if extent() else ()))
    # They wait far more than they work, most of all those that do nothing: eight at once are done as the outer run is.
    options = ("-n", "8", "--report", str(folder), *narrowing)
    done = run_suite(manifests, *options, servers=servers_of(request.config))
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    return read_json(folder / "report.json")


@pytest.mark.parametrize("defect", BREAKS)
def test_defect_is_caught_by_name(report: Report, defect: str) -> None:
    """What the defect breaks is violated, or has no witness, and the verdict says so in the right words."""
    due = [one for one in BREAKS[defect] if (extent() or not one.full)]
    due = [one for one in due if not one.tls and not one.quorum]
    if not due:
        pytest.skip("only cases of the full set, with --tls or --queue-type quorum catch it")
    for expected in due:
        found = [f for f in _of(report, defect) if f.verdict.requirement == expected.requirement]
        assert found, f"{expected.requirement} was not judged"
        if all(finding.verdict.left_out for finding in found):
            is_lock = expected.requirement.startswith(NOT_ON_A_SERVER)
            assert is_lock or extent() != DUE, _told(found)
            continue  # this run's broker or database cannot have the fault
        assert any(_says(finding, expected) for finding in found), _told(found)


@pytest.mark.parametrize("defect", sorted((BREAKS.keys() | HOLDS.keys()) - set(IDLE)))
def test_defect_breaks_nothing_else(report: Report, defect: str) -> None:
    """All that the defect leaves alone holds: no such verdict is a failure, and none is left open."""
    expected = {(one.requirement, one.outcome) for one in BREAKS.get(defect, ())}
    wrong = [
        f
        for f in _of(report, defect)
        if f.stance is Stance.CLAIMED
        and f.verdict.outcome is not Outcome.PASS
        and not f.verdict.left_out
        and (f.verdict.requirement, f.verdict.outcome) not in expected
    ]
    assert not wrong, _told(wrong)


@pytest.mark.parametrize("name", HOLDS)
def test_what_only_looks_like_a_defect_holds(report: Report, name: str) -> None:
    """What is correct passes where it looks as if it were not."""
    for requirement in HOLDS[name]:
        claimed = [f for f in _of(report, name) if f.stance is Stance.CLAIMED]
        found = [f for f in claimed if f.verdict.requirement == requirement]
        assert found, f"{requirement} was not judged"
        assert all(f.verdict.outcome is Outcome.PASS for f in found), _told(found)


def test_denials_were_seen(report: Report) -> None:
    """Each guarantee that a manifest denies is violated, with a witness, wherever all of its cases ran."""
    denied: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for f in report.findings:
        if f.stance is Stance.DENIED:
            denied[f.cell].append(f)
    due = load_catalogue().due
    cases = {extent.cell: extent.cases for extent in report.full_set}
    unseen = [
        f"{implementation} {_told(found)}"
        for (implementation, design, guarantee), found in denied.items()
        if due(guarantee, design) <= {f.verdict.requirement for f in found}
        and len(found) >= cases[implementation, design, guarantee]
        and not any(f.verdict.outcome is Outcome.FAIL and f.verdict.witnessed for f in found)
    ]
    assert not unseen, "\n".join(unseen)


@pytest.mark.parametrize("defect", IDLE)
def test_doing_nothing_passes_no_case(report: Report, defect: str) -> None:
    """A consumer that connects and does nothing gets no verdict of pass."""
    findings = _of(report, defect)
    passed = [f for f in findings if f.verdict.outcome is Outcome.PASS]
    assert findings
    assert not passed, _told(passed)


@pytest.mark.parametrize("defect", DEFECTS)
def test_manifest_claims_all_else(defect: str) -> None:
    """A manifest claims what hardened claims, but for what it denies and what cannot be judged."""
    manifest = FAULTY / f"{defect}.toml"
    designs = tomllib.loads(manifest.read_text(encoding="utf-8"))["designs"]
    claims = {slug: set(design.get("claims", ())) for slug, design in designs.items()}
    assert claims == {slug: set(due) for slug, due in due_claims(manifest).items()}, "make claims"


def test_claims_are_written_into_a_manifest() -> None:
    """`make claims` replaces a list, adds one that is missing, takes an empty one out, and touches nothing else."""
    text = (
        'name = "x" # kept\n\n[designs.task]\nclaims = [\n    "old",\n]\ndenies = ["no-loss"]\n'
        "[designs.task.roles.task]\ncommand = []\n\n[designs.rpc]\n[designs.rpc.roles.http]\n"
        '\n[designs.parts]\nclaims = ["old"]\n'
    )
    written = with_claims(text, {"task": ["a", "b"], "rpc": ["c" * 50, "d" * 50], "parts": []})
    assert written == (
        'name = "x" # kept\n\n[designs.task]\nclaims = ["a", "b"]\ndenies = ["no-loss"]\n'
        "[designs.task.roles.task]\ncommand = []\n\n"
        f'[designs.rpc]\nclaims = [\n    "{"c" * 50}",\n    "{"d" * 50}",\n]\n'
        "[designs.rpc.roles.http]\n\n[designs.parts]\n"
    )


def test_every_defect_has_its_facts() -> None:
    """Defects, manifests and the table of what they break name the same."""
    manifests = {path.stem for path in FAULTY.glob("*.toml")}
    assert set(DEFECTS) == manifests == BREAKS.keys() | HOLDS.keys()
    assert {defect for defect, _ in ENTANGLED} <= manifests


def _looked_at(items: Sequence[pytest.Item]) -> list[str]:
    """Name the defects of these tests of ours; all of them where a test looks at the whole report."""
    named: set[str] = set()
    for item in items:
        if not isinstance(item, pytest.Function) or "report" not in item.fixturenames:
            continue
        if item.path != Path(__file__):
            continue
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        named |= {*map(str, parameters.values())} or {*DEFECTS}
    return [defect for defect in DEFECTS if defect in named]


def _of(report: Report, defect: str) -> list[Finding]:
    return [f for f in report.findings if f.implementation == defect]


def _says(finding: Finding, expected: Break) -> bool:
    verdict = finding.verdict
    said = (verdict.words, *(violation.words for violation in verdict.violations))
    return verdict.outcome is expected.outcome and any(expected.words in words for words in said)


def _told(findings: list[Finding]) -> str:
    return "\n".join(
        f"{f.design} {f.verdict.requirement}: {f.verdict.outcome} {f.verdict.words}"
        + "".join(f"\n  {v.words}" for v in f.verdict.violations)
        for f in findings
    )
