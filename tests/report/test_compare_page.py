"""Two reports stand on one page, cell beside cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.report.test_html import Page
from warren.claims.verdict import Outcome, Verdict
from warren.errors import OptionError
from warren.report.compare_page import names_of, pairs_of, to_compare_html
from warren.report.json_report import only

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report


@pytest.fixture
def mended(report: Report) -> Report:
    """Give the report of a later run, on another broker, in which what was violated holds."""
    finding = replace(report.findings[1], verdict=Verdict("no-loss.frozen", Outcome.PASS))
    run = replace(report.run, broker="RabbitMQ 4.3", started=report.run.started + timedelta(days=1))
    findings = (report.findings[0], finding, *report.findings[2:])
    return replace(report, run=run, findings=findings, drawings=())


def test_what_differs_comes_first(report: Report, mended: Report, catalogue: Catalogue) -> None:
    """A cell that shows two things is the first, and the others follow, each once."""
    first, *others = pairs_of(report, mended, catalogue)
    assert (first.place, first.guarantee, first.differs) == ("orders blocking", "no-loss", True)
    assert not any(pair.differs for pair in others)
    assert len({pair.anchor for pair in others}) == len(others) == 5


def test_page(report: Report, mended: Report, catalogue: Catalogue) -> None:
    """Both are there with their marks, cases and drawings; links have targets, and outside text is text."""
    page = Page(to_compare_html(report, mended, catalogue))
    assert "RabbitMQ 3.10.8 (docker) and RabbitMQ 4.3" in page.text
    assert "1 of 6" in page.text
    assert len(page.all("tr", "differs")) == 1
    assert len(page.all("figure", "drawing")) == 1
    targets = {attributes.get("id") for _, attributes in page.elements}
    assert {str(a["href"]).removeprefix("#") for a in page.all("a")} <= targets
    assert r"<script>document.title = 'owned'</script> \x1b[31m" in page.text
    assert len(page.all("script")) == 2


def test_two_implementations(report: Report, catalogue: Catalogue) -> None:
    """Two implementations of one report are paired guarantee by guarantee, where one has none as not run."""
    orders, other = only(report, "orders"), only(report, "other")
    assert names_of(orders, other) == ("orders", "other")
    pairs = pairs_of(orders, other, catalogue)
    assert [(p.place, p.guarantee) for p in pairs if p.second] == [("blocking", "no-loss")]
    assert sum(p.second is None for p in pairs) == 4


def test_no_such_implementation(report: Report) -> None:
    """A name that a report does not have is a sentence with the nearest one."""
    with pytest.raises(OptionError, match="no `order`; did you mean `orders`"):
        only(report, "order")


def test_names(report: Report) -> None:
    """Reports that differ in nothing else are told apart by when they ran, or by their order."""
    later = replace(report, run=replace(report.run, started=report.run.started + timedelta(days=1)))
    assert names_of(report, later) == ("2026-01-02 03:04:00+00:00", "2026-01-03 03:04:00+00:00")
    assert names_of(report, report) == ("the first", "the second")
