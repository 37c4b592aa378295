"""Class connection: who comes in, who goes, and what the owner of the broker does to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, reply_text
from warren.simulator.model import events
from warren.simulator.model.access import User
from warren.simulator.model.connection import Connection
from warren.simulator.model.limits import check_connections
from warren.simulator.model.methods.channel import release
from warren.simulator.model.settlement import wake
from warren.simulator.model.vhost import VHost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.model import commands
    from warren.simulator.model.state import State


def start_ok(state: State, command: commands.ConnectionStartOk) -> None:
    """Let a user in who knows the password; 403 otherwise."""
    user = state.users.get(command.user)
    if user is None or not (command.vouched_for or user.accepts(command.password)):
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED,
            f"Login was refused using authentication mechanism {command.mechanism}. "
            "For details see the broker logfile.",
        )
    state.connections[command.connection] = Connection(
        command.connection, user, consumer_cancel_notify=command.consumer_cancel_notify
    )
    state.events.append(events.ConnectionTune(command.connection))


def open_(state: State, connection: Connection, command: commands.ConnectionOpen) -> None:
    """Let the connection into a virtual host; 530 when there is none, or no room, or the user may not."""
    vhost = state.vhosts.get(command.vhost)
    if vhost is None:
        raise AmqpError(ReplyCode.NOT_ALLOWED, f"vhost {command.vhost} not found")
    check_connections(state, vhost, connection.user)
    if not connection.user.in_vhost(command.vhost).allowed:
        raise AmqpError(
            ReplyCode.NOT_ALLOWED,
            f"access to vhost '{command.vhost}' refused for user '{connection.user.name}'",
        )
    connection.vhost = vhost
    connection.channel_max = command.channel_max
    connection.credit = command.credit
    state.events.append(events.ConnectionOpenOk(connection.number))


def close(state: State, connection: Connection, _command: commands.ConnectionClose) -> None:
    """Say goodbye; all the connection held is released."""
    forget(state, connection)
    state.events.append(events.ConnectionCloseOk(connection.number))


def lost(state: State, connection: Connection, _command: commands.ConnectionLost) -> None:
    """Release all that a vanished connection held.

    Its exclusive queues are deleted before its channels end, and what they had delivered is dropped.
    When a connection is closed in order its channels end first, and give back to these queues.
    """
    connection.consumer_cancel_notify = False  # nobody is left to tell
    delete_exclusive_queues(connection)
    forget(state, connection)


def force_close(state: State, connection: Connection, command: commands.ForceClose) -> None:
    """Close the connection from the broker's side."""
    force(state, (connection,), command.reason)


def grant_credit(_state: State, connection: Connection, command: commands.GrantCredit) -> None:
    """Limit the octets of deliveries to come, and make those deliveries that waited for it."""
    connection.credit = command.octets
    for channel in [*connection.channels.values()]:
        wake(channel)


def force(state: State, connections: Iterable[Connection], reason: str) -> None:
    """Close `connections` with 320 and release all they held."""
    for connection in [*connections]:
        text = reply_text(ReplyCode.CONNECTION_FORCED, reason)
        state.events.append(
            events.ConnectionClose(connection.number, ReplyCode.CONNECTION_FORCED, text)
        )
        forget(state, connection)


def forget(state: State, connection: Connection) -> None:
    """Release the connection's channels, then delete its exclusive queues."""
    del state.connections[connection.number]
    release(state, connection.channels.values())
    connection.channels = {}
    delete_exclusive_queues(connection)


def delete_exclusive_queues(connection: Connection) -> None:
    """Delete the queues that nobody else could use."""
    for queue in [*connection.exclusive_queues]:
        if not queue.deleted:
            queue.vhost.delete_queue(queue)


# What the owner does


def add_vhost(state: State, command: commands.AddVhost) -> None:
    """Make a virtual host, unless it exists; give it the default type of queues, if one is given."""
    if command.vhost not in state.vhosts:
        state.vhosts[command.vhost] = VHost(state, command.vhost)
    if command.default_queue_type is not None:
        state.vhosts[command.vhost].default_queue_type = command.default_queue_type


def delete_vhost(state: State, command: commands.DeleteVhost) -> None:
    """Delete a virtual host, its connections first."""
    vhost = state.vhosts.get(command.vhost)
    if vhost is None:
        return
    inside = [connection for connection in state.connections.values() if connection.vhost is vhost]
    for queue in [*vhost.queues.values()]:
        vhost.delete_queue(
            queue
        )  # so consumers hear basic.cancel before their connections are closed
    force(state, inside, f"vhost '{vhost.name}' is deleted")
    for exchange in [*vhost.exchanges.values()]:
        if exchange.name in vhost.exchanges:  # an auto-delete one may have gone with another
            vhost.delete_exchange(exchange)
    del state.vhosts[command.vhost]
    for user in state.users.values():
        user.access.pop(vhost.name, None)


def add_user(state: State, command: commands.AddUser) -> None:
    """Make a user, or give an existing one a password."""
    user = state.users.get(command.user)
    if user is None:
        state.users[command.user] = User(
            command.user,
            command.password,
            command.password_hash,
            impersonator=command.impersonator,
        )
        return
    user.set_password(command.password, command.password_hash)
    user.impersonator = command.impersonator


def delete_user(state: State, command: commands.DeleteUser) -> None:
    """Delete a user and close its connections."""
    user = state.users.pop(command.user, None)
    if user is not None:
        theirs = [
            connection for connection in state.connections.values() if connection.user is user
        ]
        force(state, theirs, f"user '{user.name}' is deleted")


def set_permissions(state: State, command: commands.SetPermissions) -> None:
    """Give a user access to a virtual host; nothing happens when there is no such user."""
    user = state.users.get(command.user)
    if user is not None:
        access = user.in_vhost(command.vhost)
        access.grant(command.configure, command.write, command.read, state.engine)


def clear_permissions(state: State, command: commands.ClearPermissions) -> None:
    """Take a user's access to a virtual host away."""
    user = state.users.get(command.user)
    if user is not None:
        user.in_vhost(command.vhost).clear()


def set_policy(state: State, command: commands.SetPolicy) -> None:
    """Have a policy in a virtual host, or no more; nothing happens when there is no such one."""
    vhost = state.vhosts.get(command.vhost)
    if vhost is not None:
        vhost.set_policy(command.name, command.policy, operator=command.operator)


def restart(state: State, _command: commands.Restart) -> None:
    """Close every connection, then keep only what is durable; dead letters wait where their way has led them."""
    force(
        state, state.connections.values(), "broker forced connection closure with reason 'shutdown'"
    )
    while state.onward:
        state.onward.popleft().lay_aside()
    for vhost in state.vhosts.values():
        vhost.restart()
