"""The consumers' catalogue, cases and faulty implementations agree. No broker is needed."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import conformance.consumers
from fixtures.catalogue import Catalogue, load_catalogue
from tests.conformance.breaks import BREAKS

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = re.compile(r"document 1, chapter \d[a-z]?(, step \d+)?")
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Give the real one."""
    return load_catalogue()


@pytest.fixture(scope="module")
def judged() -> frozenset[str]:
    """Give the requirements that the cases, or their parameters, are marked with."""
    folder = conformance.consumers
    names = [m.name for m in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")]
    members = [member for name in names for member in vars(importlib.import_module(name)).items()]
    cases = [case for name, case in members if name.startswith("test_")]
    return frozenset(i for case in cases for mark in case.pytestmark for i in _required(mark))


def test_every_requirement_is_judged(catalogue: Catalogue, judged: frozenset[str]) -> None:
    """Each requirement is named by at least one case."""
    assert not set(catalogue.requirements) - judged


def test_every_case_judges_what_is_there(catalogue: Catalogue, judged: frozenset[str]) -> None:
    """No case names a requirement that the catalogue does not have."""
    assert not judged - set(catalogue.requirements)


def test_ids_are_permanent_words(catalogue: Catalogue) -> None:
    """Each id is `<guarantee>.<slug>`, with a guarantee that is there."""
    for requirement in catalogue.requirements:
        guarantee, _, slug = requirement.partition(".")
        assert guarantee in catalogue.guarantees
        assert SLUG.fullmatch(slug), requirement


def test_every_guarantee_is_made_of_requirements(catalogue: Catalogue) -> None:
    """No guarantee is an empty word."""
    assert not [slug for slug in catalogue.guarantees if not catalogue.of(slug)]


def test_every_source_names_a_chapter(catalogue: Catalogue) -> None:
    """Each requirement says which document and chapter it comes from."""
    assert not [r for r in catalogue.requirements.values() if not SOURCE.fullmatch(r.source)]


def test_every_guarantee_has_a_faulty_implementation(catalogue: Catalogue) -> None:
    """For each guarantee there is a defect that must be caught breaking it."""
    broken = {one.requirement.partition(".")[0] for breaks in BREAKS.values() for one in breaks}
    assert not set(catalogue.guarantees) - broken


def _required(mark: pytest.Mark) -> Iterator[str]:
    if mark.name == "requirement":
        yield from mark.args
    if mark.name == "parametrize":
        for parameter in mark.args[1]:
            for inner in getattr(parameter, "marks", ()):
                yield from _required(inner.mark if hasattr(inner, "mark") else inner)
