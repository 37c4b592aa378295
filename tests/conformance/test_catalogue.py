"""The consumers' catalogue, cases and faulty implementations agree. No broker is needed."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import conformance.consumers
from tests.conformance.breaks import BREAKS, OWN_BREAKS, QUEUES_BREAKS
from warren.claims.catalogue import Catalogue, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SOURCE = re.compile(r"document 1, chapter \d[a-z]?(, step \d+)?|field reports")
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Give the real one."""
    return load_catalogue()


@pytest.fixture(scope="module")
def judged(catalogue: Catalogue) -> set[tuple[str, str]]:
    """Give requirement and design of all that the cases, or their parameters, are marked with."""
    folder = conformance.consumers
    names = [m.name for m in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")]
    modules = [importlib.import_module(name) for name in names]
    return {
        (requirement, design)
        for module in modules
        for name, case in vars(module).items()
        if name.startswith("test_")
        for design in _designs(case, module, catalogue)
        for mark in case.pytestmark
        for requirement in _required(mark)
    }


def test_each_requirement_is_judged_in_each_design(
    catalogue: Catalogue, judged: set[tuple[str, str]]
) -> None:
    """Each requirement has a case in each of its designs, and no case judges anything else."""
    due = {(r.id, design) for r in catalogue.requirements.values() for design in r.designs}
    assert judged == due


def test_ids_are_permanent_words(catalogue: Catalogue) -> None:
    """Each id is `<guarantee>.<slug>`, with a guarantee that is there."""
    for requirement in catalogue.requirements:
        guarantee, _, slug = requirement.partition(".")
        assert guarantee in catalogue.guarantees
        assert SLUG.fullmatch(slug), requirement


def test_every_guarantee_is_made_of_requirements(catalogue: Catalogue) -> None:
    """No guarantee is an empty word."""
    assert not [slug for slug in catalogue.guarantees if not catalogue.of(slug)]


def test_every_source_is_a_chapter_or_the_field(catalogue: Catalogue) -> None:
    """Each requirement says which document and chapter it comes from, or that people reported what it is about."""
    assert not [r for r in catalogue.requirements.values() if not SOURCE.fullmatch(r.source)]


def test_every_requirement_is_broken_by_a_defect(catalogue: Catalogue) -> None:
    """For each requirement there is a defect that its case must catch."""
    known = (*BREAKS.values(), *OWN_BREAKS.values(), *QUEUES_BREAKS.values())
    broken = {one.requirement for breaks in known for one in breaks}
    assert not set(catalogue.requirements) - broken


def _designs(case: object, module: ModuleType, catalogue: Catalogue) -> tuple[str, ...]:
    """Give the designs of the mark that is closest to a case."""
    marks = [*getattr(case, "pytestmark", ()), getattr(module, "pytestmark", None)]
    mark = next(m for m in marks if m and m.name in ("guarantee", "measurement"))
    mark = getattr(mark, "mark", mark)
    designs: tuple[str, ...] = mark.kwargs.get("designs", ())
    return designs or catalogue.guarantees[mark.args[0]].designs


def _required(mark: pytest.Mark) -> Iterator[str]:
    if mark.name == "requirement":
        yield from mark.args
    if mark.name == "parametrize":
        for parameter in mark.args[1]:
            for inner in getattr(parameter, "marks", ()):
                yield from _required(inner.mark if hasattr(inner, "mark") else inner)
