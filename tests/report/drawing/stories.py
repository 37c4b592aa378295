"""Cases as records, written by hand: what a world would have seen of them."""

from __future__ import annotations

from warren.evidence.commits import CommitBegun, Committed
from warren.evidence.faults import Fault
from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Direction
from warren.evidence.ledger import Beat, Consumer, Delivery, Ledger, Published, Settlement
from warren.evidence.record import Asked, ProcessEnded, Record, RowSeen, Sent
from warren.evidence.violation import Violation
from warren.simulator.wire import BasicProperties

QUEUE = "orders"


def delivery(
    at: float,
    instance: str,
    message: str,
    *,
    again: bool = False,
    settled: Settlement | None = None,
    back: float | None = None,
    passed: float | None = -1.0,
    body: bytes = b'{"texts":["a"]}',
) -> Delivery:
    """Make a delivery that was passed on at once, unless the test says something else."""
    return Delivery(
        *(at, instance, 1, 1, 1, "", QUEUE, again, BasicProperties(message_id=message), body),
        passed_at=at if passed == -1.0 else passed,
        settlement=settled,
        consumer_tag="c",
        given_back_at=back,
    )


def killed(body: bytes = b'{"texts":["a"]}') -> Record:
    """Tell of a message that is acked too early and lost, and of one that comes again after the kill."""
    lost = delivery(1.0, "worker-1", "m-1", settled=Settlement(1.2, "ack"), body=body)
    first = delivery(1.3, "worker-1", "m-2", back=1.5)
    second = delivery(1.6, "worker-2", "m-2", again=True)
    ledger = Ledger(
        deliveries=(lost, first, second),
        publishes=(
            Published(1.35, "worker-1", 1, 1, "", "done", True, BasicProperties(), b"x", None),
        ),
        ends=(ConnectionEnded(1.5, "worker-1", 1, "client", "eof", ""),),
        consumers=(
            Consumer(0.2, "worker-1", 1, 1, "c", QUEUE),
            Consumer(0.3, "worker-2", 1, 1, "c", QUEUE),
        ),
        opened=(ConnectionOpened(0.1, "worker-1", 1), ConnectionOpened(0.15, "worker-2", 1)),
        heartbeats=(Beat(0.7, "worker-2", 1, Direction.TO_BROKER),),
        database=(
            CommitBegun(1.25, "worker-1", 1),
            CommitBegun(1.9, "worker-2", 1),
            Committed(1.92, "worker-2", 1),
        ),
    )
    return Record(
        3.0,
        ledger,
        faults=(Fault(1.4, "worker-1", "killed worker-1"),),
        sent=(
            Sent(0.9, "", QUEUE, "m-1", body),
            Sent(0.95, "", QUEUE, "m-2", b'{"texts":["b"]}'),
        ),
        calls=(Asked(0.5, "worker-2", "/task", 0.6, 200), Asked(0.55, "worker-2", "/task")),
        rows=(RowSeen(1.95, "message_log 1: 'b'", "b"),),
        ends=(ProcessEnded(1.55, "worker-1", -9),),
        lost=(Violation("lost: its row never came", (str(lost),)),),
    )


def busy(messages: int) -> Record:
    """Tell of two instances that are given so many messages and ack each; one in a hundred comes again."""
    deliveries: list[Delivery] = []
    sent = []
    for n in range(messages):
        at = 1 + n * 0.01
        sent.append(Sent(at, "", QUEUE, f"m-{n}", b"x"))
        name = f"worker-{n % 2 + 1}"
        if n % 100 == 50:
            deliveries.append(delivery(at + 0.001, name, f"m-{n}", back=at + 0.004))
            name = f"worker-{(n + 1) % 2 + 1}"
        done = Settlement(at + 0.008, "ack")
        again = n % 100 == 50
        deliveries.append(delivery(at + 0.005, name, f"m-{n}", again=again, settled=done))
    opened = tuple(ConnectionOpened(0.1, f"worker-{n}", 1) for n in (1, 2))
    beats = tuple(Beat(0.5 + n / 4, "worker-1", 1, Direction.TO_BROKER) for n in range(20))
    cut = Fault(1.5, "worker-1", "cut the connections of worker-1")
    ledger = Ledger(tuple(deliveries), opened=opened, heartbeats=beats)
    return Record(1 + messages * 0.01 + 1, ledger, faults=(cut,), sent=tuple(sent))
