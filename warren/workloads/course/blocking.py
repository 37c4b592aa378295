"""Packages worked on whole: one message, one row (document 1, chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.workloads.course.package_tally import PACKAGE, Effect
from warren.workloads.course.packages import PackageDesign
from warren.workloads.course.roles import STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.workloads.course.package_tally import Package


class Blocking(PackageDesign):
    """Packages are worked on whole, and leave one row (chapter 2)."""

    __slots__ = ()

    def owes(self, package: Package) -> tuple[Effect, ...]:
        """Owe the package row."""
        return (Effect(package.message_id, PACKAGE),)

    def indices(self, package: Package, message: str, read: object) -> Iterator[int]:
        """Know the package row by its bytes."""
        del read
        if message.encode() == package.body:
            yield PACKAGE

    def leaves(self, effect: Effect) -> bool:
        """Whether it is the package row, which is all there is."""
        return effect.index == PACKAGE


BLOCKING = Blocking("blocking", {STREAM: 1}, (1, 1), "text-10")
