"""Defects of requests and tasks: replies, time-outs, and what an HTTP caller is told."""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

BREAKS: dict[str, tuple[Break, ...]] = {
    "accepts-unconfirmed": (
        Break("routes-task.broker-restart", "accepted as the broker restarted was never completed"),
        Break("routes-task.silent-line", "was never completed", full=True),
        Break(
            "routes-task.killed-at-any-step", "http-2 was killed before basic.publish", full=True
        ),
    ),
    "acks-before-reply": tuple(
        Break(f"rpc-request-kept.{killed}", "the request got no reply; rpc-server-", full=full)
        for killed, full in (("killed-at-any-step", False), ("killed-twice", True))
    ),
    "answers-before-work": (Break("rpc-correlated.simultaneous", "got result None"),),
    "answers-late": (
        Break("routes-task.silent-line", "later than that allows"),
        Break("rpc-times-out.silent-line", "later than that allows", full=True),
    ),
    "answers-no-json": (
        Break("rpc-correlated.simultaneous", "with no reply: 'hello'"),
        Break("rpc-late-reply-discarded.next-call", "with no reply: 'hello'"),
    ),
    "commits-later": (Break("routes-task.slow-commit", "was never completed", full=True),),
    "cuts-reply-addresses": (
        Break("rpc-correlated.direct-reply-to", "0 replies came by direct reply-to", full=True),
    ),
    "dies-on-missing-task": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
        Break("rpc-survives-missing-task.lives", "rpc-server-1 ended with status 1"),
    ),
    "error-looks-like-result": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
    ),
    "expires-at-once": (Break("rpc-request-kept.no-free-consumer", "its expiration was '0'"),),
    "fails-all-callers": (
        Break("rpc-survives-missing-task.caller-told", "was answered 502 for it"),
    ),
    "gives-up-at-third": (
        Break("rpc-request-kept.killed-twice", "the request got no reply; rpc-server-", full=True),
    ),
    "gives-up-early": (
        Break("rpc-times-out.no-server", "gave up after"),
        Break("rpc-times-out.late-reply", "and took no late reply", full=True),
    ),
    "hands-out-late-replies": (Break("rpc-late-reply-discarded.next-call", "got result"),),
    "misroutes-tasks": (
        Break("routes-task.completed", 'published to "old_sound_rabbit_mq.server.task"'),
        Break("safe-publishing.routed", "answered 202, and its message reached no queue"),
    ),
    "never-times-out": (
        Break("rpc-times-out.no-server", "and had no answer"),
        Break("rpc-late-reply-discarded.next-call", "was taken after"),
    ),
    "one-correlation-id": (
        Break("rpc-correlated.simultaneous", "got result"),
        Break("rpc-correlated.unique-ids", "5 requests have 1 correlation ids"),
    ),
    "purges-requests": (
        Break("rpc-request-kept.server-restarted", "callers got no reply", full=True),
    ),
    "leaves-connections": (
        Break("accepts-async.leaves-none", "connections open after", Outcome.WARN),
    ),
    "replies-anew": (Break("rpc-correlated.stored-result", "has another result than the row"),),
    "replies-before-commit": (
        Break("rpc-correlated.committed", "before the row of its task was committed"),
        Break("rpc-correlated.waits-for-commit", "went out while its commit was held"),
    ),
    "retries-missing-tasks": (
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
    ),
    "serves-one-at-a-time": (
        Break("rpc-correlated.simultaneous", "came while"),
        Break("rpc-correlated.unique-ids", "came while", Outcome.INCONCLUSIVE),
    ),
    "swaps-replies": (Break("rpc-correlated.simultaneous", "got result"),),
    "takes-errors-for-results": (
        Break("rpc-survives-missing-task.caller-told", "for a reply was answered 200"),
    ),
    "times-on-its-connection": (
        Break("rpc-times-out.broker-restart", "waited as the broker restarted was answered 0"),
    ),
    "waits-for-ever": (Break("rpc-times-out.silent-line", "it answered 0 after", full=True),),
    "works-aside": (
        Break("accepts-async.without-consumer", "no message was published for its consumer"),
    ),
    "works-in-request": (
        Break("accepts-async.without-consumer", "was done before its message was delivered"),
    ),
    "wrong-correlation-id": (
        Break("rpc-correlated.simultaneous", "which no request has"),
        Break("rpc-survives-missing-task.error-reply", "not one that begins with 'error: '"),
        Break("rpc-survives-missing-task.lives", "the next request got no reply"),
        Break("rpc-late-reply-discarded.next-call", "was answered 504"),
        Break("rpc-request-kept.no-free-consumer", "the second call was answered 504"),
        Break("rpc-request-kept.killed-during-work", "the request got no reply"),
    ),
}
