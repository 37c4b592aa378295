"""The embedded broker is judged as a real one is: reports of real runs, compared by the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.conformance.broker_judge import BrokerJudge
from warren.command.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.xdist_group("same-verdicts")
THEMES = ("hello", "fanout", "unroutable")


@pytest.fixture(scope="module")
def judge() -> Iterator[BrokerJudge]:
    """Start the process that judges."""
    with BrokerJudge() as judge:
        yield judge


@pytest.fixture(scope="module")
def embedded(judge: BrokerJudge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judge the embedded broker; give the report."""
    return judge.judge("embedded", THEMES, tmp_path_factory.mktemp("embedded"))


def compare(first: Path, second: Path) -> Result:
    """Compare two reports by the command."""
    return CliRunner().invoke(main, ["report", "compare", str(first), str(second)])


def test_same_as_the_run_s_broker(
    judge: BrokerJudge, embedded: Path, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """The embedded broker gets the verdicts that this run's broker gets."""
    other = judge.judge(pytestconfig.getoption("--broker"), THEMES, tmp_path)
    compared = compare(embedded, other)
    assert (compared.exit_code, compared.output) == (0, "")


def test_another_broker_differs(judge: BrokerJudge, embedded: Path, tmp_path: Path) -> None:
    """A broker with a defect gets another verdict, and the comparison names it."""
    faulty = judge.judge("embedded", THEMES, tmp_path, defect="takes-turns-at-fanout")
    compared = compare(embedded, faulty)
    assert compared.exit_code == 1
    assert "fanout.ignores-key on broker amqp in conformance/brokers/" in compared.output
    assert ": pass / fail" in compared.output
    assert "not run" not in compared.output
