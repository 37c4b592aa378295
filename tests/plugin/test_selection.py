"""Which items a case becomes, which of them stay, and what starts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import Project

if TYPE_CHECKING:
    from tests.plugin.project import Started

pytest_plugins = ["pytester"]


def items(result: pytest.RunResult) -> list[str]:
    """Give the ids of what was collected, without the file."""
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_items(project: Project) -> None:
    """A case becomes an item for each implementation and each design that both have."""
    result = project.run(
        project.manifest(), project.manifest(name="bills"), "--collect-only", "-q", "-k", "every"
    )
    assert items(result) == [
        "test_everywhere[orders-blocking]",
        "test_everywhere[orders-parts]",
        "test_everywhere[bills-blocking]",
        "test_everywhere[bills-parts]",
    ]


@pytest.mark.parametrize(
    ("options", "selected"),
    [
        (("--design", "parts"), ["test_everywhere[orders-parts]"]),
        (("--guarantee", "no-loss"), ["test_holds[orders-blocking]"]),
        (("--design", "parts", "--guarantee", "no-loss"), []),
    ],
)
def test_selection(project: Project, options: tuple[str, ...], selected: list[str]) -> None:
    """Only the cases of the chosen designs and guarantees stay; the others are deselected."""
    result = project.run(project.manifest(), "--collect-only", "-q", "conformance", *options)
    assert items(result) == selected


def test_selection_is_for_cases(project: Project) -> None:
    """A test that is no case stays, whatever its parameters and fixtures are called."""
    (project.pytester.path / "tests" / "test_other.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def broker(): return 1\n"
        "@pytest.mark.parametrize('subject', [None])\n"
        "def test_other(broker, subject): assert subject is None\n",
        "utf-8",
    )
    result = project.run("--design=parts", "--guarantee=no-loss", "tests")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "collected"),
    [
        ((), {"test_cases.py"}),
        (("-k", "holds or other"), {"test_cases.py", "test_other.py"}),
        (("conformance", "tests"), {"test_cases.py", "test_other.py"}),
    ],
    ids=["nothing else", "an expression", "paths"],
)
def test_named_implementation(
    project: Project, arguments: tuple[str, ...], collected: set[str]
) -> None:
    """Whoever names an implementation and chooses nothing gets the consumers' cases alone."""
    result = project.run(project.manifest(), "--collect-only", "-q", *arguments)
    files = {line.partition("::")[0] for line in result.outlines if "::" in line}
    assert {file.rpartition("/")[2] for file in files} == collected


def test_no_implementation_named(project: Project) -> None:
    """Without one, everything is collected."""
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["tests/test_other.py::test_other"])


def test_header_says_what_was_left_out(project: Project) -> None:
    """That only the consumers' cases run stands in the header."""
    left_out = "warren *; only the cases of consumers, as --implementation asks"
    arguments = project.manifest(), "--guarantee=no-loss"
    project.run(*arguments).stdout.fnmatch_lines([left_out])
    project.run(*arguments, "conformance").stdout.no_fnmatch_line(left_out)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("--guarantee=rpc-correlated",),
            "--guarantee: *: orders has blocking, parts, but rpc-correlated is about rpc; choose *",
        ),
        (
            ("--design=task", "--design=rpc"),
            "--design: *: orders has blocking, parts, but --design asks for rpc, task; choose *",
        ),
    ],
    ids=["guarantee", "design"],
)
def test_nothing_left(
    pytester: pytest.Pytester, started: Started, options: tuple[str, ...], sentence: str
) -> None:
    """Options that leave nothing of the manifest are refused in a sentence before anything starts."""
    manifest = Project(pytester).manifest()
    result = pytester.runpytest_subprocess("-p", "warren.plugin.hooks", manifest, *options)
    assert result.ret == 2
    result.stderr.fnmatch_lines([f"*warren: {sentence}"])
    assert started.events == []


def test_broker_owes_it(project: Project) -> None:
    """A guarantee of brokers is no mistake, whatever the implementation has."""
    result = project.run(project.manifest(), "--collect-only", "-q", "--guarantee=hello")
    assert items(result) == ["test_other"]


def test_collecting_starts_nothing(project: Project, started: Started) -> None:
    """To list the cases takes no broker."""
    assert project.run(project.manifest(), "--collect-only").ret == 0
    assert started.events == []


def test_other_tests_start_nothing(project: Project, started: Started) -> None:
    """Tests that are no cases take no broker, and have no header of ours."""
    result = project.run("tests")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*warren*a broker*")
    assert started.events == []


def test_cases_start_what_they_need_once(project: Project, started: Started) -> None:
    """Servers start before the first case and end after the worlds, which are made once."""
    result = project.run(project.manifest(), "-k", "everywhere", "conformance/consumers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["warren *: a broker; a database; pace fast*"])
    assert started.events == ["servers start", "worlds start", "worlds end", "servers end"]
