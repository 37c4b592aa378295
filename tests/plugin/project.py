"""A project of cases for the plugin to run, and what it saw the plugin start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SECRET = "hunter2hunter2"  # noqa: S105 - a stand-in for one

MANIFEST = """
protocol = 1
name = "{name}"
language = "Python 3"
[designs.blocking]
claims = {claims}
denies = {denies}
[designs.blocking.roles.stream]
command = ["true"]
[designs.parts.roles.stream]
command = ["true"]
[designs.parts.roles.part]
command = ["true"]
"""

CASES = """
import pytest
from warren.errors import BrokerUnavailable
from warren.rigs.consumers import Inconclusive, Unmet, Violation

@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.requirement("no-loss.killed-before-work")
def test_holds(rig):
    rig.judge()

@pytest.mark.guarantee("effect-once", designs=("blocking",))
@pytest.mark.requirement("effect-once.ack-lost")
def test_violated(rig):
    rig.judge(Violation("it was there twice, said hunter2hunter2", ("row of hunter2hunter2",)))

@pytest.mark.guarantee("fair-dispatch", designs=("blocking",))
@pytest.mark.requirement("fair-dispatch.prefetch")
def test_unclear(rig):
    raise Inconclusive("no witness: nothing was delivered")

@pytest.mark.guarantee("graceful-stop", designs=("blocking",))
@pytest.mark.requirement("graceful-stop.in-hand")
def test_forgets_to_judge(rig):
    pass

@pytest.mark.guarantee("bounded-run", designs=("blocking",))
@pytest.mark.requirement("bounded-run.stops")
def test_broker_goes(rig):
    raise BrokerUnavailable("it ended the rig's own connection", "broker", "look into its log")

@pytest.mark.guarantee("survives-empty")
@pytest.mark.requirement("survives-empty.ends")
def test_everywhere(rig):
    rig.judge()

@pytest.mark.measurement("tolerance", designs=("blocking",))
def test_measures(rig):
    rig.measure("tolerance", texts=float("inf"), words="hunter2hunter2")

@pytest.mark.measurement("order", designs=("blocking",))
def test_cannot_measure(rig):
    raise Unmet("no row came within 2.0 s")
"""


HALVES = """
import pytest
from warren.claims.catalogue import load_catalogue
from warren.claims.verdict import Violation

DUE = load_catalogue().due
REST = sorted(DUE("graceful-stop", "blocking") - {"graceful-stop.idle"})
BOTH = sorted(DUE("bounded-run", "blocking") | DUE("fair-dispatch", "blocking"))

@pytest.mark.guarantee("graceful-stop", designs=("blocking",))
@pytest.mark.requirement("graceful-stop.idle")
def test_idle(rig):
    rig.judge()

@pytest.mark.guarantee("survives-empty", designs=("blocking",))
@pytest.mark.requirement("survives-empty.ends")
def test_fails(rig):
    rig.judge(Violation("no row came"))

@pytest.mark.guarantee("graceful-stop", designs=("blocking",))
@pytest.mark.requirement(*REST)
def test_in_hand(rig):
    for requirement in REST:
        rig.judge(requirement=requirement)

@pytest.mark.guarantee("bounded-run", "fair-dispatch", designs=("blocking",))
@pytest.mark.requirement(*BOTH)
def test_both(rig):
    for requirement in BOTH:
        rig.judge(requirement=requirement)
"""


@dataclass
class Started:
    """What the plugin started and ended, in order."""

    events: list[str] = field(default_factory=list)
    trouble: Exception | None = None


@dataclass
class Project:
    """A folder with cases, and a way to run pytest on them."""

    pytester: pytest.Pytester

    def manifest(
        self, *, name: str = "orders", claims: tuple[str, ...] = (), denies: tuple[str, ...] = ()
    ) -> str:
        """Write a manifest and give the option that names it."""
        path = self.pytester.path / f"{name}.toml"
        lists = {"claims": json.dumps(claims), "denies": json.dumps(denies)}
        path.write_text(MANIFEST.format(name=name, **lists), "utf-8")
        return f"--implementation={path}"

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run the cases in this process."""
        return self.pytester.runpytest_inprocess(
            *("-p", "warren.plugin.hooks", "--import-mode=importlib", "-p", "no:cacheprovider"),
            *("-p", "no:hypothesispytest"),  # imported anew for each run, it takes longest of all
            *arguments,
        )
