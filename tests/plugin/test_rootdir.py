"""Where an option's path leads pytest away from Warren's folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "implementations" / "php" / "implementation.toml"


PYTEST = (sys.executable, "-m", "pytest")
COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")
IN_WARREN = (*COLLECT, "-o", "testpaths=conformance", "--broker", "embedded")
"""Without the tests of Warren itself, which take long to collect."""


def run(folder: Path, *command: str | Path) -> tuple[int, str]:
    """Give a command in a folder; return its exit status and all that it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("option", ["--implementation", "--report"])
def test_a_path_elsewhere(tmp_path: Path, option: str) -> None:
    """A path outside Warren's folder, in an argument of its own, is met with what to write, and that works."""
    path = tmp_path
    if option == "--implementation":
        path = Path(shutil.copy(MANIFEST, tmp_path))
    status, printed = run(ROOT, *PYTEST, *IN_WARREN, option, str(path))
    assert status == pytest.ExitCode.USAGE_ERROR, printed
    assert f"did not find Warren there; write {option}={path}" in printed
    status, printed = run(ROOT, *PYTEST, *IN_WARREN, f"{option}={path}")
    assert status == pytest.ExitCode.OK, printed
    assert "conformance/consumers/" in printed


def test_an_implementation_inside(tmp_path: Path) -> None:
    """A manifest in Warren's folder needs no such care, and neither does one beside a path of tests."""
    outside = shutil.copy(MANIFEST, tmp_path)
    for manifest, cases in ((MANIFEST, ()), (outside, ("conformance/consumers",))):
        status, printed = run(ROOT, *PYTEST, *COLLECT, "--implementation", str(manifest), *cases)
        assert status == pytest.ExitCode.OK, printed
        assert "[document-php-task]" in printed


def test_two_paths(tmp_path: Path) -> None:
    """Of two options the one is named whose path leads away."""
    status, printed = run(ROOT, *PYTEST, *COLLECT, "--report", "new", "--implementation", tmp_path)
    assert status == pytest.ExitCode.USAGE_ERROR, printed
    assert f"write --implementation={tmp_path}" in printed


def test_another_project(tmp_path: Path) -> None:
    """In a project of somebody else's, with a package `fixtures`, Warren is not to be noticed."""
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "__init__.py").touch()
    (tmp_path / "fixtures" / "db.py").touch()
    (tmp_path / "conftest.py").write_text("import fixtures.db\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_it(): ...\n", encoding="utf-8")
    for pytest_ in (PYTEST, (Path(sys.executable).with_name("pytest"),)):
        status, printed = run(tmp_path, *pytest_, *COLLECT)
        assert status == pytest.ExitCode.OK, printed
    _, printed = run(tmp_path, *PYTEST, *COLLECT, "--report", tmp_path)
    assert "unrecognized arguments: --report" in printed
    assert "Warren" not in printed


def test_warren_check_from_elsewhere(tmp_path: Path) -> None:
    """`warren check` takes such paths as they are, in any folder, and pytest has nothing to warn of."""
    manifest = Path(shutil.copy(MANIFEST, tmp_path))
    warren = (Path(sys.executable).with_name("warren"), "check", manifest, "--broker", "embedded")
    status, printed = run(tmp_path, *warren, "--report", str(tmp_path), "--", *COLLECT[:2])
    assert status == pytest.ExitCode.OK, printed
    assert "[document-php-task]" in printed
    assert "warning" not in printed
