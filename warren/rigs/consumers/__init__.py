"""The one face for cases that judge consumers: the rig, what a case holds and breaks, and the facts that it reads.

A case imports this of Warren, and nothing else.
"""

from warren.errors import UnroutedError
from warren.evidence.declarations import Declaration
from warren.evidence.frames import ConnectionEnded
from warren.evidence.json_text import parse_json
from warren.evidence.ledger import Consumer, Delivery, Ledger, Published, most_unacked, short
from warren.evidence.violation import Violation
from warren.rigs.consumers.database import CaughtCommit, HeldCommits
from warren.rigs.consumers.deaths import Death
from warren.rigs.consumers.endings import Inconclusive, Unmet
from warren.rigs.consumers.holds import Caught, Holds
from warren.rigs.consumers.packages import package_design, package_tally
from warren.rigs.consumers.places import Place
from warren.rigs.consumers.rig import Rig
from warren.rigs.consumers.shapes import (
    EVERY_TYPE,
    FIELDS,
    Shape,
    answering_directly,
    as_it_is,
    both,
    expiring,
    headers,
    named,
    with_unused,
    without,
)
from warren.simulator.wire import FieldValue
from warren.workloads import Poison, Role, Unit
from warren.workloads.course.chance import early_or_tied
from warren.workloads.course.package_tally import PACKAGE, Package, PackageTally, row_line
from warren.workloads.course.packages import numbered, package_body
from warren.workloads.course.roles import HTTP, PART, RPC_SERVER, STREAM, TASK
from warren.workloads.course.tasks import Task
from warren.worlds.database_line.pieces import Failure, Moment
from warren.worlds.line.rules import (
    Match,
    acks,
    confirms,
    consumed,
    consuming,
    declaration,
    declared,
    delivery,
    opening,
    publish,
    refusal,
)
from warren.worlds.protocol import (
    Call,
    Certificate,
    Exclusive,
    HttpFailure,
    HttpReply,
    LateAck,
    Process,
)

__all__ = [
    "EVERY_TYPE",
    "FIELDS",
    "HTTP",
    "PACKAGE",
    "PART",
    "RPC_SERVER",
    "STREAM",
    "TASK",
    "Call",
    "Caught",
    "CaughtCommit",
    "Certificate",
    "ConnectionEnded",
    "Consumer",
    "Death",
    "Declaration",
    "Delivery",
    "Exclusive",
    "Failure",
    "FieldValue",
    "HeldCommits",
    "Holds",
    "HttpFailure",
    "HttpReply",
    "Inconclusive",
    "LateAck",
    "Ledger",
    "Match",
    "Moment",
    "Package",
    "PackageTally",
    "Place",
    "Poison",
    "Process",
    "Published",
    "Rig",
    "Role",
    "Shape",
    "Task",
    "Unit",
    "Unmet",
    "UnroutedError",
    "Violation",
    "acks",
    "answering_directly",
    "as_it_is",
    "both",
    "confirms",
    "consumed",
    "consuming",
    "declaration",
    "declared",
    "delivery",
    "early_or_tied",
    "expiring",
    "headers",
    "most_unacked",
    "named",
    "numbered",
    "opening",
    "package_body",
    "package_design",
    "package_tally",
    "parse_json",
    "publish",
    "refusal",
    "row_line",
    "short",
    "with_unused",
    "without",
]
