"""All workloads that there are, by their slug."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from warren.workloads.course.blocking import BLOCKING
from warren.workloads.course.parts import PARTS, PARTS_RANDOM
from warren.workloads.course.pipeline import PIPELINE
from warren.workloads.course.tasks import RPC, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.workloads.protocol import Workload

_ALL: tuple[Workload, ...] = (BLOCKING, PARTS, PARTS_RANDOM, PIPELINE, TASKS, RPC)

DESIGNS: Mapping[str, Workload] = MappingProxyType({design.slug: design for design in _ALL})
