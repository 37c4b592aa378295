"""A user's own consumer: one queue, a message of its own, and the effects that it is said to leave.

`message` is the unit of work, `effects` what it owes, `consumer` the workload that a rig asks. What a manifest says of
them (`protocol = 2`) is `warren.claims.own`'s.
"""

from warren.workloads.own.consumer import LIKE, OwnWorkload
from warren.workloads.own.effects import CallEffect, Effect, PathEffect, PublishEffect, RowEffect
from warren.workloads.own.message import Sample, Template

__all__ = [
    "LIKE",
    "CallEffect",
    "Effect",
    "OwnWorkload",
    "PathEffect",
    "PublishEffect",
    "RowEffect",
    "Sample",
    "Template",
]
