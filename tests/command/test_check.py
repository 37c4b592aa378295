"""`warren check` says the right thing to pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.running import run

DEADLINE = 60.0
"""Seconds for pytest to start, refuse and end."""


def test_check_says_it_to_pytest(to_pytest: list[str]) -> None:
    """Manifests, named either way, options and what stands after -- reach pytest; its exit status comes back."""
    result = run(
        *("check", "a.toml", "--implementation", "b.toml", "--broker", "docker:rabbitmq:3.10"),
        *("--database", "sqlite", "--pace", "document", "--design", "rpc", "--design", "task"),
        *(
            "--guarantee",
            "no-loss",
            "--full",
            "--queue-type",
            "quorum",
            "--seed",
            "0",
            "--report",
            "out",
            "-n",
            "4",
            "--",
            "-k",
            "cut",
            "--lf",
        ),
    )
    assert result.exit_code == 1
    assert to_pytest[-16:] == [
        f"--implementation={Path.cwd() / 'a.toml'}",
        f"--implementation={Path.cwd() / 'b.toml'}",
        "--broker=docker:rabbitmq:3.10",
        "--database=sqlite",
        "--pace=document",
        "--queue-type=quorum",
        "--design=rpc",
        "--design=task",
        "--guarantee=no-loss",
        "--full",
        "--seed=0",
        f"--report={Path.cwd() / 'out'}",
        "-n4",
        "-k",
        "cut",
        "--lf",
    ]


@pytest.mark.parametrize("asked", [(), ("-p", "no:cacheprovider")], ids=["cache", "no cache"])
def test_check_without_a_cache(to_pytest: list[str], asked: tuple[str, ...]) -> None:
    """Pytest's cache is this user's, and not named where somebody wants none: pytest would not know the word then."""
    run("check", "--", *asked)
    assert any(word.startswith("cache_dir=") for word in to_pytest) is not bool(asked)


def test_check_finds_the_cases(to_pytest: list[str]) -> None:
    """The cases are those of the installed package, wherever the command is given."""
    run("check")
    cases = Path(next(argument for argument in to_pytest if argument.endswith("consumers")))
    assert cases.is_absolute()
    assert (cases.parent / "catalogue.toml").is_file()
    assert not [
        a for a in to_pytest if a.startswith(("--implementation", "-n", "--report", "--full"))
    ]


def test_check_from_another_directory(tmp_path: Path) -> None:
    """The real pytest loads the plugin from anywhere; a bad manifest is a sentence and status 2."""
    (tmp_path / "mine.toml").write_text("protocol = 1\nnam = 'x'\n")
    done = subprocess.run(
        [sys.executable, "-c", "from warren.command.cli import main; main()", "check", "mine.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 2, printed
    assert f"{tmp_path}/mine.toml, nam: unknown key `nam`; did you mean `name`." in printed
    assert "Traceback" not in printed
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]
