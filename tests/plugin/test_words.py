"""What a run says and writes: failures, set-ups that cannot be used, files, no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import CASES, SECRET
from warren.errors import DatabaseUnavailable
from warren.evidence.text import REDACTED

if TYPE_CHECKING:
    from tests.plugin.project import Project, Started

pytest_plugins = ["pytester"]


def test_words_of_a_failure(project: Project) -> None:
    """A claim that does not hold is said with its violation and evidence, and no traceback."""
    result = project.run(project.manifest(claims=("effect-once",)), "-k", "violated")
    result.stdout.fnmatch_lines(
        [
            "claimed, does not hold: effect-once.ack-lost on orders blocking: it was there *",
            "  it was there twice*",
            "    row of *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_unusable_at_a_case(project: Project, started: Started) -> None:
    """A set-up that fails at a case ends the run there, in one sentence and with status 2."""
    started.trouble = DatabaseUnavailable("it does not answer", "database server x:1", "start it")
    result = project.run(project.manifest(claims=("no-loss",)))
    assert result.ret == 2
    result.assert_outcomes(errors=1)
    sentence = "warren: database server x:1: it does not answer; start it."
    assert [line for line in result.outlines if line == sentence] == [sentence]
    result.stdout.no_fnmatch_line("*Traceback*")
    assert started.events[-1] == "servers end"


def test_unusable_within_a_case(project: Project) -> None:
    """A broker that goes while a case runs is no verdict: the run ends with status 2."""
    result = project.run(project.manifest(claims=("bounded-run",)), "-k", "broker_goes or holds")
    assert result.ret == 2
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["Interrupted: 1 pass in *"])
    result.stdout.fnmatch_lines(["warren: broker: it ended *; look into its log."])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        ('requirement("no-loss.killed")', "*requirement 'no-loss.killed' is not in the catalogue*"),
        ('requirement("effect-once.ack-lost")', "*is not in the catalogue, or not of no-loss*"),
        (
            "skipif(False, reason='')",
            "*no requirement is named; mark the case with what it judges.",
        ),
    ],
    ids=["unknown", "of another guarantee", "none"],
)
def test_requirement_that_is_none(project: Project, mark: str, sentence: str) -> None:
    """A case that is not marked with requirements of its guarantee judges nothing."""
    path = project.pytester.path / "conformance" / "consumers" / "test_cases.py"
    right = 'requirement("no-loss.killed-before-work")'
    path.write_text(CASES.replace(right, mark), "utf-8")
    result = project.run(project.manifest(), "-k", "holds")
    assert result.ret == 2
    result.stdout.fnmatch_lines([sentence])


def test_no_secret_leaves(project: Project) -> None:
    """Neither the terminal nor JUnit XML nor a report has a secret that evidence spoke of."""
    out = project.pytester.path / "out"
    result = project.run(
        *(project.manifest(claims=("effect-once",)), "-k", "violated or measures"),
        *(f"--report={out}", f"--junitxml={out / 'junit.xml'}"),
    )
    texts = [result.stdout.str(), *(path.read_text("utf-8") for path in out.iterdir())]
    assert len(texts) == 4
    for text in texts:
        assert SECRET not in text
        assert REDACTED in text


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["/bin/warren", "check", "orders.toml"], ["warren", "check", "orders.toml"]),
        (["/lib/pytest/__main__.py", "x"], ["pytest", "-p", "warren.plugin.hooks"]),
    ],
    ids=["warren", "pytest"],
)
def test_command_as_it_was_typed(
    project: Project, monkeypatch: pytest.MonkeyPatch, argv: list[str], command: list[str]
) -> None:
    """A report names `warren check` as it was typed, not what that says to pytest."""
    monkeypatch.setattr("sys.argv", argv)
    out = project.pytester.path / "out"
    project.run(project.manifest(), f"--report={out}", "-k", "holds")
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["run"]["command"][: len(command)] == command


def test_files(project: Project) -> None:
    """JUnit XML has each requirement with its outcome; the report is JSON, also for no number."""
    out = project.pytester.path / "out"
    project.run(
        project.manifest(),
        f"--report={out}",
        f"--junitxml={out / 'junit.xml'}",
        "-k",
        "holds or measures",
    )
    xml = (out / "junit.xml").read_text("utf-8")
    assert '<property name="no-loss.killed-before-work" value="pass"' in xml
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert [m["values"]["texts"] for m in report["measurements"]] == [None]
    assert [f["verdict"]["outcome"] for f in report["findings"]] == ["pass"]


def test_elsewhere(pytester: pytest.Pytester, project: Project) -> None:
    """On another system than Linux a run of cases ends with one sentence and status 2, and collecting them does not."""
    pytester.makepyfile(elsewhere="import sys, warren.plugin.hooks; sys.platform = 'darwin'")
    run = ("-p", "elsewhere", "-p", "warren.plugin.hooks", project.manifest())
    result = pytester.runpytest_subprocess(*run)
    assert result.ret == 2
    words = "consumers are judged on Linux, and this system is darwin"
    what_to_do = "run it in a container, a virtual machine or CI"
    assert [line for line in (*result.outlines, *result.errlines) if line] == [
        f"Exit: warren: pytest: {words}; {what_to_do}."
    ]
    assert pytester.runpytest_subprocess(*run, "--collect-only").ret == 0


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--design=blockin", "--design: there is no 'blockin'; did you mean `blocking`; *"),
        ("--implementation=none.toml", "*none.toml: the manifest cannot be read: no such file*"),
    ],
)
def test_refused(pytester: pytest.Pytester, started: Started, option: str, sentence: str) -> None:
    """An option that cannot be meant is refused in one sentence before anything starts."""
    result = pytester.runpytest_subprocess("-p", "warren.plugin.hooks", option)
    assert result.ret == 2
    result.stderr.fnmatch_lines([f"*warren: {sentence}"])
    assert started.events == []
