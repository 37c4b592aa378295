"""What the documents link to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("*.md", "docs/**/*.md", "examples/**/README.md", "implementations/*/README.md")
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for place in PLACES
    for path in ROOT.glob(place)
    if not {".venv", "node_modules", "vendor", "target"} & {*path.parts}
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    """Every link to a file of the repository leads to one, and to a heading that it has."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", (ROOT / document).read_text("utf-8"))
    for path, anchor in links:
        target = (ROOT / document.parent / path) if path else ROOT / document
        assert target.exists(), path
        assert not anchor or anchor in _anchors(target), f"{path}#{anchor}"


def _anchors(document: Path) -> set[str]:
    """Name the headings as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_in_the_list() -> None:
    """The list of decisions has each of them."""
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((.*?)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))
