"""The judge of brokers is judged: each planted defect is caught by name, and nothing else is blamed on it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fixtures.report.json_report import read_json
from fixtures.verdict import Outcome
from tests.conformance.faulty_broker import DEFECTS
from tests.conformance.suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = 60.0
RUN = 600.0


@dataclass(frozen=True, slots=True)
class Expected:
    """The themes whose cases meet a defect, and the requirements that these find broken."""

    themes: tuple[str, ...]
    broken: frozenset[str]


def expect(*broken: str, also: tuple[str, ...] = ()) -> Expected:
    """Run the themes of what is broken, and `also` some where all must hold."""
    themes = dict.fromkeys(id_.partition(".")[0] for id_ in broken)
    return Expected((*themes, *also), frozenset(broken))


EXPECTED = {
    "requeues-at-the-tail": expect("ack.requeue-place", "ack.multiple"),
    "forgets-redelivery": expect(
        "ack.unacked-invisible",
        "ack.returns-when-channel-closes",
        "ack.returns-when-consumer-dies",
        "ack.requeue-at-once",
        "forgotten-ack.again-and-again",
    ),
    "wants-a-word-for-hash": expect(
        "topic.hash-zero-words",
        "topic.hash-more-words",
        "topic.hash-alone",
        also=("weather",),
    ),
    "takes-turns-at-fanout": expect("fanout.ignores-key", also=("direct",)),
    "ignores-prefetch": expect(
        "distribution.prefetch-consumer",
        "distribution.prefetch-channel",
        "distribution.whoever-is-free",
        "forgotten-ack.visible",
    ),
    "settles-one-of-multiple": expect("ack.multiple"),
    "counts-no-death": expect("dead-letter.delayed-retry"),
    "bears-silence": expect("connection.silent-closed"),
}


@contextlib.contextmanager
def faulty_broker(defect: str) -> Iterator[str]:
    """Run a broker with a defect, and give the value of `--broker` for it."""
    password = secrets.token_hex(8)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.conformance.faulty_broker", defect),
            *("--port=0", "--management-port=0", "--user=warren"),
        ],
        cwd=ROOT,
        env={**os.environ, "WARREN_BROKER_PASSWORD": password},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], START)[0], "the broker is not ready"
            ready = json.loads(process.stdout.readline())
            management = f"http://127.0.0.1:{ready['management_port']}"
            yield f"amqp://warren:{password}@127.0.0.1:{ready['port']}/?management={management}"
        finally:
            process.kill()


def judge(option: str, themes: tuple[str, ...], folder: Path) -> dict[str, set[Outcome]]:
    """Run some themes on a broker, and give the outcomes of each requirement."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "conformance/brokers"),
            *("--broker", option, "--database", "sqlite", "--report", str(folder)),
            *("-m", "not restarts_broker"),
            *(word for theme in themes for word in ("--guarantee", theme)),
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WARREN_"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=RUN,
        check=False,
    )
    outcomes: dict[str, set[Outcome]] = {}
    for finding in read_json(folder / "report.json").findings:
        outcomes.setdefault(finding.verdict.requirement, set()).add(finding.verdict.outcome)
    return outcomes


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_caught_by_name(defect: str, tmp_path: Path) -> None:
    """What the defect breaks is violated, and every other requirement of the themes holds."""
    expected = EXPECTED[defect]
    with faulty_broker(defect) as option:
        outcomes = judge(option, expected.themes, tmp_path)
    assert {id_ for id_, seen in outcomes.items() if Outcome.FAIL in seen} == expected.broken
    held = {id_: seen for id_, seen in outcomes.items() if id_ not in expected.broken}
    assert held
    assert {id_: seen for id_, seen in held.items() if seen != {Outcome.PASS}} == {}
