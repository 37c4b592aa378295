"""The broker: takes a command and the time, gives events. Tables say which function does which command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from warren.simulator.errors import AmqpError, ReplyCode, Scope, as_latin_1, reply_text
from warren.simulator.model import commands, events, limits
from warren.simulator.model.changes import Changes
from warren.simulator.model.methods import (
    access,
    basic,
    channel,
    confirm,
    connection,
    exchange,
    publish,
    queue,
    tx,
)
from warren.simulator.model.patterns import backtracking
from warren.simulator.model.state import State
from warren.simulator.model.tables import FieldTypes
from warren.simulator.model.vhost import VHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from warren.simulator.model.access import User
    from warren.simulator.model.changes import Contents
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.patterns import Compile
    from warren.simulator.model.routing import Meter
    from warren.simulator.model.semantics import Version

DEFAULT_VHOST = "/"
CONSUMER_TIMEOUT = 1_800_000
"""Milliseconds: RabbitMQ's own."""
DEAD_LETTER_WORK = 512
"""How much is done for dead letters in one turn; what is left goes on its way in the next ones."""

OWNER_COMMANDS: Mapping[type, Callable[[State, Any], None]] = {
    commands.AddVhost: connection.add_vhost,
    commands.DeleteVhost: connection.delete_vhost,
    commands.AddUser: connection.add_user,
    commands.DeleteUser: connection.delete_user,
    commands.SetPermissions: connection.set_permissions,
    commands.ClearPermissions: connection.clear_permissions,
    commands.SetPolicy: connection.set_policy,
    commands.SetConsumerTimeout: channel.set_consumer_timeout,
    limits.SetVhostLimits: limits.set_vhost_limits,
    limits.SetUserLimits: limits.set_user_limits,
    limits.SetTopicPermissions: limits.set_topic_permissions,
    commands.Restart: connection.restart,
    commands.ConnectionStartOk: connection.start_ok,
}
"""Commands that need no connection yet."""

CONNECTION_COMMANDS: Mapping[type, Callable[[State, Connection, Any], None]] = {
    commands.ConnectionOpen: connection.open_,
    commands.ConnectionClose: connection.close,
    commands.ConnectionLost: connection.lost,
    commands.ForceClose: connection.force_close,
    commands.GrantCredit: connection.grant_credit,
    commands.ChannelOpen: channel.open_,
}
"""Commands on a connection, and the one that opens a channel."""

CHANNEL_COMMANDS: Mapping[type, Callable[[State, Channel, Any], None]] = {
    commands.ChannelFlow: channel.flow,
    commands.ChannelClose: channel.close,
    commands.ChannelCloseOk: channel.close_ok,
    access.AccessRequest: access.request,
    access.BrokersMethod: access.refuse,
    commands.ExchangeDeclare: exchange.declare,
    commands.ExchangeDelete: exchange.delete,
    commands.ExchangeBind: exchange.bind,
    commands.ExchangeUnbind: exchange.unbind,
    commands.QueueDeclare: queue.declare,
    commands.QueueBind: queue.bind,
    commands.QueueUnbind: queue.unbind,
    commands.QueuePurge: queue.purge,
    commands.QueueDelete: queue.delete,
    commands.BasicQos: basic.qos,
    commands.BasicConsume: basic.consume,
    commands.BasicCancel: basic.cancel,
    commands.BasicPublish: publish.publish,
    commands.BasicGet: basic.get,
    commands.BasicAck: basic.ack,
    commands.BasicNack: basic.nack,
    commands.BasicReject: basic.reject,
    commands.BasicRecover: basic.recover,
    commands.ConfirmSelect: confirm.select,
    commands.TxSelect: tx.select,
    commands.TxCommit: tx.commit,
    commands.TxRollback: tx.rollback,
}
"""Commands on an open channel."""

METHOD_IDS: Mapping[type[commands.Command], tuple[int, int]] = {
    commands.ConnectionOpen: (10, 40),
    commands.ConnectionClose: (10, 50),
    commands.ConnectionCloseOk: (10, 51),
    commands.ChannelOpen: (20, 10),
    commands.ChannelFlow: (20, 20),
    commands.ChannelClose: (20, 40),
    commands.ChannelCloseOk: (20, 41),
    access.AccessRequest: (30, 10),
    commands.ExchangeDeclare: (40, 10),
    commands.ExchangeDelete: (40, 20),
    commands.ExchangeBind: (40, 30),
    commands.ExchangeUnbind: (40, 40),
    commands.QueueDeclare: (50, 10),
    commands.QueueBind: (50, 20),
    commands.QueueUnbind: (50, 50),
    commands.QueuePurge: (50, 30),
    commands.QueueDelete: (50, 40),
    commands.BasicQos: (60, 10),
    commands.BasicConsume: (60, 20),
    commands.BasicCancel: (60, 30),
    commands.BasicPublish: (60, 40),
    commands.BasicGet: (60, 70),
    commands.BasicAck: (60, 80),
    commands.BasicReject: (60, 90),
    commands.BasicNack: (60, 120),
    commands.BasicRecover: (60, 110),
    commands.ConfirmSelect: (85, 10),
    commands.TxSelect: (90, 10),
    commands.TxCommit: (90, 20),
    commands.TxRollback: (90, 30),
}
"""Class and method identifier of each: channel.close and connection.close name the method to blame.

ConnectionStartOk has none: RabbitMQ names none when it refuses a login.
"""

NO_METHOD = (0, 0)
RECOVER_ASYNC = (60, 100)

CLOSING_CHANNEL_COMMANDS = (commands.ChannelClose, commands.ChannelCloseOk)
"""What still counts on a channel after the broker's ChannelClose; everything else is ignored."""


class Broker:
    """A RabbitMQ without clock, network or chance.

    `semantics` is the version of RabbitMQ that it behaves like. `names` are for queues, consumers and
    replies that clients do not name themselves; each must be new. A delivery may be unsettled for
    `consumer_timeout` milliseconds, for ever if that is None. `engine` reads regular expressions: who lets
    strangers write them wants one that never takes long.
    """

    def __init__(
        self,
        semantics: Version,
        names: Iterator[str],
        field_types: FieldTypes | None = None,
        consumer_timeout: int | None = CONSUMER_TIMEOUT,
        engine: Compile = backtracking,
    ) -> None:
        """Begin with the virtual host `/`, empty, and no user."""
        self._state = State(semantics, names, field_types or FieldTypes(), consumer_timeout, engine)
        self._state.vhosts[DEFAULT_VHOST] = VHost(self._state, DEFAULT_VHOST)
        self._work_left = 0

    @property
    def meter(self) -> Meter:
        """What counts the work: see `State`."""
        return self._state.meter

    @property
    def is_busy(self) -> bool:
        """Whether dead letters or policies are on their way, and `tick` is to send them on."""
        return bool(self._state.onward)

    @property
    def vhosts(self) -> Mapping[str, VHost]:
        """The virtual hosts by name, to look at."""
        return self._state.vhosts

    @property
    def users(self) -> Mapping[str, User]:
        """The users by name, to look at."""
        return self._state.users

    @property
    def connections(self) -> Mapping[int, Connection]:
        """The connections by number, to look at."""
        return self._state.connections

    def handle(self, command: commands.Command, now: float) -> list[events.Event]:
        """Do `command` at the time `now`, in seconds since the epoch; return the events in order.

        What was due before happens first, so events of other connections may be among them. What a
        client does wrong raises nothing: it becomes a ChannelClose or ConnectionClose.
        """
        state = self._state
        state.now = now
        caused: list[events.Event] = []
        state.events = caused
        self._work_left = 0 if state.onward else DEAD_LETTER_WORK  # none may overtake another
        if now >= state.timers.next:
            self._run_timers()
        kind = type(command)
        on_channel = CHANNEL_COMMANDS.get(kind)
        try:
            if on_channel is not None:
                open_channel = self._channel_of(cast("commands.ChannelCommand", command))
                if open_channel is not None:
                    on_channel(state, open_channel, command)
            else:
                self._handle_elsewhere(command)
        except AmqpError as error:
            self._close(command, error)
        if state.onward:
            self._forward_dead_letters()
        state.meter.work += 1 + len(caused)
        return caused

    def tick(self, now: float) -> list[events.Event]:
        """Do what is due at the time `now`; return what it causes."""
        state = self._state
        state.now = now
        caused: list[events.Event] = []
        state.events = caused
        self._work_left = DEAD_LETTER_WORK
        self._forward_dead_letters()
        self._run_timers()
        state.meter.work += len(caused)
        return caused

    def next_deadline(self) -> float | None:
        """Return when `tick` must be called at the latest; None when nothing waits."""
        if self._state.onward:
            return self._state.now
        return self._state.timers.next_deadline()

    def record(self) -> Changes:
        """Note from now on what changes in what outlives the broker, for whoever keeps that."""
        self._state.changes = changes = Changes()
        for vhost in self.vhosts.values():
            for each in vhost.queues.values():
                each.take_up_recording()
        return changes

    def restore(self, contents: Iterable[Contents], now: float, *, in_order: bool) -> None:
        """Give queues what they had in an earlier life, which ended `in_order` or was cut off."""
        self._state.now = now
        self._state.events = []  # there is nobody to be told
        for each in contents:
            each.queue.restore(each, in_order=in_order)
        self._forward_dead_letters()

    def _channel_of(self, command: commands.ChannelCommand) -> Channel | None:
        client = self._state.connections.get(command.connection)
        if client is None:
            return None
        found = client.channels.get(command.channel)
        if found is None:
            channel.check_room(client)
            raise AmqpError(ReplyCode.CHANNEL_ERROR, "expected 'channel.open'")
        if found.closing and not isinstance(command, CLOSING_CHANNEL_COMMANDS):
            return None
        return found

    def _handle_elsewhere(self, command: commands.Command) -> None:
        state = self._state
        by_owner = OWNER_COMMANDS.get(type(command))
        if by_owner is not None:
            by_owner(state, command)
            return
        if not isinstance(command, commands.ConnectionCommand):
            raise TypeError(f"{command!r} is not a command")
        client = state.connections.get(command.connection)
        if client is None:
            return
        on_connection = CONNECTION_COMMANDS.get(type(command))
        if on_connection is not None:
            on_connection(state, client, command)

    def _close(self, command: commands.Command, error: AmqpError) -> None:
        """Close what the error closes, and release all it held."""
        state = self._state
        if not isinstance(command, commands.ConnectionCommand):
            raise error
        number = command.connection
        method = _method_of(command)
        if error.reply_code is ReplyCode.INTERNAL_ERROR:
            method = error.class_id, error.method_id  # the broker's fault: mostly no method's
        client = state.connections.get(number)
        if (
            error.scope is Scope.CHANNEL
            and client is not None
            and isinstance(command, commands.ChannelCommand)
        ):
            failed = client.channels[command.channel]
            channel.fail(state, failed)
            closed = (number, command.channel, error.reply_code, self._word(error))
            state.events.append(events.ChannelClose(*closed, *method))
            return
        if client is not None:
            connection.forget(state, client)
        state.events.append(
            events.ConnectionClose(number, error.reply_code, self._word(error), *method)
        )

    def _word(self, error: AmqpError) -> str:
        """Return the words of a close; what is no UTF-8 in them as the release has it."""
        text = error.text
        if text is not None and self._state.semantics.latin_1_texts:
            text = as_latin_1(text)
        return reply_text(error.reply_code, text)

    def _run_timers(self) -> None:
        for timer, waiting in self._state.timers.due(self._state.now):
            waiting.on_timer(timer)
            self._close_failing()
            self._forward_dead_letters()

    def _close_failing(self) -> None:
        state = self._state
        for failed, error in state.failing:
            if failed.closing:  # another of its deliveries was late, too
                continue
            channel.fail(state, failed)
            closed = (failed.connection.number, failed.number, error.reply_code, self._word(error))
            state.events.append(events.ChannelClose(*closed, *NO_METHOD))
        state.failing.clear()

    def _forward_dead_letters(self) -> None:
        waiting = self._state.onward
        while waiting and self._work_left > 0:
            work = waiting.popleft().send()
            self._work_left -= work
            self._state.meter.work += work


def _method_of(command: commands.Command) -> tuple[int, int]:
    """Return the identifiers of the method that a client has said."""
    if isinstance(command, access.BrokersMethod):
        return command.class_id, command.method_id
    if isinstance(command, commands.BasicRecover) and command.asynchronous:
        return RECOVER_ASYNC
    return METHOD_IDS.get(type(command), NO_METHOD)
