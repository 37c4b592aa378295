"""What becomes of a run as a whole: the findings of all workers, the report, the exit status.

How a report looks is `warren.report`'s matter; what a finding means is `warren.claims.verdict`'s.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from warren.claims.verdict import (
    Finding,
    ItemResult,
    Measurement,
    StaleDenial,
    judge_denials,
    judge_item,
    known_causes,
    with_causes,
)
from warren.plugin.findings import cause_of, complaint_in_brief, unpack, unpack_drawing
from warren.plugin.options import UNUSABLE
from warren.plugin.progress import Progress
from warren.report.facts import Report, RunFacts
from warren.report.files import write_files
from warren.report.redaction import redacted
from warren.report.terminal import console_for, print_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.claims.catalogue import Catalogue
    from warren.claims.extent import Extent
    from warren.claims.verdict import Cause
    from warren.plugin.hooks import Warren
    from warren.report.drawing.facts import Drawing

_RAN_TO_ITS_END = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class Summary:
    """Gathers what the workers found; a plugin of its own, registered in the controller only."""

    def __init__(self, config: pytest.Config, warren: Warren) -> None:
        """Begin with nothing found."""
        self._config, self._warren = config, warren
        self._findings: list[Finding] = []
        self._measurements: list[Measurement] = []
        self._drawings: list[Drawing] = []
        self._broken = 0
        self._started = datetime.now(UTC)
        self._began = time.monotonic()
        self._progress = Progress(config)
        self._report: Report | None = None
        self._written: Path | None = None

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Count a test as running, on whatever worker."""
        self._progress.began(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the findings of an item; count what failed without one."""
        if report.when == "call":
            findings, measurements = unpack(report.user_properties)
            self._findings += findings
            self._measurements += measurements
            self._drawings += unpack_drawing(report)
            undecided = [f for f in findings if judge_item(f)[0] is not ItemResult.GOOD]
            self._broken += report.failed and not undecided
        else:
            self._broken += report.failed
        if report.when == "teardown":
            self._progress.ended(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what an xdist worker collected, unless it broke down."""
        if carried := getattr(node, "workeroutput", {}).get("warren"):
            self._warren.extents.from_worker(carried)

    def pytest_sessionstart(self) -> None:
        """Begin to show progress."""
        self._progress.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> object:
        """Judge the run as a whole and set the exit status, before pytest prints its summary."""
        self._progress.stop()
        self._findings = [*with_causes(self._findings, known_causes(self._findings))]
        self._fold_failures()
        if self._warren.interrupted:
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        if self._findings or self._measurements or self._left_all(session):
            status = self._status(int(session.exitstatus))
            interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
            self._report = self._make_report(status, interrupted=interrupted)
            session.exitstatus = status
            self._write(self._report)
        return (yield)

    def pytest_terminal_summary(self) -> None:
        """Print the report."""
        if self._report is not None:
            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            stream = reporter._tw._file if reporter else sys.stdout  # noqa: SLF001 - the stream has no public name
            print_report(self._report, self._catalogue, console_for(stream), self._written)

    def _fold_failures(self) -> None:
        """Have pytest's own list of failures show the evidence of one cause once; its files have all of it by now."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        shown: dict[Cause, str] = {}
        causes = known_causes(self._findings)
        for failed in reporter.stats.get("failed", ()) if reporter else ():
            findings = with_causes(unpack(failed.user_properties)[0], causes)
            cause = cause_of(findings)
            if cause is None:
                continue
            if cause in shown:
                failed.longrepr = complaint_in_brief(findings, cause[-1], shown[cause])
            shown.setdefault(cause, failed.nodeid)

    def _left_all(self, session: pytest.Session) -> bool:
        """Whether all that was asked for belongs to the full set."""
        nothing_ran = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        return nothing_ran and bool(self._extents) and not self._config.option.collectonly

    @property
    def _extents(self) -> tuple[Extent, ...]:
        """What was judged, or left to the full set."""
        judged = {finding.cell for finding in self._findings}
        return tuple(e for e in self._warren.extents.all if e.left or e.cell in judged)

    def _status(self, status: int) -> int:
        """Give 1 where a claim or a denial does not hold, 2 where nothing worse than undecided, else pytest's own."""
        if status not in _RAN_TO_ITS_END:
            return status
        results = [judge_item(f)[0] for f in self._findings]
        if ItemResult.BAD in results or self._stale() or self._broken:
            return int(pytest.ExitCode.TESTS_FAILED)
        return UNUSABLE if ItemResult.UNDECIDED in results else status

    @property
    def _catalogue(self) -> Catalogue:
        return self._warren.catalogue | self._warren.owed

    def _stale(self) -> tuple[StaleDenial, ...]:
        """Find the denials that turned out to hold, among the guarantees that were asked for."""
        wanted = self._warren.options.guarantees
        findings = [f for f in self._findings if not wanted or f.guarantee in wanted]
        return judge_denials(findings, self._warren.catalogue.due, self._warren.extents.all)

    def _ignored(self) -> Iterator[str]:
        """Say what is not compared of what was judged."""
        judged = {(finding.implementation, finding.design) for finding in self._findings}
        for implementation in self._warren.implementations:
            for slug, design in implementation.designs.items():
                if (implementation.name, slug) in judged:
                    yield from (f"{implementation.name} {what}" for what in design.workload.ignored)

    def _make_report(self, status: int, *, interrupted: bool) -> Report:
        servers = self._warren.servers
        run = RunFacts(
            started=self._started,
            seconds=round(time.monotonic() - self._began, 3),
            broker=servers.broker.description if servers else "",
            broker_version=servers.broker.version if servers else "",
            database=servers.database.description if servers else "",
            pace=self._warren.options.pace.name,
            cases="full" if self._warren.options.full else "quick",
            warren_version=metadata.version("pytest-warren"),
            command=_command(self._config),
        )
        report = Report(
            run,
            tuple(sorted(self._findings, key=lambda f: (f.case, f.verdict.requirement))),
            tuple(sorted(self._measurements, key=lambda m: (m.case, m.name))),
            self._stale(),
            status,
            interrupted,
            tuple(sorted(self._extents, key=lambda e: e.cell)),
            tuple(self._ignored()),
            tuple(sorted(self._drawings, key=lambda drawing: drawing.case)),
        )
        return redacted(report, servers.secrets if servers else ())

    def _write(self, report: Report) -> None:
        """Write the files where --report asks for them; a run that cannot write them fails."""
        directory = self._warren.options.report
        if directory is None:
            return
        try:
            self._written, _ = write_files(report, self._catalogue, directory)
        except OSError as error:
            self._report = replace(report, exit_status=UNUSABLE)
            pytest.exit(
                f"warren: --report {directory}: the report cannot be written: {error.strerror}; "
                "name a folder that can be written to.",
                returncode=UNUSABLE,
            )


def _command(config: pytest.Config) -> tuple[str, ...]:
    """Give the command as it was typed; `warren check` calls pytest with more words than that."""
    program = Path(sys.argv[0]).name
    arguments = sys.argv[1:] if program == "warren" else config.invocation_params.args
    return ("warren" if program == "warren" else "pytest", *map(str, arguments))
