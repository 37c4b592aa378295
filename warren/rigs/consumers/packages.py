"""For cases about the course's packages and nothing else: the rig's workload and tally as what they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.workloads.course.package_tally import PackageTally
from warren.workloads.course.packages import PackageDesign

if TYPE_CHECKING:
    from warren.rigs.consumers.rig import Rig


def package_design(rig: Rig) -> PackageDesign:
    """Give the design; AssertionError where it has no packages, as the marks of the case must see to."""
    assert isinstance(rig.workload, PackageDesign), f"{rig.workload.slug} has no packages"
    return rig.workload


def package_tally(rig: Rig) -> PackageTally:
    """Hold the rows of now against the packages that were sent; as `package_design` for another workload."""
    tally = rig.seen.tally()
    assert isinstance(tally, PackageTally), f"{rig.workload.slug} has no packages"
    return tally
