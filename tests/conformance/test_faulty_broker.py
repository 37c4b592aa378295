"""The judge of brokers is judged: each planted defect is caught by name, and nothing else is blamed on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.conformance.broker_judge import BrokerJudge
from tests.conformance.faulty_broker import DEFECTS
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("faulty-broker")  # one process judges them all


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
    "prefetches-one-more": expect(
        "distribution.prefetch-consumer",
        "distribution.prefetch-channel",
        "distribution.whoever-is-free",
    ),
    "settles-one-of-multiple": expect("ack.multiple"),
    "counts-no-death": expect("dead-letter.delayed-retry"),
    "shortens-life": expect("ttl.message", "ttl.queue", "ttl.smaller-wins"),
    "keeps-no-messages": expect(
        "durability.persistent-survives",
        "durability.transient-lost",
        "durability.unacked-survives",
        "durability.killed",
        "dead-zone.confirmed-survives",
    ),
    "confirms-before-it-keeps": expect("durability.killed"),
    "limits-one-delivery-less": expect("quorum.delivery-limit", "quorum.default-limit"),
    "counts-nacks": expect("quorum.nack-counted"),
    "counts-what-was-late": expect("ack-timeout.comes-back", "ack-timeout.quorum"),
    "times-out-classic-queues": expect("ack-timeout.classic"),
    "serves-the-lowest-first": expect("limits.priorities"),
    "alarms-too-early": expect("memory.not-before"),
    "fills-the-disk": expect("memory.disk-blocked"),
    "bears-silence": expect("connection.silent-closed"),
}


@pytest.fixture(scope="module")
def judge() -> Iterator[BrokerJudge]:
    """Start the process that judges."""
    with BrokerJudge() as judge:
        yield judge


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_caught_by_name(judge: BrokerJudge, defect: str, tmp_path: Path) -> None:
    """What the defect breaks is violated, and every other requirement of the themes holds."""
    expected = EXPECTED[defect]
    report = read_json(judge.judge("embedded", expected.themes, tmp_path, defect=defect))
    outcomes: dict[str, set[Outcome]] = {}
    for finding in report.findings:
        outcomes.setdefault(finding.verdict.requirement, set()).add(finding.verdict.outcome)
    assert {id_ for id_, seen in outcomes.items() if Outcome.FAIL in seen} == expected.broken
    held = {id_: seen for id_, seen in outcomes.items() if id_ not in expected.broken}
    assert held
    assert {id_: seen for id_, seen in held.items() if seen != {Outcome.PASS}} == {}
