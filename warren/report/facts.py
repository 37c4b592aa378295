"""The facts of a report: the run as a whole, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the types when a report is read

from warren.claims.extent import Extent  # noqa: TC001 - as above
from warren.claims.verdict import Finding, Measurement, StaleDenial  # noqa: TC001 - as above
from warren.report.drawing.facts import Drawing  # noqa: TC001 - as above


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was run, on what, when (`started` has a time zone) and for how long (`seconds`).

    `broker` and `database` say what was used, not what was asked for, with its version; `broker_version` is for
    machines. `command` is the argv. `cases` is the set that was asked for: `quick` or `full`.
    """

    started: datetime
    seconds: float
    broker: str
    broker_version: str
    database: str
    pace: str
    warren_version: str
    command: tuple[str, ...]
    cases: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found. `exit_status` is that of the run (see `warren check --help`)."""

    run: RunFacts
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    stale_denials: tuple[StaleDenial, ...]
    exit_status: int
    interrupted: bool = False
    """Whether the run was broken off, so that some of what was asked for was not judged."""
    full_set: tuple[Extent, ...] = ()
    """How many cases there are of all that was judged, or was left to the full set."""
    ignored: tuple[str, ...] = ()
    """What manifests say is not compared, a sentence for each effect."""
    drawings: tuple[Drawing, ...] = ()
    """What happened in the cases that did not hold, or in all where that was asked for."""
