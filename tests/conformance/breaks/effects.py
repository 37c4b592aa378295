"""Defects of effects: lost, doubled, out of order, or not as many at once as promised."""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

BREAKS: dict[str, tuple[Break, ...]] = {
    "acks-all-in-hand": (
        Break("no-loss.killed-after-ack", "lost: the package row never came"),
        Break("no-loss.frozen-after-ack", "lost: the package row never came", full=True),
        Break("no-loss.splitter-killed-after-ack", "lost: the row of part 1 never came", full=True),
        Break("no-loss.cut-after-ack", "lost: the package row never came"),
        Break("no-loss.cut-after-ack", "was never completed", full=True),
        *(
            Break(f"{guarantee}.{how}-after-ack", "was never completed", full=True)
            for guarantee, ways in (
                ("no-loss", ("killed", "frozen")),
                ("rpc-request-kept", ("killed", "cut", "frozen")),
            )
            for how in ways
        ),
        Break("graceful-stop.prefetched", "lost: the package row never came"),
        Break("bounded-run.prefetched", "are ready, not the 2 that were left"),
    ),
    "acks-before-commit": (
        Break("no-loss.ack-before-commit", "acked before its effect was committed"),
        Break("no-loss.killed-before-commit", "lost: the package row never came"),
    ),
    "acks-before-effect": (
        Break("no-loss.killed-before-ack", "acked before its effect was there"),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "acks-before-first-step": (
        Break("no-loss.killed-before-first-step", "lost: the row of part 1 never came"),
    ),
    "acks-before-next-step": (
        Break("no-loss.killed-before-next-step", "lost: the row of part 2 never came"),
    ),
    "acks-before-split": (
        Break("no-loss.splitter-killed", "lost: the row of part 2 never came"),
        Break("no-loss.parts-without-queue", "lost: the row of part 1 never came"),
    ),
    "acks-before-work": (
        Break("no-loss.killed-during-work", "lost: the package row never came"),
        Break("no-loss.new-connection", "lost: the package row never came"),
        Break("rpc-request-kept.killed-during-work", "was never completed"),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "acks-on-any-channel": (Break("no-loss.new-connection", "lost: the package row never came"),),
    "acks-on-new-channel": (
        Break("no-loss.new-channel", "lost: the package row never came", full=True),
    ),
    "acks-what-is-in-work": (
        Break("no-loss.killed-given-again", "lost: the package row never came"),
    ),
    "acks-up-to-the-newest": (
        Break("no-loss.killed-after-ack", "lost: the package row never came"),
    ),
    "backdates-rows": (
        Break("part-order.slow-part", "was there while part 2 was held back"),
        Break("result-last.slow-part", "was there while part 2 was held back"),
    ),
    "commits-key-first": (
        Break("no-loss.killed-before-commit", "lost: the package row never came"),
        Break("no-loss.killed-after-commit", "lost: the package row never came"),
        Break("survives-database-loss.tables-missing", "lost: the package row never came"),
    ),
    "completes-twice": (Break("effect-once.undisturbed", "was done again, its result changed"),),
    "consumes-then-forgets": (
        Break("no-loss.killed-before-work", "lost: the package row never came"),
        Break("no-loss.restarted", "lost: the package row never came"),
        Break("graceful-stop.in-hand", "the message in hand left no effect"),
    ),
    "consumes-twice": (Break("fair-dispatch.prefetch", "unacked messages, not 1"),),
    "consumes-without-acks": (
        Break("fair-dispatch.prefetch", "consumes without acks"),
        Break("no-loss.broker-restart", "nothing was in hand", Outcome.INCONCLUSIVE),
        Break("no-loss.killed-during-work", "lost: the package row never came"),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "does-nothing": (Break("no-loss.killed-before-work", "lost: the package row never came"),),
    "drops-last-part": (Break("no-loss.killed-before-work", "lost: the row of part 2 never came"),),
    "early-package-row": (
        Break("result-last.undisturbed", "the package row came before that of part 10"),
        Break("result-last.slow-part", "early result: the package row came before that of part"),
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
    "forgets-effects": (
        Break("effect-once.ack-lost", "is there 2 times, after a redelivery"),
        Break("effect-once.thawed", "is there 2 times, after a redelivery"),
        Break("effect-once.broker-restart", "is there 2 times"),
        Break("effect-once.silent-line", "is there 2 times, after a redelivery"),
        Break("effect-once.cut-after-ack", "is there 2 times, after a redelivery"),
        Break("effect-once.killed-at-any-step", "was killed before basic.ack 1 of role stream"),
    ),
    "hangs-up-early": (
        Break("no-loss.two-heartbeats", "delivered again, to stream-1"),
        Break("heartbeat-safe.long-package", "delivered again, to stream-1"),
    ),
    "forwards-before-commit": (
        Break("part-order.slow-commit", "was there while part 1 was held back", full=True),
    ),
    "keys-by-body": (Break("no-loss.equal-bodies", "lost: the package row never came"),),
    "locks-its-work": (
        Break("keeps-concurrency.prefetch", "they were not all in work at once", full=True),
        Break("keeps-concurrency.after-a-loss", "they were not all in work at once", full=True),
    ),
    "loses-concurrency": (
        Break("keeps-concurrency.after-a-loss", "they were not all in work at once", full=True),
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
    "one-package-at-a-time": (Break("parallel-packages.overlap", "of their work"),),
    "rejects-all-in-hand": (
        Break("no-loss.killed-after-reject", "lost: the package row never came", full=True),
        Break("survives-poison.in-hand", "the next message was not done", full=True),
    ),
    "remembers-the-last-ten": (
        Break("effect-once.ack-lost-long-ago", "is there 2 times, after a redelivery", full=True),
    ),
    "remembers-the-last": (Break("effect-once.ack-lost", "is there 2 times, after a redelivery"),),
    "renames-first-step": tuple(
        Break(f"effect-once.{killed}", "duplicated: the row of part 1 is there 2 times", full=True)
        for killed in ("killed-at-any-step", "killed-twice")
    ),
    "renames-parts": (
        Break("effect-once.splitter-killed", "duplicated: the row of part 1 is there 2 times"),
    ),
    "reopens-without-prefetch": (
        Break("fair-dispatch.prefetch", "unacked messages, not 3"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close no bound",
        ),
    ),
    "retries-without-id": (
        Break("effect-once.retried", "is there 2 times, after a redelivery", full=True),
    ),
    "reverses-parts": (
        Break("part-order.undisturbed", "the part rows came as 10, 9, 8, 7, 6, 5, 4, 3, 2, 1"),
        Break("part-order.slow-part", "the part rows came as 5, 4, 3, 2, 1"),
    ),
    "serialises-parts": (Break("parallel-parts.overlap", "of their work"),),
    "sets-prefetch-once": (
        Break("fair-dispatch.prefetch", "unacked messages, not 3"),
        Break("keeps-prefetch.after-a-loss", "a prefetch count of 3, after a loss no bound"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close no bound",
        ),
    ),
    "shrinks-prefetch": (
        Break("keeps-prefetch.after-a-loss", "a prefetch count of 3, after a loss 1"),
        Break(
            "keeps-prefetch.after-a-channel-close",
            "a prefetch count of 3, after a channel close 1",
        ),
    ),
    "skips-equal-bodies": (Break("no-loss.equal-bodies", "lost: the package row never came"),),
    "takes-equal-texts-for-one": (
        Break("no-loss.equal-bodies", "lost: the package row never came"),
    ),
    "takes-lost-for-published": (
        Break("no-loss.broker-restart", "lost: the row of part 2 never came"),
    ),
    "undoes-redeliveries": (
        *(
            Break(f"no-loss.{how}", "lost: the package row never came")
            for how in (
                "killed-before-ack",
                "cut-before-ack",
                "frozen-before-ack",
                "killed-at-any-step",
            )
        ),
        Break("survives-database-loss.stopped", "lost: the package row never came"),
    ),
    "works-at-most-once": tuple(
        Break(f"no-loss.{how}-{moment}", "lost: the package row never came")
        for how in ("killed", "cut", "frozen")
        for moment in ("before-work", "during-work")
    ),
    "writes-before-work": (
        Break("no-loss.killed-during-work", "its effect was there before its work"),
    ),
    "writes-twice": (
        Break("effect-once.undisturbed", "is there 2 times, and nothing was redelivered"),
        Break("effect-once.restarted", "is there 2 times, and nothing was redelivered"),
    ),
}
