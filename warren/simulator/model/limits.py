"""Limits of virtual hosts and users, and topic permissions: what operators set, and who is refused for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.fact import fact
from warren.simulator.model.access import Topics
from warren.simulator.model.commands import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warren.simulator.model.access import User
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.state import State
    from warren.simulator.model.vhost import VHost

MAX_CONNECTIONS, MAX_QUEUES, MAX_CHANNELS = "max-connections", "max-queues", "max-channels"


@fact
class SetVhostLimits(Command):
    """Limit what is in `vhost`; a negative limit is none."""

    vhost: str
    limits: Mapping[str, int] | None


@fact
class SetUserLimits(Command):
    """Limit what `user` has; a negative limit is none."""

    user: str
    limits: Mapping[str, int]


@fact
class SetTopicPermissions(Command):
    """Let `user` use those keys of a topic exchange in which the patterns match; None: any."""

    user: str
    vhost: str
    exchange: str
    patterns: tuple[str, str] | None
    """For publishing, and for binding."""


def set_vhost_limits(state: State, command: SetVhostLimits) -> None:
    """Limit a virtual host, if it is there; what is too much already stays."""
    if command.vhost in state.vhosts:
        state.vhosts[command.vhost].limits = command.limits


def set_user_limits(state: State, command: SetUserLimits) -> None:
    """Limit a user, if there is such a one."""
    if command.user in state.users:
        state.users[command.user].limits = command.limits


def set_topic_permissions(state: State, command: SetTopicPermissions) -> None:
    """Let a user use some keys, or all again. Raises PatternError."""
    user = state.users.get(command.user)
    if user is None:
        return
    topics = user.in_vhost(command.vhost).topics
    if command.patterns is None:
        topics.pop(command.exchange, None)
    else:
        names = {"username": user.name, "vhost": command.vhost}
        topics[command.exchange] = Topics(*command.patterns, names, state.engine)


def check_connections(state: State, vhost: VHost, user: User) -> None:
    """Raise 530 when there are as many connections as may be, of the virtual host or of the user."""
    connections = state.connections.values()
    most = limit(vhost.limits or {}, MAX_CONNECTIONS)
    if most is not None and sum(each.vhost is vhost for each in connections) >= most:
        raise AmqpError(
            ReplyCode.NOT_ALLOWED,
            f"access to vhost '{vhost.name}' refused for user '{user.name}': connection limit "
            f"({most}) is reached",
        )
    most = limit(user.limits, MAX_CONNECTIONS)
    inside = (each for each in connections if each.vhost is not None)
    if most is not None and sum(each.user is user for each in inside) >= most:
        raise AmqpError(
            ReplyCode.NOT_ALLOWED,
            f"connection refused for user '{user.name}': user connection limit ({most}) is reached",
        )


def check_channels(state: State, user: User) -> None:
    """Raise 530 when a user has as many channels as may be."""
    most = limit(user.limits, MAX_CHANNELS)
    if most is None:
        return
    theirs = (each for each in state.connections.values() if each.user is user)
    if sum(len(each.channels) for each in theirs) >= most:
        shown = f"({most})" if state.semantics.channel_limit_in_parentheses else most
        raise AmqpError(
            ReplyCode.NOT_ALLOWED,
            f"number of channels opened for user '{user.name}' has reached the maximum allowed "
            f"user limit of {shown}",
        )


def check_queues(vhost: VHost, name: str) -> None:
    """Raise 406 when there are as many queues as may be, and `name` would be one more."""
    most = limit(vhost.limits or {}, MAX_QUEUES)
    if most is not None and len(vhost.queues) >= most:
        raise precondition_failed(
            f"cannot declare queue '{name}': queue limit in vhost '{vhost.name}' ({most}) is reached"
        )


def check_topics(channel: Channel, permission: str, name: str, keys: Iterable[str]) -> None:
    """Raise 403 unless the channel's user may use all these keys of the exchange `name`, if it is a topic one."""
    topics, vhost = channel.access.topics.get(name), channel.vhost
    exchange = vhost.exchanges.get(name)
    if topics is None or exchange is None or exchange.type != "topic":
        return
    for key in keys:
        if not topics.permits(permission, key):
            access = (
                f"{permission} access" if vhost.semantics.refusal_names_permission else "access"
            )
            raise AmqpError(
                ReplyCode.ACCESS_REFUSED,
                f"{access} to topic '{key}' in {exchange.describe()} refused for user "
                f"'{channel.connection.user.name}'",
            )


def limit(limits: Mapping[str, int], name: str) -> int | None:
    """Return a limit; None for none."""
    value = limits.get(name)
    return None if value is None or value < 0 else value
