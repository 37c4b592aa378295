"""Writes the manifest of each faulty variant: the design that it is about, with the claims of the correct consumer.

    python implementations/go/faulty/generate.py
"""

import json
import tomllib
from pathlib import Path

HERE = Path(__file__).parent

# One goroutine that ranges over the deliveries does one message after the other; that is no defect.
ONE_BY_ONE = {"connection-watched-only", "cancel-not-watched", "stop-works-off-buffer", "library-recovery"}

DEFECTS = {
    "blocking": [
        "ack-multiple", "nack-multiple", "ack-on-current-channel", "ack-after-error", "duplicate-not-acked",
        "requeue-at-once", "reject-without-copy", "slot-kept-on-lost-ack", "retry-unconfirmed", "retry-without-id",
        "parked-nowhere", "parked-not-durable", "qos-once", "topology-once", "connection-watched-only",
        "cancel-not-watched", "consumer-more-per-loss", "attempts-never-reset", "backoff-never-reset",
        "dial-ignores-stop", "handshake-no-deadline", "setup-time-fatal", "exclusive-fatal", "library-recovery",
        "blocked-fatal", "tls-chain-only", "stop-works-off-buffer", "stop-ends-transaction", "content-type-wanted",
        "header-asserted", "zero-value-json", "two-transactions", "commit-error-dropped", "ack-before-commit",
        "key-read-first", "key-in-memory", "key-of-body", "key-if-redelivered", "rows-not-closed",
        "transaction-around-work", "no-statement-time",
    ],
    "parts": [
        "confirm-awaited-late", "confirm-result-dropped", "confirm-of-last-only", "confirm-not-set-again",
        "returns-dropped", "publisher-never-reopened", "split-marked-first", "split-ids-random", "order-unlocked",
    ],
    "pipeline": ["step-transient", "step-done-is-acked", "step-before-commit"],
    "task": ["confirm-time-passes", "confirm-stale", "confirm-of-another", "task-before-commit"],
    "rpc": [
        "reply-before-commit", "reply-queue-checked", "reply-uncorrelated", "reply-unbuffered", "reply-queue-once",
        "calls-one-by-one", "request-acked-first",
    ],
}  # fmt: skip


def manifest(correct: dict, design: str, defect: str) -> str:
    claims = [
        guarantee
        for guarantee in correct["designs"][design]["claims"]
        if not (defect in ONE_BY_ONE and guarantee == "keeps-concurrency")
    ]
    lines = [
        "# Written by generate.py.",
        "protocol = 1",
        f'name = "go-{defect}"',
        'language = "Go, amqp091-go"',
        'directory = ".."',
        'migrate = ["./consumer", "migrate"]',
        "",
        f"[designs.{design}]",
        f"claims = {json.dumps(claims)}",
    ]
    for role in correct["designs"][design]["roles"]:
        command = ["./consumer", "--defect", defect, design, role]
        lines += [f"[designs.{design}.roles.{role}]", f"command = {json.dumps(command)}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    correct = tomllib.loads((HERE.parent / "implementation.toml").read_text())
    for design, defects in DEFECTS.items():
        for defect in defects:
            (HERE / f"{defect}.toml").write_text(manifest(correct, design, defect))


if __name__ == "__main__":
    main()
