"""The ledger: what happened in a case, for any implementation in any language.

Deliveries with their settlement, publishes, consumers and connection ends. `warren.evidence.ledger_reader` joins them
from the facts that lines saw. What should have happened is the matter of `warren.workloads`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from warren.evidence.commits import DatabaseFailed
from warren.evidence.text import CUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.evidence.commits import CommitBegun, Committed
    from warren.evidence.confirms import Mode
    from warren.evidence.declarations import Binding, Declaration
    from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Direction
    from warren.simulator.wire import BasicProperties, Method


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a consumer settled a delivery; `reached` is false when the line lost the frame on its way.

    One that came after its client's own connection.close does not count: a broker ignores all that follows but its
    close-ok (AMQP 0-9-1, connection.close).
    """

    at: float
    kind: str
    requeue: bool = False
    reached: bool = True
    after_close: bool = False
    order: int = field(default=0, compare=False)
    """The place of its frame among all facts of the case: several may have come at one time."""
    is_held: bool = field(default=False, compare=False)
    """Whether the line kept it, by a rule or behind what a rule caught, until `passed_at`."""
    passed_at: float | None = field(default=None, compare=False)
    """When what was held was passed on; None where it still waits, is lost, or was not held."""

    @property
    def counts(self) -> bool:
        """Whether the broker takes the delivery for settled by it."""
        return self.reached and not self.after_close

    def __str__(self) -> str:
        """Name it as AMQP does."""
        kind = f"{self.kind}(requeue={str(self.requeue).lower()})" if self.kind != "ack" else "ack"
        if self.after_close:
            return f"{kind}, ignored, for it came after connection.close"
        return kind if self.reached else f"{kind}, lost on its way"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to an instance: seen at `at`, passed on at `passed_at` (None while held, or lost).

    A broker takes one that was consumed with `no_ack` for acked when it sends it (AMQP 0-9-1, basic.consume).
    """

    at: float
    instance: str
    connection: int
    channel: int
    tag: int
    exchange: str
    routing_key: str
    redelivered: bool
    properties: BasicProperties
    body: bytes
    passed_at: float | None
    auto_ack: bool = False
    settlement: Settlement | None = None
    consumer_tag: str = ""
    """Whose prefetch count it uses; "" where it was fetched (basic.get)."""
    given_back_at: float | None = None
    """When its channel ended with it unsettled, or recovered it, so that the broker may deliver it again."""
    queue: str = ""
    """The one that it came from, as far as its consumer, or who fetched it, has said which."""
    order: int = field(default=0, compare=False)
    """The place of its frames among all facts of the case, as of a `Settlement`."""

    @property
    def open_until(self) -> float:
        """When it was settled or given back; infinity where it still is unacked."""
        if self.settlement is not None:
            return self.settlement.at
        return float("inf") if self.given_back_at is None else self.given_back_at

    @property
    def message(self) -> str:
        """What identifies the message through its redeliveries: its message-id, else its body."""
        return self.properties.message_id or self.body.decode("utf-8", "replace")

    def __str__(self) -> str:
        """Give one line of evidence."""
        again = ", redelivered" if self.redelivered else ""
        return (
            f"{self.at:.3f} deliver #{self.tag} {short(self.body)} -> {self.instance}"
            f" (connection {self.connection}{again}): {self._end()}"
        )

    def _end(self) -> str:
        if self.auto_ack:
            return "acked by no_ack"
        if self.settlement is not None:
            return f"{self.settlement} at {self.settlement.at:.3f}"
        if self.given_back_at is not None:
            return f"unsettled when its channel ended or recovered it at {self.given_back_at:.3f}"
        return "unsettled"


@dataclass(frozen=True, slots=True)
class WorkEnd:
    """When an instance was done with a delivery, and what shows it; infinity where it was not before the case ended."""

    at: float
    words: str

    def __str__(self) -> str:
        """Give one line of evidence."""
        return self.words if self.at == float("inf") else f"{self.at:.3f} {self.words}"


@dataclass(frozen=True, slots=True)
class Published:
    """A message that an instance published: seen at `at`, passed on at `passed_at` (None while held, or lost).

    What was not passed on has not reached the broker.
    """

    at: float
    instance: str
    connection: int
    channel: int
    exchange: str
    routing_key: str
    mandatory: bool
    properties: BasicProperties
    body: bytes
    passed_at: float | None
    mode: Mode = ""
    confirmed_at: float | None = None
    """When the broker's confirm reached the instance; in tx mode when the broker committed."""
    order: int = field(default=0, compare=False)
    """The place of its frames among all facts of the case, as of a `Settlement`."""

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.at:.3f} {self.instance} publishes {short(self.body)} to exchange"
            f' "{self.exchange}" with routing key "{self.routing_key}"{self._answer()}'
        )

    def _answer(self) -> str:
        if self.passed_at is None:
            return ", which has not reached the broker"
        if not self.mode:
            return ", without a confirm"
        done = "committed" if self.mode == "tx" else "confirmed"
        return (
            f", never {done}"
            if self.confirmed_at is None
            else f", {done} at {self.confirmed_at:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer that the broker agreed to at that time, of a queue."""

    at: float
    instance: str
    connection: int
    channel: int
    tag: str
    queue: str
    no_ack: bool = False
    prefetch: int = 0
    """The prefetch count that its channel had asked for when it began (basic.qos); 0 where there is no bound."""
    ended_at: float | None = None
    """When it was cancelled, by its client or by the broker, or its channel or connection ended."""

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.at:.3f} {self.instance} consumes from {self.queue}"
            f" (connection {self.connection}, prefetch {self.prefetch})"
        )


IN_USE: Final = (403, 405)
"""ACCESS_REFUSED: an exclusive consumer is there. RESOURCE_LOCKED: an exclusive queue is another connection's."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A channel that the broker closed, since it would not do what was asked (AMQP 0-9-1, channel.close)."""

    at: float
    instance: str
    connection: int
    channel: int
    code: int
    words: str

    @property
    def is_in_use(self) -> bool:
        """Whether it says that somebody else has the queue for themselves."""
        return self.code in IN_USE and "exclusive" in self.words

    def __str__(self) -> str:
        """Give one line of evidence."""
        return f"{self.at:.3f} the broker closed channel {self.channel} of {self.instance}: {self.words}"


@dataclass(frozen=True, slots=True)
class Forged:
    """What the rig told an instance in the broker's name; the broker itself has said no such thing."""

    at: float
    instance: str
    connection: int
    channel: int
    method: Method

    def __str__(self) -> str:
        """Give one line of evidence."""
        why = getattr(self.method, "reply_text", "") or getattr(self.method, "reason", "")
        words = f" ({why})" if why else ""
        return (
            f"{self.at:.3f} the rig had {self.method.NAME}{words} sent to {self.instance}"
            f" (connection {self.connection}, channel {self.channel})"
        )


@dataclass(frozen=True, slots=True)
class Silence:
    """The time between two frames of an instance on one connection, heartbeats included."""

    instance: str
    connection: int
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.ended:.3f} {self.instance} had sent nothing on connection {self.connection}"
            f" since {self.began:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat frame, and which way it went."""

    at: float
    instance: str
    connection: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """A connection that has not ended, and the last method that went each way on it: when (s), and its name."""

    instance: str
    connection: int
    opened: float
    sent: tuple[float, str] | None = None
    received: tuple[float, str] | None = None

    def __str__(self) -> str:
        """Give one line of evidence: what waits for an answer shows in it."""
        sent, received = map(self._method, (self.sent, self.received))
        return (
            f"{self.opened:.3f} {self.instance} opened connection {self.connection}, which has not ended;"
            f" its last method to the broker: {sent}, from it: {received}"
        )

    @staticmethod
    def _method(method: tuple[float, str] | None) -> str:
        return f"{method[1]} at {method[0]:.3f}" if method else "none"


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was seen on the lines of a case, in the order in which it was seen."""

    deliveries: tuple[Delivery, ...] = ()
    publishes: tuple[Published, ...] = ()
    ends: tuple[ConnectionEnded, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    """All that ever began to consume."""
    negotiated: dict[tuple[str, int], int] = field(default_factory=dict)
    """The heartbeat (s) of each connection of an instance."""
    dead_letters: tuple[str, ...] = ()
    """Queues that were declared with a dead-letter exchange."""
    silences: tuple[Silence, ...] = ()
    """The longest of each connection."""
    connections: tuple[OpenConnection, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    forged: tuple[Forged, ...] = ()
    database: tuple[CommitBegun | Committed | DatabaseFailed, ...] = ()
    """What was seen of the instances' databases, as far as a line leads there."""
    last_sent: dict[tuple[str, int], float] = field(default_factory=dict)
    """When the last frame of an instance on each connection was seen, heartbeats included."""
    opened: tuple[ConnectionOpened, ...] = ()
    """All connections that ever were."""
    heartbeats: tuple[Beat, ...] = ()
    bindings: tuple[Binding, ...] = ()
    """Those that instances asked for, each once."""
    elsewhere: dict[tuple[str, int], str] = field(default_factory=dict)
    """The connections that are in another vhost than that of the work, and by which name it was asked for."""

    def settled(self, message: str) -> bool:
        """Whether the last delivery of a message was settled without requeue, as far as its broker knows."""
        last = self.of(message)[-1:]
        return any(
            d.settlement is not None and d.settlement.counts and not d.settlement.requeue
            for d in last
        )

    def of(self, message: str) -> tuple[Delivery, ...]:
        """Give the deliveries of one message, first to last."""
        return tuple(d for d in self.deliveries if d.message == message)

    def to(self, instance: str) -> tuple[Delivery, ...]:
        """Give the deliveries to one instance."""
        return tuple(d for d in self.deliveries if d.instance == instance)

    def redeliveries(self) -> tuple[Delivery, ...]:
        """Give the deliveries that the broker marked as redelivered."""
        return tuple(d for d in self.deliveries if d.redelivered)

    def open_of(self, instance: str) -> tuple[OpenConnection, ...]:
        """Give the connections of one instance that have not ended."""
        return tuple(c for c in self.connections if c.instance == instance)

    def database_failures(self) -> tuple[DatabaseFailed, ...]:
        """Give what instances could not do with their databases, as far as a line leads there."""
        return tuple(fact for fact in self.database if isinstance(fact, DatabaseFailed))

    def consumers_of(self, instance: str) -> tuple[Consumer, ...]:
        """Give the consumers that one instance began, first to last."""
        return tuple(c for c in self.consumers if c.instance == instance)

    def consuming(self, instance: str) -> tuple[Consumer, ...]:
        """Give the consumers of one instance whose connection has not ended."""
        ended = {(end.instance, end.connection) for end in self.ends}
        return tuple(
            c for c in self.consumers_of(instance) if (c.instance, c.connection) not in ended
        )

    def active_consumers(self, instance: str) -> tuple[Consumer, ...]:
        """Give the consumers of one instance that have not ended."""
        return tuple(c for c in self.consumers_of(instance) if c.ended_at is None)

    def published_by(self, instance: str) -> tuple[Published, ...]:
        """Give what one instance published, whether or not it has been passed on."""
        return tuple(p for p in self.publishes if p.instance == instance)


def most_unacked(deliveries: Iterable[Delivery]) -> tuple[int, tuple[Delivery, ...]]:
    """Find the most deliveries that one instance held unsettled at once, and which those were."""
    instances: dict[str, list[Delivery]] = defaultdict(list)
    for d in deliveries:
        instances[d.instance].append(d)
    worst: tuple[Delivery, ...] = ()
    for held in instances.values():
        for moment in held:
            open_then = tuple(d for d in held if d.at <= moment.at < d.open_until)
            worst = max(worst, open_then, key=len)
    return len(worst), worst


def short(body: bytes, limit: int = 60) -> str:
    """Show a body in one line: printable, quoted, as octets where it is no text, cut where it is long."""
    try:
        text = ascii(body.decode("utf-8"))
    except UnicodeDecodeError:
        text = repr(body)
    return text if len(text) <= limit else f"{text[: limit - 2]}{CUT}{text[-1]}"
