"""Defects of what a consumer publishes, and what it declares."""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

BREAKS: dict[str, tuple[Break, ...]] = {
    "declares-anew-transient": (
        Break("durable-topology.declared", "consumer.stream is declared not durable", full=True),
    ),
    "declares-transient-queue": (
        Break("durable-topology.declared", "consumer.stream is declared not durable"),
    ),
    "deletes-queue-at-stop": (
        Break("durable-topology.between-instances", "had stopped reached no queue"),
    ),
    "keeps-for-a-while": (
        Break("durable-topology.set-aside", "expires, and goes nowhere then", Outcome.WARN),
    ),
    "forgets-confirms": (Break("safe-publishing.confirmed", "without a confirm", full=True),),
    "ignores-returns": (
        Break("safe-publishing.routed", "a package was settled, and its parts reached no queue"),
        Break("no-loss.parts-without-queue", "lost: the row of part 1 never came"),
    ),
    "keeps-transient-copies": (
        Break("safe-publishing.put-aside", "put aside a copy that is not persistent"),
        Break("durable-topology.copies", "a copy that is not persistent", Outcome.WARN),
    ),
    "keeps-unconfirmed-copies": (
        Break("safe-publishing.put-aside", "put aside a copy without a confirm"),
    ),
    "parks-in-auto-delete": (
        Break("durable-topology.declared", "queue warren.dead-letter is declared auto-delete"),
    ),
    "parks-in-expiring": (
        Break("durable-topology.declared", "queue warren.dead-letter is declared to expire"),
    ),
    "publishes-transient": (Break("safe-publishing.persistent", "what is not persistent"),),
    "publishes-unconfirmed": (
        Break("safe-publishing.confirmed", "without a confirm"),
        Break("safe-publishing.routed", "a package was settled, and its parts reached no queue"),
    ),
    "publishes-unseen": (
        Break("safe-publishing.mandatory", "what is not mandatory, and has no alternate exchange"),
        Break("safe-publishing.routed", "a package was settled, and its parts reached no queue"),
        Break("no-loss.parts-without-queue", "lost: the row of part 1 never came"),
    ),
    "reopens-unconfirmed": (Break("safe-publishing.confirmed", "without a confirm", full=True),),
    "takes-any-answer": (
        Break(
            "safe-publishing.nacked", "a package was acked, and one of its parts never confirmed"
        ),
        Break("safe-publishing.nacked", "was answered 202, and its message was not confirmed"),
    ),
}
