"""The page shows the report, whatever is in it, and needs nothing but itself."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from warren.report.html_report import to_html

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

Attributes = dict[str, str | None]

DEADLINE = 60.0
"""Seconds for a browser to start, show the page and end."""


class Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        """Read a page."""
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data

    def all(self, tag: str, css_class: str = "") -> list[Attributes]:
        """Find elements by name and class."""
        return [
            attributes
            for name, attributes in self.elements
            if name == tag
            and (not css_class or css_class in (attributes.get("class") or "").split())
        ]


def test_outside_text_is_text(report: Report, catalogue: Catalogue) -> None:
    """A script in a message body is shown, and is no script; so are markup and templates."""
    page = Page(to_html(report, catalogue))
    assert len(page.all("script")) == 3
    assert (
        r"<script>document.title = 'owned'</script> \x1b[31m \u202e \x00 &amp; {{ 7 * 7 }}"
        in page.text
    )
    assert "It <b>comes</b> again." in page.text


def test_no_control_character(report: Report, catalogue: Catalogue) -> None:
    """Nothing that does not print is in the page but ends of lines."""
    html = to_html(report, catalogue)
    assert {char for char in html if not char.isprintable()} == {"\n"}


def test_attributes_hold(report: Report, catalogue: Catalogue) -> None:
    """A name that tries to end its attribute makes no attribute of its own."""
    evil = replace(report.findings[1], implementation='x" onclick="alert(1)')
    page = Page(to_html(replace(report, findings=(evil,)), catalogue))
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]


def test_needs_nothing_else(report: Report, catalogue: Catalogue) -> None:
    """The page names no other file or address, and its policy forbids to load any."""
    html = to_html(report, catalogue)
    page = Page(html)
    targets = [a[key] or "" for _, a in page.elements for key in ("src", "href") if key in a]
    assert targets
    assert all(target.startswith("#") for target in targets)
    assert "url(" not in html
    assert "default-src 'none'" in str(page.all("meta"))


def test_cells_lead_to_their_cases(report: Report, catalogue: Catalogue) -> None:
    """Each link in the page has its target, and each cell that ran has a link."""
    page = Page(to_html(report, catalogue))
    targets = {attributes.get("id") for _, attributes in page.elements}
    links = [str(a["href"]).removeprefix("#") for a in page.all("a")]
    assert {*links} <= targets
    assert len(page.all("a", "cell")) == len(page.all("article")) == 6


def test_says_what_was_found(report: Report, catalogue: Catalogue) -> None:
    """Headline, run, requirement with its source, and evidence are all there."""
    text = Page(to_html(report, catalogue)).text
    for words in (
        "Not all claims hold",
        "RabbitMQ 3.10.8 (docker)",
        "document 1, 2.9",
        "stale denial: orders parts denies effect-once",
        "1.250 part-1 <- basic.deliver",
        "row 7",
        "quick set",
        "It rests on 2 of 12 cases that the full set has.",
    ):
        assert words in text


def test_case_that_did_not_hold_is_drawn(report: Report, catalogue: Catalogue) -> None:
    """A cell draws its case once; each event can be read, and what it says is a text."""
    page = Page(to_html(report, catalogue))
    assert len(page.all("figure", "drawing")) == 1
    assert len(page.all("g", "event")) == 3
    assert "the rig killed it" in page.text
    assert r"body <script>document.title = 'owned'</script> \x1b[31m" in page.text
    assert "unsettled" not in page.text


def test_nothing_drawn(report: Report, catalogue: Catalogue) -> None:
    """A report without drawings has nothing of them, its script included."""
    page = Page(to_html(replace(report, drawings=()), catalogue))
    assert len(page.all("script")) == 2
    assert not page.all("svg")


def test_empty_report(report: Report, catalogue: Catalogue) -> None:
    """A run that found nothing is a page too."""
    empty = replace(report, findings=(), measurements=(), stale_denials=(), full_set=())
    assert "<table" not in to_html(empty, catalogue)


def shown(browser: str, page: Path, query: str, profile: Path) -> str:
    """Give the document as it is after the page's script ran."""
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",  # a container's root cannot have the sandbox; the page is our own
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
            "--dump-dom",
            f"{page.as_uri()}{query}",
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    return done.stdout


def test_filters_in_a_browser(
    browser: str, report: Report, catalogue: Catalogue, tmp_path: Path
) -> None:
    """In a browser only the wanted implementation and verdict are left, and no other script ran."""
    path = tmp_path / "report.html"
    path.write_text(to_html(report, catalogue), "utf-8")
    query = "?implementation=orders&verdict=violated&verdict=stale"
    dom = shown(browser, path, query, tmp_path / "profile")
    page = Page(dom)
    assert "<title>Warren: Not all claims hold</title>" in dom
    sections = page.all("section", "implementation")
    assert [a["data-implementation"] for a in sections if "hidden" not in a] == ["orders"]
    faded = {bool(re.search(r"\boff\b", a["class"] or "")) for a in page.all("a", "cell")}
    assert faded == {True, False}
    wanted = {a["data-mark"] for a in page.all("a", "cell") if "off" not in str(a["class"])}
    assert wanted == {"violated", "stale"}
    assert sum("hidden" in row for row in page.all("tr")) == 2


def test_one_cause_is_one_headline(report: Report, catalogue: Catalogue) -> None:
    """Verdicts with one cause are folded under it."""
    one = report.findings[1]
    bad = replace(one, verdict=replace(one.verdict, cause="it acks first"))
    html = to_html(replace(report, findings=(bad,) * 3, stale_denials=()), catalogue)
    headline = "orders blocking: it acks first; 3 verdicts with this cause"
    assert f"<details><summary>{headline}</summary>" in html
    assert 'What needs a look <span class="quiet">1</span>' in html
