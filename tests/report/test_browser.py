"""The page in a real browser: a case that failed is drawn, can be stepped through, and reads on paper, in the dark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")  # so that one process judges the case, once

ROOT = Path(__file__).parents[2]
DEADLINE = 120
"""Seconds for a run of one case."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judge a consumer that acks before it commits, and give the page of the report."""
    folder = tmp_path_factory.mktemp("report")
    case = "conformance/consumers/test_commit.py::test_killed_before_commit"
    manifest = "implementations/faulty/acks-before-commit.toml"
    options = ["--broker=embedded", "--database=sqlite", "-n1", f"--report={folder}"]
    command = [sys.executable, "-m", "pytest", case, f"--implementation={manifest}", *options]
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stdout
    return folder / "report.html"


@pytest.fixture
def chromium(browser: str) -> Iterator[Browser]:
    """Start the machine's browser."""
    with sync_playwright() as play:
        # A container's root cannot have the sandbox; the page is our own.
        started = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        yield started
        started.close()


def look(page: Page, name: str) -> None:
    """Keep a picture for a person, where CI keeps its reports."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.locator("article:target").screenshot(path=Path(folder) / f"{name}.png")


def open_case(chromium: Browser, report: Path, **options: str) -> tuple[Page, list[str]]:
    """Open the cell of the failed guarantee; give the page, and what it complains of or loads from elsewhere."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, **options)  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url))
    page.goto(report.as_uri())
    wrong.remove(report.as_uri())
    page.locator("a.cell", has_text="denied").click()
    return page, wrong


def test_case_in_a_browser(chromium: Browser, report: Path) -> None:
    """The cell shows the message, its ack, the kill and what is missing; keys step along time and along a message."""
    page, wrong = open_case(chromium, report)
    figure = page.locator("article:target figure.drawing")
    look(page, "light")

    expect(figure).to_have_count(1)
    for lane in ("stream-1", "stream-2", "database"):
        # A case that took long has several strips, with the names in each.
        expect(figure.locator("text.name", has_text=lane).first).to_be_visible()
    expect(figure.locator("text.fault", has_text="killed stream-")).to_be_visible()
    expect(figure.get_by_text("no effect")).to_be_visible()
    expect(figure.locator(".delivery .halo")).to_be_visible()

    ack = figure.locator(".settlement line.ack").first.bounding_box()
    kill = figure.locator(".fault", has_text="killed stream-").locator("line").bounding_box()
    missing = figure.locator(".missing rect").bounding_box()
    assert ack
    assert kill
    assert missing
    assert ack["x"] < kill["x"] < missing["x"]

    said = figure.locator("output.frame")
    expect(said).to_be_hidden()
    figure.locator(".event").first.focus()
    expect(said).to_contain_text("opened connection 1")
    for _ in range(40):
        if "basic.deliver #1" in (said.text_content() or ""):
            break
        page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("basic.deliver #1")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("basic.ack #1")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("lost: the package row never came")
    expect(figure.locator(".event.same")).to_have_count(4)
    look(page, "stepping")
    page.keyboard.press("Home")
    expect(said).to_contain_text("opened connection 1")
    page.keyboard.press("n")
    expect(said).to_contain_text("the rig held the basic.deliver")

    figure.locator(".sent .number").hover()
    expect(said).to_contain_text("the rig published")
    page.keyboard.press("Escape")
    expect(figure).to_be_hidden()
    assert wrong == []


def test_dark_and_paper(chromium: Browser, report: Path) -> None:
    """In the dark the ground is dark and marks are light; on paper it is light whatever the screen was."""
    page, _ = open_case(chromium, report, color_scheme="dark")
    look(page, "dark")
    name = page.locator("article:target text.instance").first
    assert brightness(name.evaluate("it => getComputedStyle(it).fill")) > 150
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 50
    page.emulate_media(media="print")
    look(page, "print")
    assert brightness(name.evaluate("it => getComputedStyle(it).fill")) < 100
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 255
    expect(page.locator("article:target figcaption .keys")).to_be_hidden()
    position = page.locator("article:target").evaluate("it => getComputedStyle(it).position")
    assert position == "static", "what is fixed is printed on one page, and cut there"
    expect(page.locator("article:target figure.drawing")).to_be_visible()


def brightness(colour: str) -> float:
    """Give the mean of red, green and blue of `rgb(…)`."""
    parts = colour[colour.index("(") + 1 : -1].split(",")
    return sum(float(part) for part in parts[:3]) / 3
