"""What the line forges and what a broker really does agree: a defect that shows by the one shows by the other.

Both cases of each pair run on the broker of this run's options: 3.10 or 4.0, which close a channel for a late ack. They
wait long, so that only a run with `WARREN_FAULTY` in its environment has them (`.ci/weekly`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.conformance.narrowing import extent
from tests.conformance.suite import FAULTY, ROOT, run_suite, servers_of
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from warren.report.facts import Report

HARDENED = "reference-hardened"


@dataclass(frozen=True, slots=True)
class Pair:
    """A defect, a design of it, the requirement whose case forges what shows it, and the one whose case has it done."""

    defect: str
    design: str
    forged: str
    real: str


PAIRS = {
    "memory is short": Pair(
        "exits-when-blocked",
        "parts",  # RabbitMQ does not tell who publishes nothing
        "survives-blocked.publishes",
        "survives-blocked.memory-alarm",
    ),
    "an ack is late": Pair(
        "keeps-closed-channel",
        "blocking",
        "survives-channel-close.in-hand",
        "survives-channel-close.late-ack",
    ),
    "a queue has gone": Pair(
        "ignores-cancel",
        "blocking",
        "survives-cancel.idle",
        "survives-cancel.queue-deleted",
    ),
}
DESIGNS = {pair.design for pair in PAIRS.values()}
CASES = """
    parts and (blocked_while_it_publishes or memory_alarm)
    or blocking and (channel_closed_in_hand or acknowledgement_timed_out or cancelled_idle or queue_deleted)
"""

pytestmark = [
    pytest.mark.xdist_group("faulty"),
    pytest.mark.skipif(not extent(), reason="the full set is asked for by WARREN_FAULTY"),
]


@pytest.fixture(scope="module")
def report(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge hardened and the three defects in one run, and read its report."""
    folder: Path = tmp_path_factory.mktemp("pairs")
    manifests = [ROOT / "reference_impl" / "hardened" / "implementation.toml"]
    manifests += [FAULTY / f"{pair.defect}.toml" for pair in PAIRS.values()]
    options = [word for design in sorted(DESIGNS) for word in ("--design", design)]
    options += ["--full", "-k", " ".join(CASES.split()), "-n", "2", "--report", str(folder)]
    done = run_suite(manifests, *options, servers=servers_of(pytestconfig))
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    return read_json(folder / "report.json")


@pytest.mark.parametrize("what", PAIRS)
def test_forged_and_real_agree(report: Report, what: str) -> None:
    """Who has the defect fails both, and all others hold both."""
    pair = PAIRS[what]
    outcomes: dict[str, dict[str, Outcome]] = {}
    for f in report.findings:
        if f.design == pair.design and f.verdict.requirement in (pair.forged, pair.real):
            outcomes.setdefault(f.implementation, {})[f.verdict.requirement] = f.verdict.outcome
    assert {HARDENED, pair.defect} <= outcomes.keys()
    for name, found in outcomes.items():
        expected = Outcome.FAIL if name == pair.defect else Outcome.PASS
        assert found == {pair.forged: expected, pair.real: expected}, name
