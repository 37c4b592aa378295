"""What a run rests on: how many cases the full set has, and how many were left to it.

That is known only where cases are collected, with `-n` on every worker. It travels from there to the controller.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from warren.claims.catalogue import AMQP
from warren.claims.extent import Extent
from warren.plugin.selection import subject_of
from warren.rigs.brokers.judging import SUBJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import Finding


class Extents:
    """The extents of all that a process collected."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Begin with nothing collected."""
        self._catalogue = catalogue
        self._cases: Counter[tuple[str, str, str]] = Counter()
        self.all: tuple[Extent, ...] = ()

    def collected(self, items: Iterable[pytest.Item], left: Iterable[pytest.Item]) -> None:
        """Count the cases of the items, and of those that are left to the full set."""
        self._cases = Counter(place for item in items for place in _places(item))
        in_left = Counter(place for item in left for place in _places(item))
        cells: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for implementation, design, requirement in self._cases:
            cells[implementation, design, requirement.partition(".")[0]].append(requirement)
        self.all = tuple(
            Extent(
                *(implementation, design, guarantee),
                # A requirement whose case was not collected, since a path was named, has one all the same.
                cases=sum(self._cases[implementation, design, r] for r in found)
                + len(self._catalogue.due(guarantee, design) - set(found)),
                left=sum(in_left[implementation, design, r] for r in found),
            )
            for (implementation, design, guarantee), found in cells.items()
        )

    def counted(self, finding: Finding) -> Finding:
        """Say in a finding how many cases there are of its requirement."""
        place = (finding.implementation, finding.design, finding.verdict.requirement)
        return replace(finding, cases=max(self._cases[place], 1))

    def to_controller(self) -> list[tuple[Any, ...]]:
        """Give what xdist can carry from a worker."""
        return [astuple(extent) for extent in self.all]

    def from_worker(self, carried: Iterable[tuple[Any, ...]]) -> None:
        """Take what a worker collected; all of them collect the same."""
        self.all = tuple(Extent(*fields) for fields in carried)


def _places(item: pytest.Item) -> Iterator[tuple[str, str, str]]:
    """Give implementation, design and requirement of all that an item judges."""
    subject = subject_of(item)
    name, design = SUBJECT, AMQP
    if subject is not None:
        name, design = subject.implementation.name, subject.workload.slug
    for marker in item.iter_markers("requirement"):
        for requirement in marker.args:
            yield name, design, requirement
