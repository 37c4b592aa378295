"""Packages that go from step to step, each of which publishes the next (document 1, chapter 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.workloads.course.package_tally import PACKAGE, Effect
from warren.workloads.course.packages import PackageDesign
from warren.workloads.course.roles import PART, STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.workloads.course.package_tally import Package


class Pipeline(PackageDesign):
    """Packages go from step to step, each with all texts and the number of the next (chapter 4b)."""

    __slots__ = ()

    def owes(self, package: Package) -> tuple[Effect, ...]:
        """Owe a row for each step, then the row with the result."""
        steps = (Effect(package.message_id, index) for index in range(package.size))
        return (*steps, Effect(package.message_id, PACKAGE))

    def leaves(self, effect: Effect) -> bool:
        """Whether it is the row of a step: the result comes with the last of them."""
        return effect.index != PACKAGE

    @property
    def is_chain(self) -> bool:
        """Each step publishes the next."""
        return True

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
