"""Class exchange: declare, delete, bind, unbind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model import events
from warren.simulator.model.exchange import LOCAL_RANDOM, Exchange
from warren.simulator.model.limits import check_topics
from warren.simulator.model.methods.lookup import (
    check_access,
    check_any_access,
    check_not_reserved,
    clean,
    find_exchange,
)
from warren.simulator.model.routing import split
from warren.simulator.model.tables import field_type, require_equivalent, require_same_field, term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.state import State

X_MATCH = ("all", "any", "all-with-x", "any-with-x")


def declare(state: State, channel: Channel, command: commands.ExchangeDeclare) -> None:
    """Get or create an exchange; 406 when it exists and is different."""
    name = clean(command.exchange)
    if command.passive:
        check_not_default(name)
        check_any_access(channel, "exchange", name)
        find_exchange(channel, name)
    else:
        check_type(channel, command.type)
        check_not_default(name)
        check_access(channel, "configure", "exchange", name)
        exchange = channel.vhost.exchanges.get(name) or create(channel, name, command)
        check_equivalent(exchange, command)
    if not command.nowait:
        state.events.append(events.ExchangeDeclareOk(command.connection, command.channel))


def create(channel: Channel, name: str, command: commands.ExchangeDeclare) -> Exchange:
    """Make the exchange that `command` describes."""
    check_not_reserved("exchange", name)
    alternate = command.arguments.get("alternate-exchange")
    if isinstance(alternate, str):
        check_access(channel, "read", "exchange", name)
        check_access(channel, "write", "exchange", alternate)
    elif "alternate-exchange" in command.arguments:
        resource = channel.vhost.describe("exchange", name)
        raise precondition_failed(
            f"invalid type '{field_type(alternate)}' for arg 'alternate-exchange' in {resource}"
        )
    return channel.vhost.make_exchange(
        name,
        command.type,
        durable=command.durable,
        auto_delete=command.auto_delete,
        internal=command.internal,
        arguments=command.arguments,
    )


def check_type(channel: Channel, kind: str) -> None:
    """Raise when there is no such exchange type."""
    semantics = channel.vhost.semantics
    if kind not in semantics.exchange_types:
        wrong = "unknown" if kind else "invalid"
        raise AmqpError(semantics.unknown_exchange_type, f"{wrong} exchange type '{kind}'")


def check_equivalent(exchange: Exchange, command: commands.ExchangeDeclare) -> None:
    """Raise 406 when the exchange is not as `command` describes it."""
    resource = exchange.describe()
    require_same_field("type", _atom(exchange.type), _atom(command.type), resource)
    require_same_field("durable", exchange.durable, command.durable, resource)
    require_same_field("auto_delete", exchange.auto_delete, command.auto_delete, resource)
    require_same_field("internal", exchange.internal, command.internal, resource)
    require_equivalent(exchange.arguments, command.arguments, ("alternate-exchange",), resource)


def _atom(kind: str) -> str:
    """Return a type as Erlang writes such a name: quoted where it is no plain word."""
    return kind if kind.isalpha() else f"'{kind}'"


def delete(state: State, channel: Channel, command: commands.ExchangeDelete) -> None:
    """Delete an exchange, if there is one; 406 when it must be unused and is not."""
    name = clean(command.exchange)
    check_not_default(name)
    if name.startswith("amq."):
        resource = channel.vhost.describe("exchange", name)
        raise AmqpError(ReplyCode.ACCESS_REFUSED, f"deletion of system {resource} not allowed")
    check_access(channel, "configure", "exchange", name)
    exchange = channel.vhost.exchanges.get(name)
    if exchange is not None:
        if command.if_unused and exchange.outgoing:
            raise precondition_failed(f"{exchange.describe()} in use")
        channel.vhost.delete_exchange(exchange)
    if not command.nowait:
        state.events.append(events.ExchangeDeleteOk(command.connection, command.channel))


def bind(state: State, channel: Channel, command: commands.ExchangeBind) -> None:
    """Bind an exchange to an exchange."""
    names = ends(channel, command)
    source, destination = (find_exchange(channel, name) for name in names)
    check_binding(source, None, command.routing_key, command.arguments)
    channel.vhost.bind(source, destination, command.routing_key, command.arguments)
    if not command.nowait:
        state.events.append(events.ExchangeBindOk(command.connection, command.channel))


def unbind(state: State, channel: Channel, command: commands.ExchangeUnbind) -> None:
    """Undo a binding between exchanges, if it is there."""
    source, destination = (channel.vhost.exchanges.get(name) for name in ends(channel, command))
    if source is not None and destination is not None:
        channel.vhost.unbind(source, destination, command.routing_key, command.arguments)
    if not command.nowait:
        state.events.append(events.ExchangeUnbindOk(command.connection, command.channel))


def ends(
    channel: Channel, command: commands.ExchangeBind | commands.ExchangeUnbind
) -> tuple[str, str]:
    """Return the source and the destination a command names, with the checks of both names."""
    destination, source = clean(command.destination), clean(command.source)
    check_access(channel, "write", "exchange", destination)
    check_not_default(destination)
    check_not_default(source)
    check_access(channel, "read", "exchange", source)
    check_topics(channel, "read", source, (command.routing_key,))
    return source, destination


def check_not_default(name: str) -> None:
    """Raise 403 for what cannot be done to the exchange without a name."""
    if not name:
        raise AmqpError(ReplyCode.ACCESS_REFUSED, "operation not permitted on the default exchange")


def check_binding(
    source: Exchange, queue: Queue | None, key: str, arguments: Mapping[str, object]
) -> None:
    """Raise 406 for a binding that the exchange's type does not allow; `queue` is None for an exchange."""
    if source.type == LOCAL_RANDOM:
        check_local(queue, key)
    if source.type == "headers" and "x-match" in arguments:
        check_x_match(arguments["x-match"])
    limit = source.vhost.semantics.topic_hash_limit
    if source.type == "topic" and limit is not None:
        hashes = split(key).count("#")
        if hashes > limit:
            raise precondition_failed(
                f"Topic binding key '{key}' uses {hashes} '#' wildcards, "
                f"at most {limit} are allowed"
            )


def check_local(queue: Queue | None, key: str) -> None:
    """Raise 406 unless it is a classic queue, and bound without a key."""
    if key:
        raise precondition_failed(f"Non empty binding '{key}' key not permitted")
    if queue is None:
        raise precondition_failed("Destination not found")
    if queue.kind.replicated:
        raise precondition_failed(
            f"Queue type {queue.kind.module} not valid for this exchange type"
        )


def check_x_match(x_match: object) -> None:
    """Raise 406 unless it is one of the four modes."""
    if not isinstance(x_match, str):
        raise precondition_failed(
            f"Invalid x-match field type {field_type(x_match)} (value {term(x_match)}); "
            "expected longstr"
        )
    if x_match not in X_MATCH:
        raise precondition_failed(
            f"Invalid x-match field value {term(x_match)}; "
            "expected all, any, all-with-x, or any-with-x"
        )
