"""How much there is to judge: what a run rests on is held against the full set of cases. Facts only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """How many cases the full set has of a guarantee in a design of an implementation.

    A case that judges two requirements of the guarantee counts twice, as it has two findings. `left` of them were left
    to the full set, by a run of the quick one that would have had them otherwise.
    """

    implementation: str
    design: str
    guarantee: str
    cases: int
    left: int = 0

    @property
    def cell(self) -> tuple[str, str, str]:
        """What it is about: implementation, design, guarantee."""
        return self.implementation, self.design, self.guarantee
