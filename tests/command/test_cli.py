"""The console command says the right thing to the person in front of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.command.running import run
from warren.command.cli import ON_LINUX

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "arguments",
    [("check", "--pace", "slow"), ("check", "--no-such"), ("smoke",), ("no-such",)],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    """What the command does not know is status 2, with the usage."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


@pytest.mark.parametrize("command", ["check", "learn", "smoke", "upgrade", "report compare"])
def test_help_has_the_exit_status(command: str) -> None:
    """--help says what each exit status means."""
    output = run(*command.split(), "--help").output
    assert "Exit status:\n    0  " in output
    assert "\n    2  " in output


@pytest.mark.parametrize("command", sorted(ON_LINUX))
def test_elsewhere(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system than Linux a command that starts consumers says so in one sentence, with status 2."""
    monkeypatch.setattr(sys, "platform", "darwin")
    result = run(command, "warren.toml")
    assert result.exit_code == 2
    assert result.output == (
        f"Error: warren {command}: consumers are judged on Linux, and this system is darwin;"
        " run it in a container, a virtual machine or CI.\n"
    )
    assert run("list").exit_code == 0


def test_smoke_of_no_manifest(tmp_path: Path) -> None:
    """A manifest that is not there is refused before anything is started."""
    result = run("smoke", str(tmp_path / "absent.toml"))
    assert result.exit_code == 2
    assert "the manifest cannot be read" in result.output
