"""Frames in the broker's name: what a broker does of its own accord, done to one connection of an instance.

basic.cancel, channel.close, basic.nack and connection.blocked are forged: the broker has not sent them. Clients are let
in as the plan's `Entry` says.

After a basic.cancel or a channel.close both sides must agree on what there is. So the broker is asked first, as a
client asks (basic.cancel, channel.close). Its answer is swallowed, and in its place the instance is given the forged
frame. What the instance then sends on a channel that has ended at the broker is swallowed too, up to its
channel.close-ok: a broker drops that as well (AMQP 0-9-1, channel.close). After that the channel's number is free
again, and the broker has requeued what was unacked. The log calls a swallowed frame lost and a forged one forged.

A forged basic.nack replaces a confirm. The broker keeps the message, as one may that really nacks.

The lane decides where a forged frame is put among the others, and whose frames wait while memory is said to be short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from warren.evidence.frames import EnteredElsewhere
from warren.simulator.wire import (
    BasicAck,
    BasicCancel,
    BasicCancelOk,
    BasicNack,
    ChannelClose,
    ChannelCloseOk,
    ChannelOpen,
    ConnectionBlocked,
    ConnectionOpen,
    ConnectionOpenOk,
    ConnectionStartOk,
    ConnectionTune,
    ConnectionUnblocked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import Fact, FrameSeen
    from warren.simulator.wire import Method
    from warren.worlds.line.lane import Lane
    from warren.worlds.line.learnt import Learnt
    from warren.worlds.line.plan import Entry, Plan


@dataclass(slots=True)
class _Closing:
    """A channel that the broker is to have closed: why, and how far that has come."""

    why: ChannelClose
    is_asked: bool = False
    is_told: bool = False


class Forging:
    """Forges on one connection; both its lanes ask it of every frame while it is at work."""

    def __init__(
        self,
        plan: Plan,
        learnt: Learnt,
        to_broker: Lane,
        to_client: Lane,
        log: Callable[[Fact], None],
    ) -> None:
        """Forge nothing yet."""
        self._plan, self._learnt, self._log = plan, learnt, log
        self._to_broker, self._to_client = to_broker, to_client
        self._cancelling: set[tuple[int, str]] = set()
        self._closing: dict[int, _Closing] = {}
        self._is_told = False  # that memory is short
        self._entry = plan.entry  # until the connection is open
        to_broker.swallows, to_client.swallows = self._from_client, self._from_broker
        self._work()

    def cancel(self, channel: int, tag: str) -> bool:
        """Have the broker take a consumer off; False where there is no such channel."""
        if channel not in self._learnt.channels or channel in self._closing:
            return False
        self._cancelling.add((channel, tag))
        self._work()
        self._to_broker.forge(channel, BasicCancel(tag))
        self._to_broker.flush()
        return True

    def close(self, channel: int, reply_code: int, reply_text: str) -> bool:
        """Have the broker close a channel and say why; False where there is no such channel."""
        if channel not in self._learnt.channels or channel in self._closing:
            return False
        closing = self._closing[channel] = _Closing(ChannelClose(reply_code, reply_text))
        self._work()

        def asked() -> None:
            closing.is_asked = True

        self._to_broker.forge(channel, ChannelClose(200, "closed by the rig"), asked)
        self._to_broker.flush()
        return True

    def block(self) -> None:
        """Say that memory is short, as the plan has it: to who publishes, or to all, and can be told."""
        reason, publishes = self._plan.blocked, self._to_broker.has_content
        if reason is None or self._is_told or not self._learnt.is_open:
            return
        if publishes or self._plan.tells_all:
            self._is_told = True
            self._tell(ConnectionBlocked(reason))

    def unblock(self) -> None:
        """Say that it no longer is."""
        if self._is_told:
            self._is_told = False
            self._tell(ConnectionUnblocked())

    def _tell(self, method: Method) -> None:
        if self._learnt.capable("connection.blocked"):
            self._to_client.forge(0, method)

    def _from_client(self, seen: FrameSeen) -> bool:
        """Whether the broker must not get a frame."""
        if self._plan.blocked is not None:
            self.block()
            self._to_client.flush()
        if self._entry is not None and self._enters_elsewhere(seen, self._entry):
            return True
        if self._entry is not None and (asked := _entering(seen.content, self._entry)):
            self._to_broker.forge(0, asked)
            return True
        closing = self._closing.get(seen.channel)
        if closing is None or not closing.is_asked:
            return False
        match seen.content:
            case ChannelClose() if closing.is_told:
                self._to_client.forge(seen.channel, ChannelCloseOk())
                self._to_client.flush()
            case ChannelClose():  # both close at once: the broker's answer to us is the answer to it
                closing.is_told = True
                self._end(seen.channel)
            case ChannelCloseOk():
                self._end(seen.channel)
            case ChannelOpen():  # it has forgotten the channel without a word
                self._end(seen.channel)
                return False
            case _:
                pass
        return True

    def _from_broker(self, seen: FrameSeen) -> bool:
        """Whether the instance must not get a frame; what it gets instead is put in its place."""
        closing = self._closing.get(seen.channel)
        match seen.content:
            case ConnectionTune() if self._entry is not None:
                self._to_client.forge(0, _offered(seen.content, self._entry.heartbeat))
                return True
            case ChannelCloseOk() if closing is not None and not closing.is_told:
                closing.is_told = True
                self._to_client.forge(seen.channel, closing.why)
                return True
            case BasicCancelOk(consumer_tag=tag) if (seen.channel, tag) in self._cancelling:
                self._cancelling.discard((seen.channel, tag))
                if self._learnt.capable("consumer_cancel_notify"):
                    self._to_client.forge(seen.channel, BasicCancel(tag, no_wait=True))
                self._work()
                return True
            case BasicAck(delivery_tag=tag, multiple=multiple) if self._plan.takes_nack():
                self._to_client.forge(seen.channel, BasicNack(tag, multiple))
                return True
            case ConnectionOpenOk():
                self._entry = None
                self._work()
                self.block()
            case _:
                pass
        return False

    def _enters_elsewhere(self, seen: FrameSeen, entry: Entry) -> bool:
        """Whether a client asks for another vhost than the work's: it waits until that is there."""
        asked = seen.content
        if not isinstance(asked, ConnectionOpen) or entry.others is None:
            return False
        if not entry.others(asked.virtual_host, lambda vhost: self._let_in(asked, vhost)):
            return False
        self._learnt.vhost = asked.virtual_host
        self._log(EnteredElsewhere(seen.at, seen.instance, seen.connection, asked.virtual_host))
        return True

    def _let_in(self, asked: ConnectionOpen, vhost: str) -> None:
        self._to_broker.forge(0, replace(asked, virtual_host=vhost))
        self._to_broker.flush()

    def _end(self, channel: int) -> None:
        del self._closing[channel]
        self._work()

    def _work(self) -> None:
        """Have both lanes go frame by frame for as long as an answer is awaited, or the client is let in."""
        at_work = bool(self._cancelling or self._closing or self._entry)
        for lane in (self._to_broker, self._to_client):
            lane.frame_by_frame = at_work


def _entering(asked: object, entry: Entry) -> Method | None:
    """Change what a client asks for into what the entry gives it; None where there is nothing to change."""
    match asked:
        case ConnectionStartOk(mechanism="PLAIN" | "AMQPLAIN"):
            response = b"\0".join((b"", entry.user.encode(), entry.password.encode()))
            changed: Method = replace(asked, mechanism="PLAIN", response=response)
        case ConnectionOpen():
            changed = replace(asked, virtual_host=entry.vhost)
        case _:
            return None
    return None if changed == asked else changed


def _offered(tune: ConnectionTune, heartbeat: int) -> ConnectionTune:
    """Offer that heartbeat (s) at most; 0 means none, and is replaced (AMQP 0-9-1, connection.tune)."""
    return replace(tune, heartbeat=min(tune.heartbeat or heartbeat, heartbeat))
