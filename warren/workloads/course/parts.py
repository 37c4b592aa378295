"""Packages split into a message for each text (document 1, chapters 3 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.workloads.course.package_tally import PACKAGE, Effect
from warren.workloads.course.packages import PackageDesign
from warren.workloads.course.roles import PART, STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.workloads.course.package_tally import Package


class Parts(PackageDesign):
    """Packages are split into a message for each text (chapters 3 and 4)."""

    __slots__ = ()

    def owes(self, package: Package) -> tuple[Effect, ...]:
        """Owe a row for each part, then the package row."""
        parts = (Effect(package.message_id, index) for index in range(package.size))
        return (*parts, Effect(package.message_id, PACKAGE))

    @property
    def copies(self) -> int:
        """Twice, in that of the last part: its text, and the whole source beside it."""
        return 2

    def leaves(self, effect: Effect) -> bool:
        """Whether it is the row of a part: the package row comes with the last of them."""
        return effect.index != PACKAGE

    def indices(self, package: Package, message: str, read: object) -> Iterator[int]:
        """Know the package row by its bytes, and the row of a part by its text."""
        if message.encode() == package.body:
            yield PACKAGE
        elif isinstance(read, dict) and "sourceMessage" in read:
            yield from (i for i, text in enumerate(package.texts) if text == read.get("text"))


PARTS = Parts("parts", {PART: 1, STREAM: 1}, (1, 1), "text-10")
PARTS_RANDOM = Parts("parts-random", {PART: 3, STREAM: 1}, (1, 3), "text-12")
