"""The report is read in a terminal of 100 columns, and where there is no terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from warren.claims.extent import Extent
from warren.claims.verdict import Outcome, Stance, Verdict
from warren.evidence.violation import Violation
from warren.report.terminal import EVIDENCE_LINES, REASONS, console_for, print_report, summary

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import Finding
    from warren.report.facts import Report


def printed(report: Report, catalogue: Catalogue, encoding: str = "utf-8") -> str:
    """Give what stands in a pipe."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    print_report(report, catalogue, console_for(stream), Path("out/report.json"))
    stream.flush()
    return raw.getvalue().decode(encoding)


def row(text: str, guarantee: str) -> list[str]:
    """Give the cells of the first row of a guarantee."""
    line = next(line for line in text.splitlines() if line.startswith(guarantee))
    return re.split(r"\s{2,}", line.strip())[1:]


def test_table(report: Report, catalogue: Catalogue) -> None:
    """Each cell has its symbol and word."""
    text = printed(report, catalogue)
    assert row(text, "no-loss") == ["✗ violated, 2 of 12", "✓ holds", "-"]
    assert row(text, "effect-once") == ["≠ denied", "! stale", "-"]
    assert row(text, "rpc-correlated") == ["-", "-", "? inconcl."]


def test_suggested(report: Report, catalogue: Catalogue) -> None:
    """Whoever claims nothing is told what to claim and what to deny, in lines for a manifest; others are not."""
    passed = replace(report.findings[-1], design="blocking", guarantee="no-loss")
    passed = replace(passed, stance=Stance.OBSERVED, verdict=Verdict("no-loss.a", Outcome.PASS))
    failed = replace(passed, guarantee="effect-once")
    failed = replace(failed, verdict=Verdict("effect-once.a", Outcome.FAIL))
    observed = replace(report, findings=(passed, failed), stale_denials=(), exit_status=0)
    text = printed(observed, catalogue)
    assert f"{passed.implementation} blocking claims nothing; by what was seen:" in text
    assert 'claims = ["no-loss"]\ndenies = ["effect-once"]\n' in text
    one = replace(failed, stance=Stance.DENIED)
    assert "claims nothing" not in printed(replace(observed, findings=(passed, one)), catalogue)


def test_piped(report: Report, catalogue: Catalogue) -> None:
    """In a pipe there is no control sequence, and no line is wider than 100 columns."""
    text = printed(report, catalogue)
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_whole_catalogue_fits(report: Report, catalogue: Catalogue) -> None:
    """The longest guarantee in every design, with the longest word, loses no letter."""
    slug, designs = "rpc-survives-missing-task", ("blocking", "parts", "parts-random", "pipeline")
    one = report.findings[1]
    findings = tuple(
        replace(one, guarantee=slug, design=design) for design in (*designs, "task", "rpc")
    )
    text = printed(replace(report, findings=findings, full_set=()), catalogue)
    assert row(text, slug) == ["✗ violated"] * 6


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(140, "✓ holds, 12 of 31"), (100, "✓ holds 12/31"), (80, "✓ 12/31")],
)
def test_what_a_cell_rests_on_fits(
    report: Report, catalogue: Catalogue, columns: int, expected: str
) -> None:
    """The figures are there in as many words as the terminal has room for."""
    slug, one = "rpc-survives-missing-task", report.findings[0]
    designs = ("blocking", "parts", "parts-random", "pipeline", "task")
    cells = replace(
        report,
        findings=tuple(replace(one, guarantee=slug, design=d) for d in designs for _ in range(12)),
        full_set=tuple(Extent("orders", d, slug, 31, 19) for d in designs),
    )
    stream = io.StringIO()
    console = Console(file=stream, width=columns, highlight=False)
    print_report(cells, catalogue, console)
    assert row(stream.getvalue(), slug) == [expected] * 5
    assert "n of m, n/m   rests on" in stream.getvalue()


def test_words_beside_figures(report: Report, catalogue: Catalogue) -> None:
    """In 100 columns a cell that rests on all its cases keeps its word, though others need their place for figures."""
    one = report.findings[1]
    designs = ("blocking", "parts", "parts-random", "pipeline", "task", "rpc")
    cells = replace(
        report,
        findings=tuple(
            replace(one, guarantee=slug, design=d)
            for slug in ("rpc-survives-missing-task", "no-loss")
            for d in designs
        ),
        full_set=tuple(Extent("orders", d, "no-loss", 12, 11) for d in designs)
        + tuple(Extent("orders", d, "effect-once", 1, 1) for d in designs),
        stale_denials=(),
    )
    text = printed(cells, catalogue)
    assert row(text, "rpc-survives-missing-task") == ["✗ violated"] * 6
    assert row(text, "no-loss") == ["✗ 1/12"] * 6
    assert row(text, "effect-once") == ["…"] * 6


def test_ascii(report: Report, catalogue: Catalogue) -> None:
    """A terminal without UTF-8 gets the same in ASCII, with outside text escaped."""
    violation = Violation("broken", ("текст1",))
    bad = replace(report.findings[1], verdict=Verdict("r", Outcome.FAIL, "", (violation,)))
    text = printed(replace(report, findings=(bad,), stale_denials=()), catalogue, "ascii")
    assert re.search(r"^no-loss +\|X violated, 1 of 12", text, re.MULTILINE)
    assert "\\u0442" in text


def test_legend_explains_what_is_there(report: Report, catalogue: Catalogue) -> None:
    """A mark that is not in the table is not explained."""
    text = printed(report, catalogue)
    assert "denied, and seen violated" in text
    assert "an error in Warren" not in text


def test_bad_things(report: Report, catalogue: Catalogue) -> None:
    """Each bad thing has its sentence, case and evidence; control characters are visible."""
    text = printed(report, catalogue)
    unwrapped = " ".join(text.split())
    assert "claimed, does not hold: no-loss.frozen on orders blocking: no-loss.frozen was" in (
        unwrapped
    )
    assert "test_no-loss.frozen[orders-blocking]" in text
    assert r"<script>document.title = 'owned'</script> \x1b[31m " in text
    assert "stale denial: orders parts denies effect-once" in unwrapped
    assert "inconclusive: rpc-correlated.own on orders rpc: no witness" in unwrapped


def test_evidence_is_short(report: Report, catalogue: Catalogue) -> None:
    """Of long evidence the beginning is printed, and how much more there is."""
    violation = Violation("broken", tuple(f"frame {n}" for n in range(EVIDENCE_LINES + 3)))
    bad = replace(report.findings[1], verdict=Verdict("r", Outcome.FAIL, "", (violation,)))
    text = printed(replace(report, findings=(bad,)), catalogue)
    assert f"frame {EVIDENCE_LINES - 1}\n" in text
    assert f"frame {EVIDENCE_LINES}\n" not in text
    assert "and 3 more in the report" in text


def test_end(report: Report, catalogue: Catalogue) -> None:
    """At the end are measurements, what was not compared, what was used, the counts and the path of the report."""
    lines = [line.rstrip() for line in printed(report, catalogue).splitlines()]
    measured = lines.index("measured tolerance, orders blocking: texts 15")
    assert lines[measured + 1 : measured + 3] == ["  test_tolerance", ""]
    assert lines[measured + 3].startswith("not compared: orders blocking: table <script>")
    assert lines[-3:] == [
        "RabbitMQ 3.10.8 (docker); SQLite; pace fast; quick set",
        "Not all claims hold: 3 pass, 3 fail, 1 inconclusive in 187 s",
        "report: out/report.json",
    ]


def test_nothing_judged(report: Report) -> None:
    """A run without findings says so."""
    assert summary(replace(report, findings=())) == "nothing was judged"


@pytest.mark.parametrize(("width", "violated"), [(52, "✗ violated 2/12"), (40, "✗ 2/12")])
def test_narrow(report: Report, catalogue: Catalogue, width: int, violated: str) -> None:
    """In a narrow terminal the figures are short, and in a narrower one the symbols stand without words."""
    stream = io.StringIO()
    console = console_for(stream)
    console.width = width
    print_report(report, catalogue, console)
    assert row(stream.getvalue(), "no-loss")[0] == violated


def test_faults_and_shared_evidence(report: Report, catalogue: Catalogue) -> None:
    """What was done stands once over the violations, and evidence that several rest on stands once."""
    violations = (Violation("part 1 is lost", ("row 1",)), Violation("part 2 is lost", ("row 1",)))
    verdict = Verdict("r", Outcome.FAIL, "", violations, faults=("1.000 the rig cut it",))
    bad = replace(report.findings[1], verdict=verdict)
    text = printed(replace(report, findings=(bad,), stale_denials=()), catalogue)
    assert text.count("row 1") == text.count("1.000 the rig cut it") == 1
    assert "part 1 is lost" in text
    assert "part 2 is lost" in text


def test_one_cause(report: Report, catalogue: Catalogue) -> None:
    """Verdicts with one cause stand under it, the first with its evidence, the others by their names alone."""
    one = report.findings[1]
    bad = replace(one, verdict=replace(one.verdict, cause="it consumes without acks"))
    text = printed(replace(report, findings=(bad,) * 3, stale_denials=()), catalogue)
    assert "orders blocking: it consumes without acks; 3 verdicts with this cause" in text
    assert text.count("row 7") == 1
    name = one.verdict.requirement
    assert f"\n  also fail: {name} (2 cases)\n" in text


def test_one_cause_of_what_nobody_claims(report: Report, catalogue: Catalogue) -> None:
    """Of who claims nothing a cause is told once, with all that fails by it."""
    broken = (Violation("it never came"),)
    fails = [
        observed(
            report,
            guarantee,
            Verdict(f"{guarantee}.a", Outcome.FAIL, "", broken, cause="it acks first"),
        )
        for guarantee in ("no-loss", "graceful-stop", "no-loss")
    ]
    text = printed(replace(report, findings=tuple(fails), stale_denials=()), catalogue)
    assert "it acks first; with this cause fail no-loss, graceful-stop\n" in text
    assert "it never came" not in text


def observed(report: Report, guarantee: str, verdict: Verdict) -> Finding:
    """Make a finding of a guarantee that is neither claimed nor denied."""
    one = replace(report.findings[0], stance=Stance.OBSERVED, verdict=verdict)
    return replace(one, guarantee=guarantee)


def test_reasons(report: Report, catalogue: Catalogue) -> None:
    """Under the table stands why cases were left out or are unsupported, equal reasons once, and why others fail."""
    left = Verdict("no-loss.a", Outcome.UNSUPPORTED, "sqlite: nothing in between", left_out=True)
    lacks = Verdict("survives-poison.a", Outcome.UNSUPPORTED, 'write poison = "FILE"')
    broken = Violation("worker-1 ended with status 1")
    fails = Verdict("graceful-stop.idle", Outcome.FAIL, "", (broken, Violation("and so on")))
    findings = (
        replace(observed(report, "no-loss", left), stance=Stance.CLAIMED),
        observed(report, "effect-once", left),
        *[observed(report, "survives-poison", lacks)] * 3,
        *[observed(report, "graceful-stop", fails)] * 2,
    )
    full = (Extent("orders", "blocking", "keeps-concurrency", 2, 2),)
    shown = replace(report, findings=findings, stale_denials=(), full_set=full, exit_status=0)
    lines = printed(shown, catalogue).splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("left out"))
    assert [line.rstrip() for line in lines[begin : begin + 5]] == [
        "left out (2): sqlite: nothing in between",
        'survives-poison unsupported (3): write poison = "FILE"',
        "only in the full set (--full): keeps-concurrency",
        "graceful-stop.idle fails (and 1 more of graceful-stop): worker-1 ended with status 1",
        "",
    ]


def test_many_reasons(report: Report, catalogue: Catalogue) -> None:
    """Of many reasons the first are printed, and how many more there are and where."""
    findings = tuple(
        observed(report, "no-loss", Verdict("no-loss.a", Outcome.UNSUPPORTED, f"reason {n}."))
        for n in range(REASONS + 3)
    )
    text = printed(replace(report, findings=findings, stale_denials=(), full_set=()), catalogue)
    assert f"reason {REASONS - 1}." in text
    assert f"reason {REASONS}." not in text
    assert "and 3 more: report.html" in text


def test_no_reasons(report: Report, catalogue: Catalogue) -> None:
    """What is bad has its reason with its evidence, and nowhere else."""
    unsupported = Verdict("no-loss.a", Outcome.UNSUPPORTED, "it has no such thing")
    bad = replace(report.findings[0], verdict=unsupported)
    text = printed(replace(report, findings=(bad,), stale_denials=(), full_set=()), catalogue)
    assert text.count("it has no such thing") == 1
