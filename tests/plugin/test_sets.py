"""Which cases a quick run leaves to the full set, and how a mark that means nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
QUICK = {
    "test_quick[orders-blocking]",
    "test_quick[orders-parts]",
    "test_some[orders-blocking]",
    "test_sizes[1-orders-blocking]",
    "test_sizes[1-orders-parts]",
    "test_sizes[3-orders-parts]",
}
FULL = QUICK | {
    "test_full[orders-blocking]",
    "test_full[orders-parts]",
    "test_some[orders-parts]",
    "test_sizes[3-orders-blocking]",
    "test_sizes[10-orders-blocking]",
    "test_sizes[10-orders-parts]",
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
        ('quick(designs="blocking")', "it takes `designs`, a tuple of some, and nothing else"),
        ("quick", "it takes `designs`, a tuple of some, and nothing else"),
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


def test_markers_have_help(project: Project) -> None:
    """`pytest --markers` explains both."""
    result = project.run("--markers")
    result.stdout.fnmatch_lines([f"@pytest.mark.{marker}" for marker in MARKERS])
