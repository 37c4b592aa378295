"""Judges brokers, one after the other, in a process that imports everything once, and so costs a third.

`BrokerJudge` starts the process and asks it; `python -m tests.conformance.broker_judge` is what it starts.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warren.worlds.real.brokers import embedded

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
FAULTY = Path(__file__).with_name("faulty_broker.py")
SOUND = embedded.PROGRAM
TIMEOUT = 600.0
"""Seconds in which some cases of a broker must end."""


class BrokerJudge(AbstractContextManager["BrokerJudge"]):
    """A process that judges what it is asked to."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WARREN_"))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def judge(
        self, option: str, themes: Iterable[str], folder: Path, *, defect: str | None = None
    ) -> Path:
        """Run some themes on the broker of a `--broker` option, an embedded one with a defect; give the report."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([option, [*themes], str(folder), defect]) + "\n")
        stdin.flush()
        assert select.select([stdout], [], [], TIMEOUT)[0], f"{option} is not judged in time"
        assert stdout.readline(), f"the process that judges {option} has ended"
        return folder / "report.json"

    def __exit__(self, *_: object) -> None:
        """Have it end."""
        with self._process as process:
            process.kill()


def judge(option: str, themes: Iterable[str], folder: str, defect: str | None) -> None:
    """Run pytest in this process."""
    embedded.PROGRAM = SOUND if defect is None else (str(FAULTY), defect)
    arguments = (
        *("-p", "no:cacheprovider", "conformance/brokers"),
        *("--broker", option, "--database", "sqlite", "--report", folder),
        *(word for theme in themes for word in ("--guarantee", theme)),
    )
    pytest.main([*arguments])


def main() -> None:
    """Judge what each line asks for, and answer with a line; what pytest says is nobody's."""
    with os.fdopen(os.dup(1), "w") as answers, Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 1)
        for line in sys.stdin:
            judge(*json.loads(line))
            answers.write("judged\n")
            answers.flush()


if __name__ == "__main__":
    main()
