"""What each defect breaks, and the words in which the suite must say so. Facts only.

The guarantee of each requirement stands under `denies` in the defect's manifest, where it is violated. What
is neither claimed nor denied there cannot be judged apart from the defect; `entangled` gives the reason.

A defect stands in the file of the guarantee that its first requirement belongs to.
"""

from __future__ import annotations

from tests.conformance.breaks import effects, endings, inputs, own, publishing, requests
from tests.conformance.breaks.facts import Break

__all__ = ["BREAKS", "HOLDS", "OWN_BREAKS", "QUEUES_BREAKS", "Break"]

BREAKS: dict[str, tuple[Break, ...]] = (
    effects.BREAKS | endings.BREAKS | inputs.BREAKS | publishing.BREAKS | requests.BREAKS
)

OWN_BREAKS = own.BREAKS
"""Those of a user's own consumer that calls an HTTP service, which `tests/own` judges."""

QUEUES_BREAKS = own.OF_TWO_QUEUES
"""Those of one that consumes from two queues, judged there too."""

HOLDS: dict[str, tuple[str, ...]] = {
    "backs-off-in-place": (
        "survives-poison.bounded",
        "survives-poison.others",
        "survives-poison.kept",
    ),
    "ends-with-143": ("graceful-stop.in-hand", "graceful-stop.idle"),
    "exits-with-one": ("graceful-stop.in-hand", "graceful-stop.idle"),
    "opens-a-channel-per-request": ("rpc-late-reply-discarded.next-call",),
    "warms-up-slowly": (
        "parallel-parts.overlap",
        "parallel-packages.overlap",
        "rpc-correlated.simultaneous",
        "rpc-request-kept.no-free-consumer",
    ),
}
"""What is correct, whatever it looks like, and the requirements that a hasty judge would see violated."""
