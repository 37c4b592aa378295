"""What one unit of work is, where it is published, which effects it owes, and what is bad input.

`protocol` is what a rig asks of any workload. `course` has the six designs of the document; others stand beside it.
A workload knows no world: it is given ids and rows, and gives bodies and sentences.
"""

from warren.workloads.course.designs import WORKLOADS
from warren.workloads.protocol import (
    Caller,
    Maker,
    Poison,
    Role,
    Route,
    Tables,
    Tally,
    Unit,
    Workload,
)

__all__ = [
    "WORKLOADS",
    "Caller",
    "Maker",
    "Poison",
    "Role",
    "Route",
    "Tables",
    "Tally",
    "Unit",
    "Workload",
]
