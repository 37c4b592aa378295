"""`.ci/steps`: what cannot be made on a machine is told as not run, and is no failure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
results=reports
source .ci/steps
PATH=$PWD/bin made celery go rust node
finish() { finish_steps; }
echo '<testsuite><testcase classname="a" name="b"/></testsuite>' > reports/a.xml
finish
"""


def test_missing_toolchain(tmp_path: Path) -> None:
    """Of four examples those are made whose programs are here; the others are named with what they need, status 0."""
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("go", "npm"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    (programs / "tee").symlink_to(shutil.which("tee") or "")
    ended = subprocess.run(
        ["bash", "-c", SCRIPT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = [
        "=== example node: not run, it needs node",
        "=== example rust: not run, it needs cargo",
    ]
    assert ended.stdout.splitlines() == ["celery", "go", *told, "1 passed, 0 failed"]
    assert sorted(ended.stderr.splitlines()) == told
