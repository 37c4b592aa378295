"""Which cases a quick run leaves to the full set, and how a mark that means nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.plugin.sets import MARKERS

if TYPE_CHECKING:
    from tests.plugin.project import Project

pytest_plugins = ["pytester"]

CASES = """
import pytest

pytestmark = [
    pytest.mark.guarantee("survives-empty", designs=("blocking", "parts")),
    pytest.mark.requirement("survives-empty.ends"),
]

def test_quick(rig):
    rig.judge()

@pytest.mark.full
def test_full(rig):
    rig.judge()

@pytest.mark.quick(designs=("blocking",))
def test_some(rig):
    rig.judge()

@pytest.mark.quick(first=True)
def test_first(rig):
    rig.judge()

@pytest.mark.quick(designs=("parts",), first=True)
def test_both(rig):
    rig.judge()

@pytest.mark.quick(designs=("blocking", "parts"))
@pytest.mark.parametrize(
    "prefetch",
    [
        1,
        pytest.param(3, marks=pytest.mark.quick(designs=("parts",))),
        pytest.param(10, marks=pytest.mark.full),
    ],
)
def test_sizes(rig, prefetch):
    rig.judge()
"""
LEFT = """
import pytest
from warren.claims.catalogue import load_catalogue
from warren.rigs.consumers import Violation

ALL = sorted(load_catalogue().due("graceful-stop", "blocking"))

@pytest.mark.guarantee("graceful-stop", designs=("blocking",))
@pytest.mark.requirement(*ALL)
def test_quick(rig):
    for requirement in ALL:
        rig.judge(requirement=requirement)

@pytest.mark.full
@pytest.mark.guarantee("graceful-stop", designs=("blocking",))
@pytest.mark.requirement("graceful-stop.idle")
def test_slow(rig):
    rig.judge(Violation("it did not stop"))

@pytest.mark.full
@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.requirement("no-loss.killed-before-work")
def test_left(rig):
    rig.judge()
"""
DUE = len(load_catalogue().due("graceful-stop", "blocking"))
RESTS_ON = f"{DUE} of {DUE + 1}"
QUICK = {
    "test_quick[orders-blocking]",
    "test_quick[orders-parts]",
    "test_some[orders-blocking]",
    "test_first[orders-blocking]",
    "test_both[orders-blocking]",
    "test_both[orders-parts]",
    "test_sizes[orders-blocking-1]",
    "test_sizes[orders-parts-1]",
    "test_sizes[orders-parts-3]",
}
FULL = QUICK | {
    "test_full[orders-blocking]",
    "test_full[orders-parts]",
    "test_some[orders-parts]",
    "test_first[orders-parts]",
    "test_sizes[orders-blocking-3]",
    "test_sizes[orders-blocking-10]",
    "test_sizes[orders-parts-10]",
}


def collect(project: Project, cases: str, *options: str) -> pytest.RunResult:
    """Collect these cases in the place of the project's own."""
    folder = project.pytester.path / "conformance" / "consumers"
    (folder / "test_cases.py").write_text(cases, "utf-8")
    return project.run(project.manifest(), "--collect-only", "-q", "conformance", *options)


@pytest.mark.parametrize(("options", "expected"), [((), QUICK), (("--full",), FULL)])
def test_sets(project: Project, options: tuple[str, ...], expected: set[str]) -> None:
    """Without --full only those cases stay that no mark leaves to the full set, for the design they run in."""
    result = collect(project, CASES, *options)
    assert {line.partition("::")[2] for line in result.outlines if "::" in line} == expected


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        (
            'quick(designs=("blokking",))',
            "no design of the case is called blokking; it has blocking, parts",
        ),
        ('quick(designs=("blocking", "rpc"))', "no design of the case is called rpc; it has *"),
        (
            'quick(designs="blocking")',
            "it takes `designs`, a tuple of some, or `first=True`, or both",
        ),
        ("quick", "it takes `designs`, a tuple of some, or `first=True`, or both"),
        ('full(designs=("blocking",))', "it takes no arguments"),
    ],
)
@pytest.mark.parametrize("where", ["case", "parameter"])
def test_wrong_marks(project: Project, where: str, mark: str, sentence: str) -> None:
    """A mark that names no design of the case, or says nothing, is an error that names the case."""
    marked = f'@pytest.mark.{mark}\n@pytest.mark.parametrize("n", [1])'
    if where == "parameter":
        marked = f'@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.{mark})])'
    wrong = f"\n{marked}\ndef test_wrong(rig, n):\n    rig.judge()\n"
    result = collect(project, CASES + wrong)
    assert result.ret == 2
    result.stdout.fnmatch_lines(
        [f"*test_cases.py::test_wrong*: mark `{mark.partition('(')[0]}`: {sentence}*"]
    )


@pytest.fixture
def left(project: Project) -> Project:
    """Give a project with cases that a quick run leaves to the full set."""
    folder = project.pytester.path / "conformance" / "consumers"
    (folder / "test_cases.py").write_text(LEFT, "utf-8")
    return project


def test_denial_that_the_full_set_sees(left: Project) -> None:
    """A denial is not judged while the case that sees it was left out, and is seen when it runs."""
    manifest = left.manifest(denies=("graceful-stop",))
    quick = left.run(manifest)
    assert quick.ret == 0
    quick.stdout.fnmatch_lines(
        [f"graceful-stop*not judged, {RESTS_ON}*", "*; pace fast; quick set"]
    )
    full = left.run(manifest, "--full")
    assert full.ret == 0
    full.stdout.re_match_lines([r"graceful-stop +≠ denied", ".*; pace fast; full set"])


def test_claim_that_rests_on_fewer_cases(left: Project) -> None:
    """A claim that held in the cases that ran says how many they are; one whose cases were all left is not judged."""
    result = left.run(left.manifest(claims=("graceful-stop", "no-loss")))
    assert result.ret == 0
    result.stdout.fnmatch_lines(["no-loss*… not judged*", f"graceful-stop*✓ holds, {RESTS_ON}*"])


def test_known_failure_that_the_full_set_sees(left: Project) -> None:
    """A known failure of several cases is not stale because one of them holds."""
    manifest = left.manifest(claims=("graceful-stop",))
    path = left.pytester.path / "orders.toml"
    known = '[[known_failures]]\nrequirement = "graceful-stop.idle"\nreason = "slow"\nlink = "https://example.org/1"\n'
    path.write_text(path.read_text("utf-8") + known, "utf-8")
    assert left.run(manifest).ret == 0
    assert left.run(manifest, "--full").ret == 0


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "workers"])
def test_all_is_left(left: Project, processes: tuple[str, ...]) -> None:
    """Where all that was asked for belongs to the full set, the report says so."""
    result = left.run(left.manifest(), "--guarantee=no-loss", *processes)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        ["no-loss*… not judged", "All that was asked for belongs to the full set*"]
    )


def test_what_pytest_left_out(left: Project) -> None:
    """What -k leaves out was not left to the full set, and still counts among the cases that there are."""
    result = left.run(left.manifest(), "-k", "quick")
    result.stdout.fnmatch_lines([f"graceful-stop*(✓) passes, {RESTS_ON}*"])
    result.stdout.no_fnmatch_line("no-loss*")


def test_markers_have_help(project: Project) -> None:
    """`pytest --markers` explains both."""
    result = project.run("--markers")
    result.stdout.fnmatch_lines([f"@pytest.mark.{marker}" for marker in MARKERS])
