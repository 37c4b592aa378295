"""How a node of our own is told to do something: by erl_call, or by rabbitmqctl where that is missing."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from warren.worlds.real.brokers.own import RESTART, evaluate_command

if TYPE_CHECKING:
    from pathlib import Path


def tell(folder: Path, **programs: str) -> tuple[int, str]:
    """Tell a node to restart where there are these programs and a shell; give the status and what was printed."""
    for name in ("sh", "cat"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, script in programs.items():
        (folder / name).write_text(f"#!{folder}/sh\n{script}\n", "utf-8")
        (folder / name).chmod(0o755)
    argv = evaluate_command("rabbitmqctl", RESTART)
    environment = {"PATH": str(folder), "RABBITMQ_NODENAME": "one@here"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_told_by_erl_call(tmp_path: Path) -> None:
    """The node of that name is sent the code, and no other program is started."""
    erl_call = f'echo "$* $(cat)" > {tmp_path}/said; echo "{{ok, ok}}"'
    assert tell(tmp_path, erl_call=erl_call, rabbitmqctl="exit 1") == (0, "")
    said = (tmp_path / "said").read_text("utf-8")
    assert said == f"-r -sname one@here -e {RESTART}.\n"


@pytest.mark.parametrize("answer", ["{ok, {error, x}}", "{error, undef}", "no node"])
def test_any_other_answer_is_a_failure(tmp_path: Path, answer: str) -> None:
    """What is no success fails, in the words of the node."""
    assert tell(tmp_path, erl_call=f'echo "{answer}"') == (1, answer)


def test_told_by_rabbitmqctl(tmp_path: Path) -> None:
    """Where there is no erl_call, rabbitmqctl is told the same, and its status counts."""
    assert tell(tmp_path, rabbitmqctl='echo "$1: $2"; exit 3') == (3, f"eval: {RESTART}.\n")
