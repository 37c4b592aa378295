"""One user of the queue, told what to do on standard input."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

DEADLINE = 60.0


def use(requests: list[Any], *, url: str, queue: str = "work") -> list[Any]:
    """Run one user and give its answers."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_impl.table_queue", queue, "--visibility=60"],
        input="".join(f"{json.dumps(request)}\n" for request in requests),
        env={"PATH": os.environ["PATH"], "WARREN_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    assert not done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_life(tmp_path: Path) -> None:
    """Create, put, take, settle: each request has its answer, in order."""
    answers = use(
        [
            {"do": "create"},
            {"do": "put", "body": "один"},
            {"do": "put", "body": "undone", "commit": False},
            {"do": "take"},
            {"do": "take"},
            {"do": "counts"},
            {"do": "ack", "receipt": "of nobody"},
        ],
        url=f"sqlite:///{tmp_path / 'queue.db'}",
    )
    assert answers[0] == {"done": True}
    assert answers[3]["message"]["body"] == "один"
    assert answers[4:6] == [{"message": None}, {"ready": 0, "unacked": 1}]
    assert "not ours" in answers[6]["lost"]


def test_not_understood(tmp_path: Path) -> None:
    """What is no request is answered with an error, and the next one is served."""
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    answers = use([{"do": "dance"}, [], {"do": "put", "boby": "x"}, {"do": "create"}], url=url)
    assert ["error" in answer for answer in answers] == [True, True, True, False]


def test_no_database() -> None:
    """Without WARREN_DATABASE_URL it says so, with status 2."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_impl.table_queue", "work"],
        env={"PATH": os.environ["PATH"]},
        input="",
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 2
    assert "WARREN_DATABASE_URL is not set" in done.stderr
