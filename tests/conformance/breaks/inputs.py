"""Defects of bad input: malformed, misshapen, poison, or merely unusual."""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

BREAKS: dict[str, tuple[Break, ...]] = {
    "crashes-on-wrong-types": (
        Break("rejects-misshapen.not-requeued", "stream-1 ended with status 1"),
    ),
    "crashes-without-content-type": (
        Break("takes-any-input.properties", "without content_type was not done; stream-1 ended"),
    ),
    "crashes-without-message-id": (
        Break("takes-any-input.properties", "without message_id was not done; stream-1 ended"),
    ),
    "drops-rejected": (
        Break("rejects-malformed.kept", "went to no dead-letter exchange", Outcome.WARN),
        Break("rejects-misshapen.kept", "went to no dead-letter exchange", Outcome.WARN),
    ),
    "drops-poison": (Break("survives-poison.kept", "and is in no queue"),),
    "exits-on-headers": (
        Break("takes-any-input.headers", "a header of every type was not done; stream-1 ended"),
        Break(
            "takes-any-input.each-header",
            "with a header of type t was not done; stream-1 ended",
            full=True,
        ),
        Break(
            "survives-poison.headers", "the next message was not done; stream-1 ended", full=True
        ),
    ),
    "holds-poison": (
        Break("survives-poison.others", "the next message was not done"),
        Break("survives-poison.kept", "and is in no queue"),
    ),
    "ignores-empty-bodies": (Break("rejects-malformed.not-requeued", "'' was not settled"),),
    "keeps-nowhere": (
        Break("rejects-malformed.kept", "bad bodies are in a queue", Outcome.WARN),
        Break("rejects-misshapen.kept", "bad bodies are in a queue", Outcome.WARN),
    ),
    "keeps-expiring-copies": (
        Break("rejects-malformed.kept-expiring", "its copy has expired", Outcome.WARN, full=True),
    ),
    "ignores-losses": (
        Break(
            "survives-poison.crashes-beside",
            "4 of 4 messages that were in hand beside it were not done, and 0 are in a queue",
            full=True,
            quorum=True,
        ),
    ),
    "postpones-poison": (
        Break("survives-poison.bounded", "work that always fails was "),
        Break("survives-poison.kept", "and is in no queue that keeps it"),
    ),
    "postpones-singly": (
        Break("survives-poison.bounded", "work that always fails was "),
        Break("survives-poison.kept", "and is in no queue that keeps it"),
    ),
    "names-by-tag": (Break("takes-any-input.unnamed", "on a new connection, was not done"),),
    "refuses-dead-letters": (
        Break("takes-any-input.dead-letter", "was a dead letter elsewhere was not done"),
    ),
    "refuses-long-ids": (Break("takes-any-input.long-id", "200 octets was not done"),),
    "splits-a-hundred": (
        Break("takes-any-input.many-texts", "100 parts were published of 121 texts", full=True),
    ),
    "rejects-before-copy": (
        Break("survives-poison.killed-keeping", "and is in no queue", full=True),
    ),
    "reads-latin-1": (Break("takes-any-input.beyond-ascii", "was not done"),),
    "rejects-large-bodies": (
        Break("takes-any-input.sizes", "octets was not done"),
        Break("takes-any-input.large-body", "octets was not done", full=True),
    ),
    "runs-out-of-places": (
        Break("survives-poison.many", "the next message was not done", full=True),
    ),
    "requeues-empty": (
        Break("survives-empty.ends", "the package of no texts goes round without an end"),
    ),
    "requeues-malformed": (Break("rejects-malformed.not-requeued", "put back on its queue"),),
    "requeues-misshapen": (Break("rejects-misshapen.not-requeued", "put back on its queue"),),
    "requeues-poison": (
        Break("survives-poison.bounded", "times, not 25 at most"),
        Break("survives-poison.bounded", "within a second, not 10 at most", full=True),
    ),
    "takes-strings-for-texts": (
        Break("rejects-misshapen.not-requeued", "unexpected: a row that no package asked for"),
    ),
}
