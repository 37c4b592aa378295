"""A model broker with somebody at it, for tests that read as what a client does and sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from pamqp import commands as pamqp_commands

from warren.simulator.model import Broker, Message, commands, events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model import Version

USER = "somebody"
PASSWORD = "a password of tests"  # noqa: S105 - of a user that exists in this process only
START = 1_000_000_000.0


@dataclass(frozen=True)
class Properties:
    """Properties as plain values."""

    headers: Mapping[str, object] | None = None
    delivery_mode: int | None = None
    priority: int | None = None
    reply_to: str | None = None
    expiration: str | None = None
    user_id: str | None = None
    content_type: str | None = None

    @property
    def size(self) -> int:
        """How many octets pamqp makes of them."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return len(pamqp_commands.Basic.Properties(**given).marshal())

    def replace(self, **changes: Any) -> Properties:
        """Return these properties with `changes`."""
        return replace(self, **changes)


def message(routing_key: str, body: bytes = b"", exchange: str = "", **properties: Any) -> Message:
    """Return a message to publish."""
    return Message(exchange, routing_key, Properties(**properties), body)


class Lab:
    """A broker, its clock, and any connection or channel as soon as it is used."""

    def __init__(self, semantics: Version = "4.3") -> None:
        """Begin with one user, who may do everything."""
        self.broker = Broker(semantics, (f"name-{number}" for number in count(1)))
        self.now = START
        self.broker.handle(commands.AddUser(USER, PASSWORD), self.now)
        self.broker.handle(commands.SetPermissions(USER, "/"), self.now)

    def do(self, command: Any) -> list[Any]:
        """Give the broker a command and return what it causes."""
        return list(self.broker.handle(command, self.now))

    def held(self) -> list[Any]:
        """Return what is unacknowledged: connection, channel, tag, place."""
        return [
            (connection.number, channel.number, tag, item)
            for connection in self.broker.connections.values()
            for channel in connection.channels.values()
            for tag, item in channel.unacked.items()
        ]

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass, ticking whenever the broker asks for it."""
        end, caused = self.now + seconds, []
        while (deadline := self.broker.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            caused += self.broker.tick(self.now)
        self.now = end
        return caused

    def connect(self, number: int = 1) -> None:
        """Open a connection, if it is not open."""
        if number not in self.broker.connections:
            self.do(commands.ConnectionStartOk(number, USER, PASSWORD))
            self.do(commands.ConnectionOpen(number))

    def channel(self, connection: int = 1, number: int = 1) -> Client:
        """Return a client on a channel, opened if need be."""
        self.connect(connection)
        if number not in self.broker.connections[connection].channels:
            self.do(commands.ChannelOpen(connection, number))
        return Client(self, connection, number)

    def ready(self, queue: str) -> list[bytes]:
        """Return the bodies of the ready messages of a queue, in order."""
        return [enqueued.message.body for enqueued in self.broker.vhosts["/"].queues[queue].ready]


class Client:
    """What one channel can do; every method returns the events it causes."""

    def __init__(self, lab: Lab, connection: int, number: int) -> None:
        """Speak on channel `number` of `connection`."""
        self.lab = lab
        self.where = (connection, number)

    def declare(self, queue: str = "", **options: Any) -> list[Any]:
        """Declare a queue, durable unless `options` say otherwise."""
        arguments = options.pop("arguments", {})
        options = options or {"durable": True}
        return self.lab.do(
            commands.QueueDeclare(*self.where, queue, arguments=arguments, **options)
        )

    def exchange(self, name: str, kind: str = "direct", **options: Any) -> list[Any]:
        """Declare an exchange."""
        return self.lab.do(commands.ExchangeDeclare(*self.where, name, kind, **options))

    def bind(self, queue: str, exchange: str, key: str = "", **arguments: Any) -> list[Any]:
        """Bind a queue; an underscore in an argument stands for a hyphen."""
        given = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.lab.do(commands.QueueBind(*self.where, queue, exchange, key, arguments=given))

    def publish(self, key: str, body: bytes = b"", exchange: str = "", **options: Any) -> list[Any]:
        """Publish a message; `options` are its properties, and `mandatory`."""
        mandatory = options.pop("mandatory", False)
        published = message(key, body, exchange, **options)
        return self.lab.do(commands.BasicPublish(*self.where, published, mandatory=mandatory))

    def consume(self, queue: str, tag: str = "c", **options: Any) -> list[Any]:
        """Begin to consume."""
        return self.lab.do(commands.BasicConsume(*self.where, queue, tag, **options))

    def get(self, queue: str, **options: Any) -> Any:
        """Get a message, or BasicGetEmpty."""
        return self.lab.do(commands.BasicGet(*self.where, queue, **options))[0]

    def ack(self, tag: int, **options: Any) -> list[Any]:
        """Acknowledge."""
        return self.lab.do(commands.BasicAck(*self.where, tag, **options))

    def nack(self, tag: int, **options: Any) -> list[Any]:
        """Refuse."""
        return self.lab.do(commands.BasicNack(*self.where, tag, **options))

    def qos(self, count: int, **options: Any) -> list[Any]:
        """Set the prefetch count."""
        return self.lab.do(commands.BasicQos(*self.where, count, **options))

    def do(self, kind: type[Any], *given: Any, **options: Any) -> list[Any]:
        """Give the broker any command on this channel."""
        return self.lab.do(kind(*self.where, *given, **options))


def bodies(caused: list[Any]) -> list[bytes]:
    """Return the bodies of the deliveries among `caused`."""
    return [event.message.body for event in caused if isinstance(event, events.BasicDeliver)]


def closed(caused: list[Any]) -> tuple[str, int, str]:
    """Return what the last event closes, its reply code, and the text after its name."""
    last = caused[-1]
    assert isinstance(last, events.ChannelClose | events.ConnectionClose), caused
    scope = "channel" if isinstance(last, events.ChannelClose) else "connection"
    return scope, last.reply_code, last.reply_text.partition(" - ")[2]
