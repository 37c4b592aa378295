"""The table of a report: one cell per implementation, guarantee and design.

What a finding means for its item is `warren.claims.verdict`'s; here several findings become the one mark
that a person sees first. Whoever draws a mark decides how it looks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from warren.claims.catalogue import AMQP
from warren.claims.verdict import Finding, ItemResult, Outcome, StaleDenial, Stance, judge_item
from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.claims.catalogue import Catalogue
    from warren.claims.extent import Extent
    from warren.report.facts import Report


Thing = tuple[str, Finding | StaleDenial]
"""What is bad or undecided: its sentence, and what it is about."""
NO_CASES = 5
"""Pytest's exit status where nothing was left to run."""


class Mark(Enum):
    """What a cell says: symbol, the same in ASCII, word, meaning. The first that applies wins."""

    ERROR = ("‼", "E", "error", "an error in Warren, not in the implementation")
    VIOLATED = ("✗", "X", "violated", "claimed, and violated")
    UNSUPPORTED = ("∅", "U", "unsupp.", "the implementation does not support it")
    STALE = (
        *("!", "!", "stale"),
        "denied and not seen violated, or a known failure that holds or has expired",
    )
    INCONCLUSIVE = ("?", "?", "inconcl.", "inconclusive: no witness, so no judgement")
    KNOWN_FAILURE = ("◐", "k", "known", "claimed, and violated only as known")
    WARNED = ("~", "~", "warned", "claimed, and held but for a SHOULD")
    SEEN = ("≠", "D", "denied", "denied, and seen violated")
    NOT_JUDGED = ("…", "d", "not judged", "the cases that would show it did not run")
    HELD = ("✓", "v", "holds", "claimed, and held")
    FAILED = ("(✗)", "(x)", "fails", "neither claimed nor denied: observed to fail")
    LACKING = (
        "(~)",
        "(~)",
        "lacks",
        "neither claimed nor denied: observed to pass but for a SHOULD",
    )
    PASSED = ("(✓)", "(v)", "passes", "neither claimed nor denied: observed to pass")
    NOT_RUN = (".", ".", "", "not run")
    NOT_APPLICABLE = ("-", "-", "", "not applicable")

    def __init__(self, symbol: str, ascii_symbol: str, word: str, meaning: str) -> None:
        """Keep the four parts."""
        self.symbol = symbol
        self.ascii_symbol = ascii_symbol
        self.word = word
        self.meaning = meaning


@dataclass(frozen=True, slots=True)
class Cell:
    """What was found of one guarantee in one design of one implementation."""

    guarantee: str
    design: str
    mark: Mark
    findings: tuple[Finding, ...] = ()
    stale: StaleDenial | None = None
    cases: int = 0
    """How many cases the full set has of it; 0 where that is not known."""

    @property
    def rests_on(self) -> str:
        """Say `n of m` where fewer cases ran than the full set has, and nothing where all did."""
        ran = sum(not finding.verdict.left_out for finding in self.findings)
        return f"{ran} of {self.cases}" if 0 < ran < self.cases else ""

    @property
    def tone(self) -> str:
        """What it means for what the manifest says.

        `bad` and `undecided` change the exit status. Of the rest, `good` is a claim that held,
        `expected` a defect that was announced, and `quiet` says nothing for or against.
        """
        results = {judge_item(finding)[0] for finding in self.findings}
        if self.stale or ItemResult.BAD in results:
            return "bad"
        if ItemResult.UNDECIDED in results:
            return "undecided"
        if self.mark in (Mark.SEEN, Mark.KNOWN_FAILURE):
            return "expected"
        return "good" if self.mark in (Mark.HELD, Mark.WARNED) else "quiet"


@dataclass(frozen=True, slots=True)
class Table:
    """One implementation's cells.

    There is a row per guarantee of which something ran or was left to the full set, and likewise a column per design.
    """

    implementation: str
    designs: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(report: Report, catalogue: Catalogue) -> tuple[Table, ...]:
    """Arrange the findings, one table per implementation, in the order of the catalogue; the broker's last."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        grouped[finding.implementation].append(finding)
    extents: dict[str, list[Extent]] = defaultdict(list)
    for extent in report.full_set:
        extents[extent.implementation].append(extent)
    names = grouped.keys() | extents.keys()
    brokers = {f.implementation for f in report.findings if f.design == AMQP}
    brokers |= {e.implementation for e in report.full_set if e.design == AMQP}
    brokers_last = sorted(names, key=lambda name: (name in brokers, name))
    return tuple(
        _table(name, grouped[name], extents[name], report.stale_denials, catalogue)
        for name in brokers_last
    )


@dataclass(frozen=True, slots=True)
class Suggested:
    """What the manifest of a design that promises nothing may say, by what was seen."""

    design: str
    claims: tuple[str, ...]
    denies: tuple[str, ...]


def suggested(table: Table) -> tuple[Suggested, ...]:
    """Suggest promises for each design of an implementation that has none, as far as its cases ran."""
    found = []
    for cells in zip(*table.rows, strict=True):
        findings = [finding for cell in cells for finding in cell.findings]
        if cells[0].design == AMQP or any(f.stance is not Stance.OBSERVED for f in findings):
            continue
        claims = (c.guarantee for c in cells if c.mark in (Mark.PASSED, Mark.LACKING))
        denies = (c.guarantee for c in cells if c.mark is Mark.FAILED)
        found.append(Suggested(cells[0].design, tuple(claims), tuple(denies)))
    return tuple(each for each in found if each.claims or each.denies)


def bad_sentences(report: Report) -> tuple[Thing, ...]:
    """Give each bad or undecided thing as its sentence, with what it is about; bad ones first."""
    judged = [(*judge_item(finding), finding) for finding in report.findings]
    bad = [(words, finding) for result, words, finding in judged if result is ItemResult.BAD]
    undecided = [(w, finding) for result, w, finding in judged if result is ItemResult.UNDECIDED]
    return (*bad, *((str(stale), stale) for stale in report.stale_denials), *undecided)


@dataclass(frozen=True, slots=True)
class Fold:
    """What is bad or undecided for one cause, which is "" where the rig knows none.

    Then it is one thing alone, or several requirements that lack the same.
    """

    cause: str
    things: tuple[Thing, ...]

    @property
    def headline(self) -> str:
        """Say the cause once for all; the sentence of the first where there is none."""
        sentence, first = self.things[0]
        if not self.cause:
            return sentence
        count = len(self.things)
        what = "one verdict" if count == 1 else f"{count} verdicts"
        return f"{first.implementation} {first.design}: {self.cause}; {what} with this cause"

    @property
    def others(self) -> tuple[str, ...]:
        """Name the requirements of all but the first together, in a line for each outcome."""
        named: dict[Outcome, Counter[str]] = defaultdict(Counter)
        for _, subject in self.things[1:]:
            if isinstance(subject, Finding):
                named[subject.verdict.outcome][subject.verdict.requirement] += 1
        return tuple(
            f"also {outcome}: {', '.join(_times(*each) for each in counts.items())}"
            for outcome, counts in named.items()
        )


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{name} ({count} cases)"


def folded(report: Report) -> tuple[Fold, ...]:
    """Give what is bad or undecided, all of one cause at the place of the first; else one by one."""
    folds: dict[object, list[Thing]] = {}
    causes: dict[object, str] = {}
    for number, (sentence, subject) in enumerate(bad_sentences(report)):
        cause = subject.verdict.cause if isinstance(subject, Finding) else ""
        same = cause or _lacking(subject)
        key = (subject.implementation, subject.design, same) if same else number
        folds.setdefault(key, []).append((sentence, subject))
        causes[key] = cause
    return tuple(Fold(causes[key], tuple(_led(things))) for key, things in folds.items())


def _lacking(subject: Finding | StaleDenial) -> str:
    """Say what an unsupported verdict lacks, which others may, too; "" for any other."""
    if isinstance(subject, Finding) and subject.verdict.outcome is Outcome.UNSUPPORTED:
        return subject.verdict.words
    return ""


def _led(things: Sequence[Thing]) -> list[Thing]:
    """Put the shortest sentence first: it says what is behind all, the longer ones what came of that."""
    lead = min(things, key=lambda thing: (_is_undecided(thing), len(thing[0])))
    return [lead, *(thing for thing in things if thing is not lead)]


def _is_undecided(thing: Thing) -> bool:
    subject = thing[1]
    return isinstance(subject, Finding) and judge_item(subject)[0] is ItemResult.UNDECIDED


def headline(report: Report) -> tuple[str, str]:
    """Give the tone and the words for a run as a whole."""
    nothing_promised = all(finding.stance is Stance.OBSERVED for finding in report.findings)
    match report.exit_status:
        case _ if report.interrupted:
            return "undecided", "Interrupted"
        case 0 if nothing_promised:
            return "quiet", "Nothing was claimed"
        case 0:
            return "good", f"All claims hold{_but_for(report)}"
        case 1:
            return "bad", _failure(report)
        case 2:
            return "undecided", "Inconclusive"
        case status:
            nothing = status == NO_CASES and report.full_set
            words = "All that was asked for belongs to the full set"
            return "undecided", words if nothing else f"pytest ended with status {status}"


def _failure(report: Report) -> str:
    """Say what failed: a claim, else a denial, else a test that is no case."""
    found = [f for f in report.findings if judge_item(f)[0] is ItemResult.BAD]
    bad = {f.stance for f in found}
    if bad - {Stance.KNOWN_FAILURE}:
        return "Not all claims hold"
    if any(f.expired for f in found):
        return "A known failure has expired"
    stale = bad or report.stale_denials
    return "A denial or a known failure is stale" if stale else "A test failed"


def _but_for(report: Report) -> str:
    """Name the requirements that are violated as the manifest says: how many known failures there are."""
    known = {
        (f.implementation, f.design, f.verdict.requirement)
        for f in report.findings
        if _mark(f) is Mark.KNOWN_FAILURE
    }
    some = "a known failure" if len(known) == 1 else f"{len(known)} known failures"
    return f" but for {some}" if known else ""


def _table(
    implementation: str,
    findings: Sequence[Finding],
    extents: Sequence[Extent],
    stale_denials: Iterable[StaleDenial],
    catalogue: Catalogue,
) -> Table:
    cells: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        cells[finding.guarantee, finding.design].append(finding)
    stale = {
        (denial.guarantee, denial.design): denial
        for denial in stale_denials
        if denial.implementation == implementation
    }
    known = {(extent.guarantee, extent.design): extent for extent in extents}
    shown = cells.keys() | known.keys()
    guarantees = _ordered({g for g, _ in shown}, catalogue.guarantees)
    designs = _ordered({d for _, d in shown}, WORKLOADS)

    def cell(guarantee: str, design: str) -> Cell:
        of_cell = tuple(cells.get((guarantee, design), ()))
        denial, extent = stale.get((guarantee, design)), known.get((guarantee, design))
        judged = [finding for finding in of_cell if not finding.verdict.left_out]
        marks = {*map(_mark, judged), *([Mark.STALE] if denial else [])}
        if not marks:
            marks = {Mark.NOT_JUDGED if extent else _unrun(guarantee, design, catalogue)}
        mark = next(m for m in Mark if m in marks)
        return Cell(guarantee, design, mark, of_cell, denial, extent.cases if extent else 0)

    rows = tuple(tuple(cell(guarantee, design) for design in designs) for guarantee in guarantees)
    return Table(implementation, designs, rows)


def _ordered(found: set[str], order: Iterable[str]) -> tuple[str, ...]:
    """Put the known names first, in their order, then any others by name."""
    known = [name for name in order if name in found]
    return (*known, *sorted(found - set(known)))


_MARKS = {
    Outcome.ERROR: Mark.ERROR,
    Outcome.UNSUPPORTED: Mark.UNSUPPORTED,
    Outcome.INCONCLUSIVE: Mark.INCONCLUSIVE,
    (Stance.CLAIMED, Outcome.PASS): Mark.HELD,
    (Stance.CLAIMED, Outcome.WARN): Mark.WARNED,
    (Stance.CLAIMED, Outcome.FAIL): Mark.VIOLATED,
    (Stance.DENIED, Outcome.PASS): Mark.NOT_JUDGED,
    (Stance.DENIED, Outcome.WARN): Mark.NOT_JUDGED,
    (Stance.DENIED, Outcome.FAIL): Mark.SEEN,
    (Stance.KNOWN_FAILURE, Outcome.PASS): Mark.STALE,
    (Stance.KNOWN_FAILURE, Outcome.WARN): Mark.STALE,
    (Stance.KNOWN_FAILURE, Outcome.FAIL): Mark.KNOWN_FAILURE,
    (Stance.OBSERVED, Outcome.PASS): Mark.PASSED,
    (Stance.OBSERVED, Outcome.WARN): Mark.LACKING,
    (Stance.OBSERVED, Outcome.FAIL): Mark.FAILED,
}


def _mark(finding: Finding) -> Mark:
    outcome = finding.verdict.outcome
    if finding.stance is Stance.DENIED and not finding.verdict.witnessed:
        return Mark.NOT_JUDGED
    if finding.expired and outcome not in _MARKS:
        return Mark.STALE
    mark = _MARKS.get(outcome) or _MARKS[finding.stance, outcome]
    # One of several cases of a known failure may hold: whether that failure is stale is judged over them all.
    return Mark.HELD if mark is Mark.STALE and finding.cases > 1 else mark


def _unrun(guarantee: str, design: str, catalogue: Catalogue) -> Mark:
    known = catalogue.guarantees.get(guarantee)
    applies = known is None or design in known.designs or bool(catalogue.due(guarantee, design))
    return Mark.NOT_RUN if applies else Mark.NOT_APPLICABLE
