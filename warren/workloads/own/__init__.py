"""A user's own consumer: one queue, a message of its own, and the effects that it is said to leave.

`message` is the unit of work, `recorded` one that a publisher of theirs has sent, `effects`, `table_effects` and
`file_effects` what it owes, `cells` what stands in rows, `comparing` how they differ from a clean run's, `consumer` the
workload that a rig asks. What a manifest says of them (`protocol = 2`) is `warren.claims.own_manifest`'s.
"""

from warren.workloads.own.consumer import LIKE, MALFORMED, MISSHAPEN, OWN, OwnWorkload
from warren.workloads.own.effects import (
    CallEffect,
    CommandEffect,
    Effect,
    PublishEffect,
    RowEffect,
)
from warren.workloads.own.file_effects import PathEffect, documents
from warren.workloads.own.message import (
    ID,
    Sample,
    Template,
    forms_of,
    most_seconds,
    number_of,
)
from warren.workloads.own.recorded import Recorded
from warren.workloads.own.table_effects import ROWS, TableEffect, TotalEffect
from warren.workloads.own.tally import OwnTally

__all__ = [
    "ID",
    "LIKE",
    "MALFORMED",
    "MISSHAPEN",
    "OWN",
    "ROWS",
    "CallEffect",
    "CommandEffect",
    "Effect",
    "OwnTally",
    "OwnWorkload",
    "PathEffect",
    "PublishEffect",
    "Recorded",
    "RowEffect",
    "Sample",
    "TableEffect",
    "Template",
    "TotalEffect",
    "documents",
    "forms_of",
    "most_seconds",
    "number_of",
]
