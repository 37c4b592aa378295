"""The action for GitHub: its steps say the right words to Warren, and fail as Warren does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}

WARREN = """#!/bin/bash
printf '%s\\n' "$@" >> "$CALLS"
case $1 in
check) mkdir -p out && echo '{}' > out/report.json && exit 1 ;;
report) echo "$2 of $3" ;;
esac
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give what a runner gives, with a Warren that notes what it was told, and finds that a claim does not hold."""
    warren = tmp_path / "warren"
    warren.write_text(WARREN, "utf-8")
    warren.chmod(0o755)
    names = ("CALLS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
    files = {name: str(tmp_path / name) for name in names}
    return {"PATH": os.environ["PATH"], "WARREN": str(warren), "REPORT": "out", **files}


def run(name: str, environment: dict[str, str], folder: Path) -> int:
    """Run the script of a step as a runner does."""
    script = STEPS[name]["run"]
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, check=False, cwd=folder, env=environment, timeout=DEADLINE)
    return done.returncode


def test_judges_and_shows(environment: dict[str, str], tmp_path: Path) -> None:
    """Manifests and arguments are words each, whatever is in them; the report is shown though a claim does not hold."""
    asked = {
        "MANIFEST": "a.toml\nb.toml\n",
        "BROKER": "embedded",
        "DATABASE": "sqlite",
        "ARGUMENTS": "-n 4 -- -k $(touch${IFS}owned) *",
    }
    assert run("Judge", environment | asked, tmp_path) == 0
    words = ["check", "a.toml", "b.toml", "--broker=embedded", "--database=sqlite", "--report=out"]
    words += ["-n", "4", "--", "-k", "$(touch${IFS}owned)", "*"]
    assert (tmp_path / "CALLS").read_text().splitlines() == words
    assert not (tmp_path / "owned").exists()
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "status=1\n"
    assert run("Show", environment, tmp_path) == 0
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text() == "markdown of out/report.json\n"
    assert (tmp_path / "out" / "badge.svg").read_text() == "badge of out/report.json\n"
    assert run("Say whether all claims hold", environment | {"STATUS": "1"}, tmp_path) == 1


def test_nothing_to_show(environment: dict[str, str], tmp_path: Path) -> None:
    """Where nothing was judged there is no report, and that alone is no failure of its own."""
    assert run("Show", environment, tmp_path) == 0
    assert not (tmp_path / "CALLS").exists()


def test_no_input_is_code() -> None:
    """No input stands in a script, where its words would be run: each comes by the environment."""
    assert all("${{" not in step.get("run", "") for step in STEPS.values())
    given = {value for step in STEPS.values() for value in step.get("env", {}).values()}
    for name in ACTION["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in given
