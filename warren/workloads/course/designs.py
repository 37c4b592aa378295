"""All workloads that there are, by their slug."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from warren.workloads.course.packages import PACKAGE_DESIGNS
from warren.workloads.course.tasks import TASK_DESIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.workloads.protocol import Workload

_ALL: tuple[Workload, ...] = (*PACKAGE_DESIGNS, *TASK_DESIGNS)

DESIGNS: Mapping[str, Workload] = MappingProxyType({design.slug: design for design in _ALL})
