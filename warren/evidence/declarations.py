"""What instances declared: the queues and exchanges that a broker made, or found as they were described; bindings.

Here live the facts and their joining from frames. What should have been declared is the judges' matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from warren.simulator.wire import (
    ExchangeBind,
    ExchangeDeclare,
    ExchangeDeclareOk,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from warren.evidence.frames import FrameSeen
    from warren.simulator.wire import FieldTable, FieldValue

Kind: TypeAlias = Literal["queue", "exchange"]
_Channel: TypeAlias = tuple[str, int, int]
_MATCH: Final = "x-match"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration that the broker agreed to at that time. A passive one declares nothing, and is none."""

    at: float
    instance: str
    connection: int
    channel: int
    kind: Kind
    name: str
    durable: bool
    auto_delete: bool
    exclusive: bool = False
    server_named: bool = False
    """Whether the broker chose the name of the queue (AMQP 0-9-1, queue.declare with an empty name)."""
    has_alternate: bool = False
    """Whether the exchange hands what it cannot route to an alternate exchange."""

    expires: bool = False
    """Whether the queue is deleted, with all that it holds, when nobody uses it for a while (x-expires)."""
    dead_letter_exchange: str | None = None
    """Where what expires in the queue, or is rejected, goes on to (x-dead-letter-exchange)."""
    dead_letter_key: str | None = None
    """With which routing key (x-dead-letter-routing-key); None where that stays what it was."""
    has_ttl: bool = False
    """Whether all that is in the queue expires in time (x-message-ttl)."""
    type: str = ""
    """Of an exchange, how it routes."""

    @property
    def dead_letters(self) -> bool:
        """Whether what expires in the queue, or is rejected, goes on to an exchange."""
        return self.dead_letter_exchange is not None

    @property
    def perishable(self) -> str:
        """Say why it may be gone one day with all that it holds; "" where it lasts until somebody deletes it."""
        said = {
            "not durable": not self.durable,
            "auto-delete": self.auto_delete,
            "exclusive": self.exclusive,
            "to expire": self.expires,
        }
        return " and ".join(words for words, holds in said.items() if holds)

    def __str__(self) -> str:
        """Give one line of evidence."""
        kept = self.perishable or "durable"
        return (
            f"{self.at:.3f} {self.instance} declares {self.kind} {self.name}"
            f" (connection {self.connection}): {kept}"
        )


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding that an instance asked for, of a queue or of another exchange to an exchange."""

    exchange: str
    routing_key: str
    kind: Kind
    name: str
    arguments: FieldTable = field(default_factory=dict, hash=False)

    @property
    def is_pattern(self) -> bool:
        """Whether its key has wildcards, as those of topic exchanges may."""
        return any(word in ("*", "#") for word in self.routing_key.split("."))

    @property
    def headers(self) -> dict[str, FieldValue]:
        """What a headers exchange compares; one without a value (None) has to be there.

        RabbitMQ leaves out what begins with x-, unless `x-match` is `all-with-x` or `any-with-x`.
        """
        with_x = str(self.arguments.get(_MATCH, "")).endswith("-with-x")
        return {
            name: value
            for name, value in self.arguments.items()
            if name != _MATCH and (with_x or not name.startswith("x-"))
        }

    def __str__(self) -> str:
        """Say it in words."""
        said = f'{self.name} to exchange "{self.exchange}" with key "{self.routing_key}"'
        arguments = ", ".join(f"{name}={value!s}" for name, value in self.arguments.items())
        return f"{said} and {arguments}" if arguments else said


class Declarations:
    """Joins what was asked for to what the broker agreed to, one frame after another."""

    def __init__(self) -> None:
        """Begin with nothing declared."""
        self.agreed: list[Declaration] = []
        self.bindings: dict[Binding, None] = {}
        """Each once, in their order; one that is refused leads from or to nothing that there is."""
        self._last_queue: dict[_Channel, str] = {}
        self._queues: dict[_Channel, list[QueueDeclare]] = defaultdict(list)
        self._exchanges: dict[_Channel, list[ExchangeDeclare]] = defaultdict(list)

    def take(self, channel: _Channel, seen: FrameSeen) -> None:
        """Read on; a broker answers the declarations of a channel in their order."""
        match seen.content:
            case QueueDeclare(no_wait=True) as asked:
                self._agree_to_queue(channel, seen.at, asked, asked.queue)
            case QueueDeclare() as asked:
                self._queues[channel].append(asked)
            case QueueDeclareOk(queue=name) if self._queues[channel]:
                self._agree_to_queue(channel, seen.at, self._queues[channel].pop(0), name)
            case ExchangeDeclare(no_wait=True) as asked:
                self._agree_to_exchange(channel, seen.at, asked)
            case ExchangeDeclare() as asked:
                self._exchanges[channel].append(asked)
            case ExchangeDeclareOk() if self._exchanges[channel]:
                self._agree_to_exchange(channel, seen.at, self._exchanges[channel].pop(0))
            case QueueBind(queue=name, exchange=exchange, routing_key=key, arguments=arguments):
                queue = name or self._last_queue.get(channel, "")
                self.bindings[Binding(exchange, key, "queue", queue, arguments)] = None
            case ExchangeBind(
                destination=name, source=exchange, routing_key=key, arguments=arguments
            ):
                self.bindings[Binding(exchange, key, "exchange", name, arguments)] = None
            case _:
                pass

    def channel_ended(self, channel: _Channel) -> None:
        """Forget what was asked for on a channel: it was refused."""
        self._queues.pop(channel, None)
        self._exchanges.pop(channel, None)

    def _agree_to_queue(self, channel: _Channel, at: float, asked: QueueDeclare, name: str) -> None:
        self._last_queue[channel] = name
        if not asked.passive:
            kept = asked.durable, asked.auto_delete, asked.exclusive
            self.agreed.append(
                Declaration(
                    *(at, *channel, "queue", name, *kept),
                    server_named=not asked.queue,
                    expires="x-expires" in asked.arguments,
                    dead_letter_exchange=_text(asked, "x-dead-letter-exchange"),
                    dead_letter_key=_text(asked, "x-dead-letter-routing-key"),
                    has_ttl="x-message-ttl" in asked.arguments,
                )
            )

    def _agree_to_exchange(self, channel: _Channel, at: float, asked: ExchangeDeclare) -> None:
        if not asked.passive:
            kept, alternate = (asked.durable, asked.auto_delete), "alternate-exchange"
            self.agreed.append(
                Declaration(
                    *(at, *channel, "exchange", asked.exchange, *kept),
                    has_alternate=alternate in asked.arguments,
                    type=asked.type,
                )
            )


def _text(asked: QueueDeclare, argument: str) -> str | None:
    value = asked.arguments.get(argument)
    return value if isinstance(value, str) else None
