"""What each defect breaks, and the words in which the suite must say so. Facts only.

The guarantee of each requirement stands under `denies` in the defect's manifest, where it is violated. What
is neither claimed nor denied there cannot be judged apart from the defect; `entangled` gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from warren.claims.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Break:
    """A requirement that a defect breaks, or leaves without a witness, and a phrase of the sentence that says so.

    `full` where only cases of the full set see it, so that a quick run does not.
    """

    requirement: str
    words: str
    outcome: Outcome = Outcome.FAIL
    full: bool = False
    tls: bool = False
    """Whether only a run with --tls sees it."""


DATABASE_LOSSES = (
    ("tables-missing", False),
    ("broker-lost", False),
    ("refused", False),
    ("out-of-space", True),
    ("cut", True),
    ("restarted", True),
    ("locked", True),
    ("dead-connection", True),
)
"""How a database goes away, and whether that belongs to the full set."""

BREAKS: dict[str, tuple[Break, ...]] = {
    "accepts-unconfirmed": (
        Break("routes-task.silent-line", "was never completed", full=True),
        Break(
            "routes-task.killed-at-any-step", "http-2 was killed before basic.publish", full=True
        ),
    ),
    "accepts-unpublished": tuple(
        Break(survives, "GET /task answered 202, and its task was never done")
        for survives in (
            "survives-broker-restart.consumes-again",
            "survives-connection-loss.idle",
            "survives-connection-loss.half-open",
            "survives-connection-loss.refused",
        )
    ),
    "accepts-without-row": (
        Break("survives-database-loss.called", "was answered 202 while its table", full=True),
    ),
    "acks-all-in-hand": (
        Break("no-loss.killed-after-ack", "lost: the package row never came"),
        Break("no-loss.frozen-after-ack", "lost: the package row never came", full=True),
        Break("no-loss.splitter-killed-after-ack", "lost: the row of part 1 never came", full=True),
        Break("no-loss.cut-after-ack", "lost: the package row never came"),
        Break("graceful-stop.prefetched", "lost: the package row never came"),
        Break("bounded-run.prefetched", "are ready, not the 2 that were left"),
    ),
    "acks-before-commit": (
        Break("no-loss.ack-before-commit", "acked before its effect was committed"),
        Break("no-loss.killed-before-commit", "lost: the package row never came"),
    ),
    "acks-before-effect": (
        Break("no-loss.killed-before-ack", "acked before its effect was there"),
    ),
    "acks-before-first-step": (
        Break("no-loss.killed-before-first-step", "lost: the row of part 1 never came"),
    ),
    "acks-before-next-step": (
        Break("no-loss.killed-before-next-step", "lost: the row of part 2 never came"),
    ),
    "acks-before-reply": tuple(
        Break(f"rpc-request-kept.{killed}", "the request got no reply; rpc-server-", full=True)
        for killed in ("killed-at-any-step", "killed-twice")
    ),
    "acks-before-split": (
        Break("no-loss.splitter-killed", "lost: the row of part 2 never came"),
        Break("no-loss.parts-without-queue", "lost: the row of part 1 never came"),
    ),
    "acks-before-work": (
        Break("no-loss.killed-during-work", "lost: the package row never came"),
        Break("no-loss.new-connection", "lost: the package row never came"),
        Break("rpc-request-kept.killed-during-work", "was never completed"),
    ),
    "acks-on-any-channel": (Break("no-loss.new-connection", "lost: the package row never came"),),
    "acks-on-new-channel": (
        Break("no-loss.new-channel", "lost: the package row never came", full=True),
    ),
    "acks-up-to-the-newest": (
        Break("no-loss.killed-after-ack", "lost: the package row never came"),
    ),
    "answers-before-work": (Break("rpc-correlated.simultaneous", "got result None"),),
    "answers-no-json": (
        Break("rpc-correlated.simultaneous", "with no reply: 'hello'"),
        Break("rpc-late-reply-discarded.next-call", "with no reply: 'hello'"),
    ),
    "backdates-rows": (
        Break("part-order.slow-part", "was there while part 2 was held back"),
        Break("result-last.slow-part", "was there while part 2 was held back"),
    ),
    "blocks-heartbeats": (
        Break("heartbeat-safe.long-package", "stream-1 was silent for"),
        Break("single-flight.long-package", "was given the message while stream-"),
    ),
    "commits-key-first": (
        Break("no-loss.killed-before-commit", "lost: the package row never came"),
        Break("no-loss.killed-after-commit", "lost: the package row never came"),
        Break("survives-database-loss.tables-missing", "lost: the package row never came"),
    ),
    "commits-later": (Break("routes-task.slow-commit", "was never completed", full=True),),
    "completes-twice": (Break("effect-once.undisturbed", "was done again, its result changed"),),
    "consumes-then-forgets": (
        Break("no-loss.killed-before-work", "lost: the package row never came"),
        Break("no-loss.restarted", "lost: the package row never came"),
        Break("graceful-stop.in-hand", "the message in hand left no effect"),
    ),
    "consumes-twice": (Break("fair-dispatch.prefetch", "unacked messages, not 1"),),
    "consumes-without-acks": (
        Break("fair-dispatch.prefetch", "consumes without acks"),
        Break("no-loss.killed-during-work", "lost: the package row never came"),
    ),
    "counts-anew": (
        Break("survives-connection-loss.keeps-bound", "0 messages are ready", full=True),
    ),
    "crashes-on-wrong-types": (
        Break("rejects-misshapen.not-requeued", "stream-1 ended with status 1"),
    ),
    "crashes-without-content-type": (
        Break("takes-any-input.properties", "without content_type was not done; stream-1 ended"),
    ),
    "crashes-without-message-id": (
        Break("takes-any-input.properties", "without message_id was not done; stream-1 ended"),
    ),
    "cuts-reply-addresses": (
        Break("rpc-correlated.direct-reply-to", "0 replies came by direct reply-to", full=True),
    ),
    "declares-once": (
        Break("survives-cancel.queue-gone", "stream-1 does not consume again", full=True),
    ),
    "declares-transient-queue": (
        Break("durable-topology.declared", "consumer.stream is declared not durable"),
    ),
    "dies-on-missing-task": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
        Break("rpc-survives-missing-task.lives", "rpc-server-1 ended with status 1"),
    ),
    "dies-reconnecting": (
        Break("survives-connection-loss.reconnecting", "stream-1 ended with status 1"),
    ),
    "dies-with-connection": (
        Break("survives-broker-restart.consumes-again", "stream-1 ended with status 1"),
        Break("survives-connection-loss.idle", "stream-1 ended with status 1"),
        Break("survives-connection-loss.half-open", "stream-1 ended with status 1"),
        Break("survives-connection-loss.in-hand", "stream-1 ended with status 1"),
        Break("survives-connection-loss.refused", "stream-1 ended with status 1"),
        Break("survives-cancel.idle", "stream-1 ended with status 0"),
        Break("survives-channel-close.idle", "stream-1 ended with status 0"),
        Break("survives-redeploy.exclusive-consumer", "stream-1 ended with status 1"),
    ),
    "dies-without-database": tuple(
        Break(f"survives-database-loss.{how}-recovers", "did not come", Outcome.WARN, full=full)
        for how, full in DATABASE_LOSSES
    ),
    "disables-heartbeats": (
        Break("heartbeat-safe.long-package", "negotiated a heartbeat of 0 s"),
        Break("no-loss.frozen-during-work", "lost: the package row never came"),
    ),
    "does-nothing": (Break("no-loss.killed-before-work", "lost: the package row never came"),),
    "drains-before-stop": (
        Break("graceful-stop.in-hand", "given after the stop, and settled by ack"),
    ),
    "drops-at-stop": (Break("graceful-stop.in-hand", "given after the stop, and settled by nack"),),
    "drops-last-part": (Break("no-loss.killed-before-work", "lost: the row of part 2 never came"),),
    "drops-prefetched-at-stop": (
        Break("graceful-stop.prefetched", "lost: the package row never came"),
    ),
    "drops-rejected": (
        Break("rejects-malformed.kept", "went to no dead-letter exchange", Outcome.WARN),
        Break("rejects-misshapen.kept", "went to no dead-letter exchange", Outcome.WARN),
    ),
    "drops-poison": (Break("survives-poison.kept", "and is in no queue"),),
    "drops-when-database-hangs": tuple(
        Break(one, words, outcome, full=True)
        for how in ("silent", "slow")
        for one, words, outcome in (
            (f"survives-database-loss.{how}", "lost: the package row never came", Outcome.FAIL),
            (f"survives-database-loss.{how}-recovers", "did not come", Outcome.WARN),
        )
    ),
    "early-package-row": (
        Break("result-last.undisturbed", "the package row came before that of part 10"),
        Break("result-last.slow-part", "early result: the package row came before that of part"),
    ),
    "ends-with-143": (
        Break("graceful-stop.status", "stream-1 exited with status 143", Outcome.WARN),
    ),
    "ends-without-close": (
        Break("graceful-stop.in-hand", "stream-1 ended connection 1 without connection.close"),
        Break("graceful-stop.idle", "stream-1 ended connection 1 without connection.close"),
    ),
    "error-looks-like-result": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
    ),
    "exceeds-prefetch": (Break("fair-dispatch.prefetch", "unacked messages, not 1"),),
    "exits-idle": (
        Break("no-loss.killed-before-work", "lost: the package row never came"),
        Break(
            "single-flight.long-package",
            "nobody worked the package through",
            Outcome.INCONCLUSIVE,
        ),
    ),
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
    "exits-when-blocked": (
        Break("survives-blocked.acks", "stream-1 ended with status 1"),
        Break("survives-blocked.publishes", "stream-1 ended with status 1"),
        Break("survives-blocked.lost-meanwhile", "stream-1 ended with status 1", full=True),
        Break("survives-blocked.memory-alarm", "stream-1 ended with status 1", full=True),
    ),
    "exits-with-one": (
        Break("graceful-stop.in-hand", "stream-1 exited with status 1"),
        Break("graceful-stop.idle", "stream-1 exited with status 1"),
    ),
    "expires-at-once": (Break("rpc-request-kept.no-free-consumer", "its expiration was '0'"),),
    "fails-all-callers": (
        Break("rpc-survives-missing-task.caller-told", "was answered 502 for it"),
    ),
    "forgets-confirms": (Break("safe-publishing.confirmed", "without a confirm", full=True),),
    "forgets-effects": (
        Break("effect-once.ack-lost", "is there 2 times, after a redelivery"),
        Break("effect-once.thawed", "is there 2 times, after a redelivery"),
        Break("effect-once.broker-restart", "is there 2 times"),
        Break("effect-once.silent-line", "is there 2 times, after a redelivery"),
        Break("effect-once.cut-after-ack", "is there 2 times, after a redelivery"),
        Break("effect-once.killed-at-any-step", "was killed before basic.ack 1 of role stream"),
    ),
    "gives-up-at-third": (
        Break("rpc-request-kept.killed-twice", "the request got no reply; rpc-server-", full=True),
    ),
    "gives-up-locked": (
        Break("survives-redeploy.exclusive-consumer", "stream-1 ended with status 1"),
        Break("survives-redeploy.exclusive-queue", "stream-1 ended with status 1", full=True),
    ),
    "gives-up-when-refused": (
        Break("survives-connection-loss.refused-long", "stream-1 ended with status 1", full=True),
    ),
    "gives-up-early": (
        Break("rpc-times-out.no-server", "gave up after"),
        Break("rpc-times-out.late-reply", "and took no late reply", full=True),
    ),
    "hands-out-late-replies": (Break("rpc-late-reply-discarded.next-call", "got result"),),
    "hangs-up-early": (
        Break("no-loss.two-heartbeats", "delivered again, to stream-1"),
        Break("heartbeat-safe.long-package", "delivered again, to stream-1"),
    ),
    "holds-poison": (
        Break("survives-poison.others", "the next message was not done"),
        Break("survives-poison.kept", "and is in no queue"),
    ),
    "ignores-bound": (Break("bounded-run.stops", "stream-1 did not exit"),),
    "ignores-cancel": (
        Break("survives-cancel.idle", "stream-1 does not consume again"),
        Break("survives-cancel.in-hand", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-deleted", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-gone", "stream-1 does not consume again", full=True),
    ),
    "ignores-empty-bodies": (Break("rejects-malformed.not-requeued", "'' was not settled"),),
    "ignores-stop": (Break("graceful-stop.idle", "stream-1 did not exit"),),
    "keeps-closed-channel": (
        Break("survives-channel-close.idle", "stream-1 does not consume again"),
        Break("survives-channel-close.in-hand", "stream-1 does not consume again", full=True),
        Break("survives-channel-close.late-ack", "stream-1 does not consume again", full=True),
        Break("survives-channel-close.publishing", "GET /task still answers 503", full=True),
    ),
    "keeps-nowhere": (
        Break("rejects-malformed.kept", "bad bodies are in a queue", Outcome.WARN),
        Break("rejects-misshapen.kept", "bad bodies are in a queue", Outcome.WARN),
    ),
    "ignores-returns": (
        Break("safe-publishing.routed", "a package was settled, and its parts reached no queue"),
        Break("no-loss.parts-without-queue", "lost: the row of part 1 never came"),
    ),
    "forwards-before-commit": (
        Break("part-order.slow-commit", "was there while part 1 was held back", full=True),
    ),
    "keeps-expiring-copies": (
        Break("rejects-malformed.kept-expiring", "its copy has expired", Outcome.WARN, full=True),
    ),
    "keeps-places": (
        Break(
            "survives-connection-loss.many-in-hand",
            "after loss 8: lost: the package row never came",
            full=True,
        ),
    ),
    "keeps-transient-copies": (
        Break("safe-publishing.put-aside", "put aside a copy that is not persistent"),
    ),
    "keeps-unconfirmed-copies": (
        Break("safe-publishing.put-aside", "put aside a copy without a confirm"),
    ),
    "keys-by-body": (Break("no-loss.equal-bodies", "lost: the package row never came"),),
    "leaves-a-child": (
        Break("graceful-stop.idle", "stream-1 exited, and its connection is still open"),
    ),
    "loses-patience": (
        Break("survives-connection-loss.late-answers", "stream-1 ended with status 1", full=True),
    ),
    "locks-its-work": (
        Break("keeps-concurrency.prefetch", "they were not all in work at once", full=True),
        Break("keeps-concurrency.after-a-loss", "they were not all in work at once", full=True),
    ),
    "loses-concurrency": (
        Break("keeps-concurrency.after-a-loss", "they were not all in work at once", full=True),
    ),
    "misroutes-tasks": (
        Break("routes-task.completed", 'published to "old_sound_rabbit_mq.server.task"'),
        Break("safe-publishing.routed", "answered 202, and its message reached no queue"),
    ),
    "nacks-without-requeue": (
        Break("graceful-stop.in-hand", "the message in hand was not acked"),
        Break("graceful-stop.in-hand", "the message in hand left no effect"),
    ),
    "never-acks": (
        Break("graceful-stop.in-hand", "the message in hand was not acked"),
        Break("bounded-run.stops", "stream-1 did not exit"),
    ),
    "never-reconnects": (
        Break("survives-connection-loss.idle", "stream-1 does not consume again"),
        Break("survives-redeploy.exclusive-consumer", "stream-1 does not consume again"),
    ),
    "never-times-out": (
        Break("rpc-times-out.no-server", "and had no answer"),
        Break("rpc-late-reply-discarded.next-call", "was taken after"),
    ),
    "notes-apart": (
        Break("effect-once.silent-line", "is there 2 times, after a redelivery"),
        Break("effect-once.thawed", "is there 2 times, after a redelivery"),
        Break("effect-once.killed-before-commit", "is there 2 times"),
        Break("effect-once.killed-after-commit", "is there 2 times"),
        Break("effect-once.cut-after-commit", "is there 2 times", full=True),
    ),
    "notes-before-last-part": tuple(
        Break(f"no-loss.{killed}", "lost: the row of part 1 never came; stream-", full=True)
        for killed in ("killed-at-any-step", "killed-twice")
    ),
    "notes-before-work": (Break("no-loss.splitter-killed", "lost: the row of part 3 never came"),),
    "one-correlation-id": (
        Break("rpc-correlated.simultaneous", "got result"),
        Break("rpc-correlated.unique-ids", "5 requests have 1 correlation ids"),
    ),
    "one-package-at-a-time": (Break("parallel-packages.overlap", "of their work"),),
    "overshoots-bound": (Break("bounded-run.stops", "3 messages were settled, not 2"),),
    "parks-in-auto-delete": (
        Break("durable-topology.declared", "queue warren.dead-letter is declared auto-delete"),
    ),
    "parks-in-expiring": (
        Break("durable-topology.declared", "queue warren.dead-letter is declared to expire"),
    ),
    "postpones-poison": (
        Break("survives-poison.bounded", "it was still in hand, or to be tried again"),
        Break("survives-poison.kept", "and is in no queue that keeps it"),
    ),
    "postpones-singly": (
        Break("survives-poison.bounded", "it was still in hand, or to be tried again"),
        Break("survives-poison.kept", "and is in no queue that keeps it"),
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
    "purges-at-start": (
        Break("survives-redeploy.old-stops", "lost: the package row never came"),
        Break(
            "no-loss.killed-at-any-step", "lost: the package row never came; stream-1 was killed"
        ),
    ),
    "reconnects-before-it-stops": (Break("graceful-stop.broker-away", "stream-1 did not exit"),),
    "purges-requests": (
        Break("rpc-request-kept.server-restarted", "callers got no reply", full=True),
    ),
    "rejects-before-copy": (
        Break("survives-poison.killed-keeping", "and is in no queue", full=True),
    ),
    "reads-latin-1": (Break("takes-any-input.beyond-ascii", "was not done"),),
    "rejects-large-bodies": (
        Break("takes-any-input.sizes", "octets was not done"),
        Break("takes-any-input.large-body", "octets was not done", full=True),
    ),
    "rejects-all-in-hand": (
        Break("no-loss.killed-after-reject", "lost: the package row never came", full=True),
        Break("survives-poison.in-hand", "the next message was not done", full=True),
    ),
    "runs-out-of-places": (
        Break("survives-poison.many", "the next message was not done", full=True),
    ),
    "rejects-without-database": tuple(
        Break(f"survives-database-loss.{how}", "lost: the package row never came", full=full)
        for how, full in DATABASE_LOSSES
    ),
    "remembers-the-last": (Break("effect-once.ack-lost", "is there 2 times, after a redelivery"),),
    "renames-first-step": tuple(
        Break(f"effect-once.{killed}", "duplicated: the row of part 1 is there 2 times", full=True)
        for killed in ("killed-at-any-step", "killed-twice")
    ),
    "renames-parts": (
        Break("effect-once.splitter-killed", "duplicated: the row of part 1 is there 2 times"),
    ),
    "replies-before-commit": (
        Break("rpc-correlated.committed", "before the row of its task was committed"),
        Break("rpc-correlated.waits-for-commit", "went out while its commit was held"),
    ),
    "reopens-unconfirmed": (Break("safe-publishing.confirmed", "without a confirm", full=True),),
    "reopens-without-prefetch": (
        Break("fair-dispatch.prefetch", "unacked messages, not 3"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close no bound",
        ),
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
    "retries-after-ack": (
        Break("survives-database-loss.killed-retrying", "the package row never came", full=True),
    ),
    "retries-missing-tasks": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
    ),
    "retries-without-id": (
        Break("effect-once.retried", "is there 2 times, after a redelivery", full=True),
    ),
    "retries-without-pause": (
        Break("survives-database-loss.pause", "times in", Outcome.WARN),
        Break("survives-database-loss.pause-refused", "times in", Outcome.WARN, full=True),
    ),
    "reverses-parts": (
        Break("part-order.undisturbed", "the part rows came as 10, 9, 8, 7, 6, 5, 4, 3, 2, 1"),
        Break("part-order.slow-part", "the part rows came as 5, 4, 3, 2, 1"),
    ),
    "serialises-parts": (Break("parallel-parts.overlap", "of their work"),),
    "serves-one-at-a-time": (
        Break("rpc-correlated.simultaneous", "came while"),
        Break("rpc-correlated.unique-ids", "came while", Outcome.INCONCLUSIVE),
    ),
    "sets-prefetch-once": (
        Break("fair-dispatch.prefetch", "unacked messages, not 3"),
        Break("keeps-prefetch.after-a-loss", "a prefetch count of 3, after a loss no bound"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close no bound",
        ),
    ),
    "shares-its-transaction": (
        Break("survives-poison.overlapping", "the next message was not done", full=True),
    ),
    "shrinks-prefetch": (
        Break("keeps-prefetch.after-a-loss", "a prefetch count of 3, after a loss 1"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close 1",
        ),
    ),
    "six-defects": (
        Break("survives-cancel.idle", "stream-1 does not consume again"),
        Break("survives-cancel.in-hand", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-deleted", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-gone", "stream-1 does not consume again", full=True),
        *(
            one
            for how, full in DATABASE_LOSSES
            for one in (
                Break(
                    f"survives-database-loss.{how}", "lost: the package row never came", full=full
                ),
                Break(
                    f"survives-database-loss.{how}-recovers",
                    "its effect did not come within",
                    Outcome.WARN,
                    full=full,
                ),
            )
        ),
        Break("survives-blocked.acks", "stream-1 ended with status 1"),
        Break("survives-channel-close.idle", "stream-1 does not consume again"),
        Break("survives-channel-close.in-hand", "stream-1 does not consume again", full=True),
        Break("takes-any-input.sizes", "octets was not done"),
        Break("takes-any-input.large-body", "octets was not done", full=True),
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
    "skips-equal-bodies": (Break("no-loss.equal-bodies", "lost: the package row never came"),),
    "stalls-without-database": (
        Break("survives-database-loss.goes-on", "lives on, and did no new work"),
        Break("survives-database-loss.dead-connection", "lives on, and did no new work", full=True),
        Break("graceful-stop.database-away", "was away, stream-1 did not exit", full=True),
        *(
            Break(f"survives-database-loss.{how}-recovers", "did not come", Outcome.WARN, full=full)
            for how, full in DATABASE_LOSSES
        ),
    ),
    "stops-at-once": (Break("graceful-stop.in-hand", "the message in hand was not acked"),),
    "survives-five-losses": (
        Break("survives-connection-loss.many", "after loss 6: stream-1 ended with status 1"),
        Break("survives-connection-loss.many-in-hand", "stream-1 ended with status 1", full=True),
    ),
    "survives-one-loss": tuple(
        Break(f"{survives}.idle", "stream-1 ended with status 1")
        for survives in ("survives-connection-loss", "survives-cancel", "survives-channel-close")
    ),
    "swaps-replies": (Break("rpc-correlated.simultaneous", "got result"),),
    "takes-any-answer": (
        Break(
            "safe-publishing.nacked", "a package was acked, and one of its parts never confirmed"
        ),
        Break("safe-publishing.nacked", "was answered 202, and its message was not confirmed"),
    ),
    "takes-equal-texts-for-one": (
        Break("no-loss.equal-bodies", "lost: the package row never came"),
    ),
    "takes-errors-for-results": (
        Break("rpc-survives-missing-task.caller-told", "for a reply was answered 200"),
    ),
    "takes-lost-for-published": (
        Break("no-loss.broker-restart", "lost: the row of part 2 never came"),
    ),
    "takes-strings-for-texts": (
        Break("rejects-misshapen.not-requeued", "unexpected: a row that no package asked for"),
    ),
    "trusts-any-host": (Break("verifies-tls.another-host", "of another host", tls=True),),
    "trusts-anybody": (
        Break("verifies-tls.another-ca", "of another ca", tls=True),
        Break("verifies-tls.another-host", "of another host", tls=True),
    ),
    "undoes-redeliveries": tuple(
        Break(f"no-loss.{how}", "lost: the package row never came")
        for how in (
            "killed-before-ack",
            "cut-before-ack",
            "frozen-before-ack",
            "killed-at-any-step",
        )
    ),
    "waits-for-handshake": (
        Break("survives-connection-loss.unanswered", "does not consume again", full=True),
    ),
    "waits-for-room": (
        Break("survives-connection-loss.writing", "lost: the row of part 1 never came", full=True),
    ),
    "waits-on-dead-connections": (
        Break("survives-database-loss.dead-connection", "lives on, and did no new", full=True),
        Break(
            "survives-database-loss.dead-connection-recovers",
            "did not come",
            Outcome.WARN,
            full=True,
        ),
    ),
    "waits-for-ever": (Break("rpc-times-out.silent-line", "it answered 0 after", full=True),),
    "works-at-most-once": tuple(
        Break(f"no-loss.{how}-{moment}", "lost: the package row never came")
        for how in ("killed", "cut", "frozen")
        for moment in ("before-work", "during-work")
    ),
    "works-aside": (
        Break("accepts-async.without-consumer", "no message was published for its consumer"),
    ),
    "works-in-request": (
        Break("accepts-async.without-consumer", "was done before its message was delivered"),
    ),
    "wrong-correlation-id": (
        Break("rpc-correlated.simultaneous", "was answered 504"),
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
        Break("rpc-survives-missing-task.lives", "the next request got no reply"),
        Break("rpc-late-reply-discarded.next-call", "was answered 504"),
        Break("rpc-request-kept.no-free-consumer", "the second call was answered 504"),
        Break("rpc-request-kept.killed-during-work", "the request got no reply"),
    ),
    "writes-before-work": (
        Break("no-loss.killed-during-work", "its effect was there before its work"),
    ),
    "writes-twice": (
        Break("effect-once.undisturbed", "is there 2 times, and nothing was redelivered"),
        Break("effect-once.restarted", "is there 2 times, and nothing was redelivered"),
    ),
}

HOLDS: dict[str, tuple[str, ...]] = {
    "backs-off-in-place": (
        "survives-poison.bounded",
        "survives-poison.others",
        "survives-poison.kept",
    ),
    "ends-with-143": ("graceful-stop.in-hand", "graceful-stop.idle"),
    "opens-a-channel-per-request": ("rpc-late-reply-discarded.next-call",),
    "warms-up-slowly": (
        "parallel-parts.overlap",
        "parallel-packages.overlap",
        "rpc-correlated.simultaneous",
        "rpc-request-kept.no-free-consumer",
    ),
}
"""What is correct, whatever it looks like, and the requirements that a hasty judge would see violated."""
