"""What the plugin asks of a rig, whichever kind its case judges. What a case asks of it is the face of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from warren.claims.catalogue import Requirement
    from warren.claims.verdict import Finding, Measurement
    from warren.evidence.record import Record


class Printing(Protocol):
    """A process of a case, whose last words a failure shows."""

    @property
    def name(self) -> str:
        """Unique in its case."""

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""

    def output(self) -> str:
        """Give the end of what it printed."""


class CaseRig(Protocol):
    """One case's rig."""

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What the case judges; empty for a measurement."""

    @property
    def processes(self) -> Sequence[Printing]:
        """All that the case started."""

    def deadline(self) -> AbstractContextManager[None]:
        """End a case that waits without an end of its own, where this kind of case may."""

    def findings(self, ended: Exception | None, case: str, seconds: float) -> tuple[Finding, ...]:
        """Give one finding for each requirement of a case that ended, by itself or with an error."""

    def measurements(self, case: str) -> tuple[Measurement, ...]:
        """Give what the case measured."""

    def record(self) -> Record | None:
        """Give all that is known of the case, to draw it; None where this kind of case is not drawn."""
