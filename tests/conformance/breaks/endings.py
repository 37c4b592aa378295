"""Defects of how a consumer ends, and what it survives: a stop, a redeploy, a lost connection, broker or database."""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

DATABASE_LOSSES = (
    ("tables-missing", False),
    ("broker-lost", False),
    ("refused", False),
    ("out-of-space", True),
    ("cut", True),
    ("restarted", True),
    ("locked", True),
)
"""How a database goes away, and whether that belongs to the full set.

A connection that died alone is none: a pool that tries it first has a new one, and the consumer sees no error.
"""

BREAKS: dict[str, tuple[Break, ...]] = {
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
    "acks-at-stop": (Break("survives-database-loss.stopped", "lost: the package row never came"),),
    "acks-overdue": (
        Break(
            "survives-database-loss.killed-waiting", "lost: the package row never came", full=True
        ),
    ),
    "blocks-heartbeats": (
        Break("heartbeat-safe.long-package", "stream-1 was silent for"),
        Break("single-flight.long-package", "was given the message while stream-"),
    ),
    "counts-anew": (
        Break("survives-connection-loss.keeps-bound", "0 messages are ready", full=True),
    ),
    "declares-once": (
        Break("survives-cancel.queue-gone", "stream-1 does not consume again", full=True),
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
        Break("survives-connection-loss.not-let-in", "stream-1 ended with status 1"),
        Break("survives-cancel.idle", "stream-1 ended with status 0"),
        Break("survives-cancel.late-ack", "stream-1 ended with status 0", full=True, quorum=True),
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
        Break("survives-connection-loss.dead-connection", "stream-1 does not consume again"),
    ),
    "drains-before-stop": (
        Break("graceful-stop.in-hand", "given after the stop, and settled by ack"),
    ),
    "drops-at-stop": (Break("graceful-stop.in-hand", "given after the stop, and settled by nack"),),
    "drops-prefetched-at-stop": (
        Break("graceful-stop.prefetched", "lost: the package row never came"),
    ),
    "drops-when-database-hangs": tuple(
        Break(one, words, outcome, full=True)
        for how in ("silent", "slow", "dead-connection")
        for one, words, outcome in (
            (f"survives-database-loss.{how}", "lost: the package row never came", Outcome.FAIL),
            (f"survives-database-loss.{how}-recovers", "did not come", Outcome.WARN),
        )
    ),
    "ends-with-143": (
        Break("graceful-stop.status", "stream-1 exited with status 143", Outcome.WARN),
    ),
    "ends-when-not-let-in": (
        Break("survives-connection-loss.not-let-in", "stream-1 ended with status 1"),
    ),
    "ends-without-close": (
        Break("graceful-stop.in-hand", "stream-1 ended connection 1 without connection.close"),
        Break("graceful-stop.idle", "stream-1 ended connection 1 without connection.close"),
    ),
    "exits-when-blocked": (
        Break("survives-blocked.acks", "stream-1 ended with status 1"),
        Break("survives-blocked.publishes", "stream-1 ended with status 1"),
        Break("survives-blocked.lost-meanwhile", "stream-1 ended with status 1", full=True),
        Break("survives-blocked.memory-alarm", "stream-1 ended with status 1", full=True),
    ),
    "exits-with-one": (
        Break("graceful-stop.status", "stream-1 exited with status 1", Outcome.WARN),
    ),
    "gives-up-locked": (
        Break("survives-redeploy.exclusive-consumer", "stream-1 ended with status 1"),
        Break("survives-redeploy.exclusive-queue", "stream-1 ended with status 1", full=True),
    ),
    "gives-up-when-refused": (
        Break("survives-connection-loss.refused-long", "stream-1 ended with status 1", full=True),
    ),
    "hears-no-silence": (
        Break("survives-connection-loss.dead-connection", "stream-1 does not consume again"),
    ),
    "ignores-bound": (Break("bounded-run.stops", "stream-1 did not exit"),),
    "ignores-cancel": (
        Break("survives-cancel.idle", "stream-1 does not consume again"),
        Break("survives-cancel.in-hand", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-deleted", "stream-1 does not consume again", full=True),
        Break("survives-cancel.queue-gone", "stream-1 does not consume again", full=True),
    ),
    "ignores-stop": (Break("graceful-stop.idle", "stream-1 did not exit"),),
    "keeps-closed-channel": (
        Break("survives-channel-close.idle", "stream-1 does not consume again"),
        Break("survives-channel-close.in-hand", "stream-1 does not consume again", full=True),
        Break("survives-channel-close.late-ack", "stream-1 does not consume again", full=True),
        Break("survives-channel-close.publishing", "GET /task still answers 503", full=True),
    ),
    "keeps-its-turn": tuple(
        Break(survives, "GET /task still answers 503", full=True)
        for survives in ("survives-connection-loss.late-answers", "survives-blocked.publishes")
    ),
    "keeps-places": (
        Break(
            "survives-connection-loss.many-in-hand",
            "after loss 8: lost: the package row never came",
            full=True,
        ),
    ),
    "leaves-a-child": (
        Break("graceful-stop.idle", "stream-1 exited, and its connection is still open"),
    ),
    "leaves-its-connection": (
        Break("survives-channel-close.leaves-none", "connections open", Outcome.WARN),
    ),
    "loses-patience": (
        Break("survives-connection-loss.late-answers", "stream-1 ended with status 1", full=True),
    ),
    "nacks-without-requeue": (
        Break("graceful-stop.in-hand", "the message in hand was not acked"),
        Break("graceful-stop.in-hand", "the message in hand left no effect"),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "never-acks": (
        Break("graceful-stop.in-hand", "the message in hand was not acked"),
        Break("bounded-run.stops", "stream-1 did not exit"),
    ),
    "never-reconnects": (
        Break("survives-connection-loss.idle", "stream-1 does not consume again"),
        Break("survives-redeploy.exclusive-consumer", "stream-1 does not consume again"),
    ),
    "overshoots-bound": (Break("bounded-run.stops", "3 messages were settled, not 2"),),
    "purges-at-start": (
        Break("survives-redeploy.old-stops", "lost: the package row never came"),
        Break(
            "no-loss.killed-at-any-step", "lost: the package row never came; stream-1 was killed"
        ),
        Break("durable-topology.between-instances", "lost: the package row never came"),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "reconnects-before-it-stops": (Break("graceful-stop.broker-away", "stream-1 did not exit"),),
    "rejects-without-database": tuple(
        Break(f"survives-database-loss.{how}", "lost: the package row never came", full=full)
        for how, full in DATABASE_LOSSES
    ),
    "retries-after-ack": (
        Break("survives-database-loss.killed-retrying", "the package row never came", full=True),
    ),
    "retries-without-pause": (
        Break("survives-database-loss.pause", "times in", Outcome.WARN),
        Break("survives-database-loss.pause-refused", "times in", Outcome.WARN, full=True),
    ),
    "shares-its-transaction": (
        Break("survives-poison.overlapping", "the next message was not done", full=True),
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
        Break(
            "survives-channel-close.leaves-none", "stream-1 does not consume again", Outcome.WARN
        ),
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
    "stalls-without-database": (
        Break("survives-database-loss.goes-on", "lives on, and did no new work"),
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
    "trusts-any-host": (Break("verifies-tls.another-host", "of another host", tls=True),),
    "trusts-anybody": (
        Break("verifies-tls.another-ca", "of another ca", tls=True),
        Break("verifies-tls.another-host", "of another host", tls=True),
    ),
    "waits-for-handshake": (
        Break("survives-connection-loss.unanswered", "does not consume again", full=True),
    ),
    "waits-for-memory-at-stop": (
        Break("graceful-stop.blocked", "was short of memory, stream-1 did not exit"),
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
}
