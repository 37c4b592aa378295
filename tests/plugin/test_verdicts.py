"""What the verdicts of its cases make of a run: its exit status."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import CASES, HALVES

if TYPE_CHECKING:
    from tests.plugin.project import Project

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("case", "claims", "denies", "status"),
    [
        ("test_holds", ["no-loss"], [], 0),
        ("test_holds", [], [], 0),
        ("test_everywhere", [], ["survives-empty"], 1),
        ("test_violated", ["effect-once"], [], 1),
        ("test_violated", [], [], 0),
        ("test_violated", [], ["effect-once"], 0),
        ("test_unclear", ["fair-dispatch"], [], 2),
        ("test_unclear", [], ["fair-dispatch"], 2),
        ("test_unclear", [], [], 0),
        ("test_forgets_to_judge", [], [], 1),
        ("test_measures", [], [], 0),
    ],
)
def test_exit_status(
    project: Project, case: str, claims: list[str], denies: list[str], status: int
) -> None:
    """0: all holds that is claimed, and fails that is denied; 1: not so; 2: nobody can say."""
    guarantee = re.search(rf'guarantee\("([\w-]+)"[^@]+@[^@]+def {case}\(', CASES)
    chosen = ["--guarantee", guarantee[1]] if guarantee else ["-k", case]
    result = project.run(project.manifest(claims=tuple(claims), denies=tuple(denies)), *chosen)
    assert result.ret == status


def test_nothing_to_measure(project: Project) -> None:
    """A figure that cannot be taken is nobody's failure, and is said to be missing."""
    result = project.run(project.manifest(), "-k", "cannot_measure", "-rs")
    assert result.ret == 0
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * not measured: no row came within 2.0 s"])


def test_failure_is_worse_than_doubt(project: Project) -> None:
    """Where one claim does not hold and another is unclear, the run has failed."""
    result = project.run(
        project.manifest(claims=("effect-once", "fair-dispatch")), "-k", "violated or unclear"
    )
    assert result.ret == 1


@pytest.mark.parametrize(
    ("arguments", "stale"),
    [
        ((), ["graceful-stop", "fair-dispatch"]),
        (("-k", "idle or in_hand"), ["graceful-stop"]),
        (("-k", "idle"), []),
        (("conformance/consumers/test_halves.py::test_idle",), []),
        (("conformance/consumers/test_halves.py::test_both",), ["fair-dispatch"]),
        (("--guarantee", "bounded-run"), []),
        (("-x",), []),
    ],
    ids=["all", "one whole", "by name", "by id", "by another's id", "not asked for", "broken off"],
)
def test_denial_is_not_judged_by_halves(
    project: Project, arguments: tuple[str, ...], stale: list[str]
) -> None:
    """A denial may still be seen violated by a requirement that was not judged, however it was left out."""
    folder = project.pytester.path / "conformance" / "consumers"
    (folder / "test_cases.py").unlink()
    (folder / "test_halves.py").write_text(HALVES, "utf-8")
    manifest = project.manifest(
        claims=("survives-empty",), denies=("graceful-stop", "fair-dispatch")
    )
    result = project.run(manifest, *arguments)
    found = re.findall(r"stale denial: orders blocking denies ([\w-]+),", result.stdout.str())
    assert list(dict.fromkeys(found)) == sorted(stale)


def test_denial_that_nothing_witnessed(project: Project) -> None:
    """A denial whose cases only waited in vain was not seen: said in words of its own, and the run fails."""
    (project.pytester.path / "conformance" / "consumers" / "test_cases.py").write_text(
        """
import pytest
from warren.claims.catalogue import load_catalogue
from warren.rigs.consumers import Unmet

@pytest.mark.guarantee("bounded-run", designs=("blocking",))
@pytest.mark.requirement(*sorted(load_catalogue().due("bounded-run", "blocking")))
def test_in_vain(rig):
    raise Unmet("no message came within 2.0 s")
""",
        "utf-8",
    )
    result = project.run(project.manifest(denies=("bounded-run",)))
    assert result.ret == 1
    (words,) = {line for line in result.outlines if line.startswith("denial not seen: ")}
    assert words.startswith("denial not seen: orders blocking denies bounded-run, but no case saw")


@pytest.mark.parametrize(
    ("options", "drawn"),
    [((), ["test_unclear", "test_violated"]), (("--draw-all",), None)],
    ids=["by default", "all"],
)
def test_drawn(project: Project, options: tuple[str, ...], drawn: list[str] | None) -> None:
    """What did not hold is drawn in the report, or all is; JUnit's file has no drawing."""
    chosen = ("-k", "holds or violated or unclear", "--report=reports", "--junitxml=junit.xml")
    project.run(project.manifest(), *chosen, *options)
    written = json.loads((project.pytester.path / "reports" / "report.json").read_text("utf-8"))
    cases = sorted({d["case"].partition("::")[2].partition("[")[0] for d in written["drawings"]})
    assert cases == (drawn or ["test_holds", "test_unclear", "test_violated"])
    assert '"events"' not in (project.pytester.path / "junit.xml").read_text("utf-8")
    assert "hunter2" not in json.dumps(written)


def test_not_drawn_without_report(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no report is written nothing is drawn."""
    monkeypatch.setattr("warren.plugin.hooks.drawing_of", None)
    project.run(project.manifest(), "-k", "violated").assert_outcomes(passed=1)
