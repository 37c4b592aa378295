"""Packages that go from step to step, each of which publishes the next (document 1, chapter 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.workloads.course.package_tally import PACKAGE
from warren.workloads.course.parts import Parts
from warren.workloads.course.roles import PART, STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.workloads.course.package_tally import Package


class Pipeline(Parts):
    """Each step has all texts and the number of its own; it owes a row as a part does, and the result comes last."""

    __slots__ = ()

    @property
    def is_chain(self) -> bool:
        """Each step publishes the next."""
        return True

    @property
    def copies(self) -> int:
        """Once: what was worked on is not yet in the result."""
        return 1

    def indices(self, package: Package, message: str, read: object) -> Iterator[int]:
        """Know the package row by the result that it holds, and the row of a step by its number."""
        del message
        if read == {"texts": list(package.texts)}:
            yield PACKAGE
        elif isinstance(read, dict) and read.get("texts") == list(package.texts):
            index = read.get("index")
            if isinstance(index, int) and 0 <= index < len(package.texts):
                yield index


PIPELINE = Pipeline("pipeline", {PART: 3, STREAM: 1}, (1, 3), "text-12")
