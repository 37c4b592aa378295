"""A small catalogue and a report over it, for the tests of `warren.report`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest

from tests.requisites import missing
from warren.claims.catalogue import Catalogue, Guarantee, Level, Requirement
from warren.claims.extent import Extent
from warren.claims.verdict import Finding, Measurement, Outcome, StaleDenial, Stance, Verdict
from warren.evidence.violation import Violation
from warren.report.drawing.facts import Drawing, Event, Kind
from warren.report.facts import Report, RunFacts

EVIL = "<script>document.title = 'owned'</script> \x1b[31m \u202e \x00 &amp; {{ 7 * 7 }} [bold]"
"""A message body as somebody with bad intentions would write it."""


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browser() -> str:
    """Give a browser; where CI runs there must be one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or missing("there is no Chromium on PATH: install `chromium`")


def found(
    requirement: str,
    design: str,
    stance: Stance,
    outcome: Outcome,
    *,
    implementation: str = "orders",
    words: str = "",
) -> Finding:
    """Make a finding; a failed one has a violation with evidence."""
    violations = (
        Violation(f"{requirement} was broken", (f"1.250 part-1 <- basic.deliver {EVIL}", "row 7")),
    )
    return Finding(
        case=f"test_{requirement}[{implementation}-{design}]",
        implementation=implementation,
        design=design,
        guarantee=requirement.partition(".")[0],
        stance=stance,
        verdict=Verdict(requirement, outcome, words, violations if outcome is Outcome.FAIL else ()),
        reason="no read time-out" if stance is Stance.KNOWN_FAILURE else "",
        seconds=1.5,
    )


@pytest.fixture
def catalogue() -> Catalogue:
    """Three guarantees; `rpc-correlated` means something in `rpc` only."""
    guarantees = (
        Guarantee("no-loss", "Nothing is lost", ("blocking", "parts")),
        Guarantee("effect-once", "Each effect is there once", ("blocking", "parts")),
        Guarantee("rpc-correlated", "Each caller gets its own reply", ("rpc",)),
    )
    requirements = (
        Requirement("no-loss.crash", Level.MUST, "It <b>comes</b> again.", "document 1, 2.9"),
        Requirement("no-loss.frozen", Level.MUST, "It comes again.", "document 1, 2.9"),
        Requirement("effect-once.redelivered", Level.SHOULD, "Once.", "document 1, 3"),
        Requirement("rpc-correlated.own", Level.MUST, "Its own.", "document 1, 6"),
    )
    return Catalogue({g.slug: g for g in guarantees}, {r.id: r for r in requirements})


@pytest.fixture
def report() -> Report:
    """Give a report with a bad thing of each kind, and two implementations."""
    return Report(
        run=RunFacts(
            started=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            seconds=187.4,
            broker="RabbitMQ 3.10.8 (docker)",
            broker_version="3.10.8",
            database="SQLite",
            pace="fast",
            warren_version="0.1.0",
            command=("pytest", "-n", "4"),
            cases="quick",
        ),
        findings=(
            found("no-loss.crash", "blocking", Stance.CLAIMED, Outcome.PASS),
            found("no-loss.frozen", "blocking", Stance.CLAIMED, Outcome.FAIL),
            found("no-loss.crash", "parts", Stance.CLAIMED, Outcome.PASS),
            found("effect-once.redelivered", "blocking", Stance.DENIED, Outcome.FAIL),
            found("effect-once.redelivered", "parts", Stance.DENIED, Outcome.PASS),
            found(
                "rpc-correlated.own",
                "rpc",
                Stance.CLAIMED,
                Outcome.INCONCLUSIVE,
                words="no witness",
            ),
            found(
                "no-loss.crash", "blocking", Stance.OBSERVED, Outcome.FAIL, implementation="other"
            ),
        ),
        measurements=(
            Measurement("test_tolerance", "orders", "blocking", "tolerance", {"texts": 15}),
        ),
        stale_denials=(StaleDenial("orders", "parts", "effect-once", 1),),
        exit_status=1,
        full_set=(Extent("orders", "blocking", "no-loss", 12, 10),),
        ignored=(f"orders blocking: table {EVIL} by ref: created_at",),
        drawings=(
            Drawing(
                "test_no-loss.frozen[orders-blocking]",
                "orders",
                "blocking",
                2.0,
                (
                    Event(1.0, Kind.DELIVERY, f"body {EVIL}", "part-1", "orders", 1, until=1.5),
                    Event(1.5, Kind.SETTLEMENT, "basic.ack", "part-1", "orders", 1, "ack", 0),
                    Event(1.7, Kind.FAULT, "the rig killed it", "part-1", how=f"killed {EVIL}"),
                ),
            ),
        ),
    )
