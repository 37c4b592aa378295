"""What a broker owes, the cases that judge it, and the releases they know. No broker is needed."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

import conformance.brokers
from conformance.brokers.releases import RELEASES, release_of
from warren.claims.catalogue import AMQP, Catalogue, load_broker_catalogue, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Give the real one."""
    return load_broker_catalogue()


@pytest.fixture(scope="module")
def judged() -> Counter[str]:
    """Count the cases, or their parameters, that are marked with each requirement."""
    path = conformance.brokers.__path__
    names = [m.name for m in pkgutil.iter_modules(path, "conformance.brokers.")]
    members = [member for name in names for member in vars(importlib.import_module(name)).items()]
    cases = [case for name, case in members if name.startswith("test_")]
    return Counter(i for case in cases for mark in case.pytestmark for i in _required(mark))


def test_every_requirement_is_judged(catalogue: Catalogue, judged: Counter[str]) -> None:
    """Each requirement is named by a case, and no case names another."""
    assert set(catalogue.requirements) == set(judged)


def test_ids_are_permanent_words(catalogue: Catalogue) -> None:
    """Each id is `<theme>.<slug>`, and no theme is an empty word."""
    for requirement in catalogue.requirements:
        assert SLUG.fullmatch(requirement.partition(".")[2]), requirement
    assert not [slug for slug in catalogue.guarantees if not catalogue.of(slug)]


def test_every_source_names_a_part(catalogue: Catalogue) -> None:
    """Each requirement says which part of the notes it comes from."""
    sources = [requirement.source for requirement in catalogue.requirements.values()]
    assert not [source for source in sources if not re.fullmatch(r"document 2, \S.+", source)]


def test_what_the_notes_get_wrong_is_said(catalogue: Catalogue) -> None:
    """The known mistakes of the notes stand beside the truth."""
    corrected = {id_ for id_, r in catalogue.requirements.items() if r.corrects}
    assert corrected >= {
        "topic.hash-zero-words",
        "direct.several-queues",
        "distribution.fanout-copies",
        "ttl.from-the-head",
        "dead-letter.no-delay-in-nack",
    }


def test_themes_are_no_guarantees(catalogue: Catalogue) -> None:
    """A manifest can claim none of a broker's themes: the two catalogues share no word."""
    consumers = load_catalogue()
    assert not consumers.guarantees.keys() & catalogue.guarantees.keys()
    assert {design for g in catalogue.guarantees.values() for design in g.designs} == {AMQP}
    joined = consumers | catalogue
    assert len(joined.requirements) == len(consumers.requirements) + len(catalogue.requirements)


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("3.10.8", "3.10"),
        ("4.0.5", "4.0"),
        ("4.3.6", "4.3"),
        ("3.10", "3.10"),
        ("5.0.0", "4.3"),
        ("4.10.1", "4.3"),
    ],
)
def test_an_unknown_release_is_the_newest(version: str, release: str) -> None:
    """What is expected goes by major and minor version; of one that is not known, by the newest."""
    assert release_of(version) is RELEASES[release]


def _required(mark: pytest.Mark) -> Iterator[str]:
    if mark.name == "requirement":
        yield from mark.args
    if mark.name == "parametrize":
        for parameter in mark.args[1]:
            for inner in getattr(parameter, "marks", ()):
                yield from _required(inner.mark if hasattr(inner, "mark") else inner)
