"""Reads the ledger from what the lines saw: frames become messages, settlements find their deliveries.

Pure: facts in, ledger out, one fact after another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warren.evidence.commits import CommitBegun, Committed, DatabaseFailed
from warren.evidence.confirms import Confirms
from warren.evidence.consumers import Consumers
from warren.evidence.declarations import Declarations
from warren.evidence.elsewhere import Elsewhere
from warren.evidence.frames import (
    ConnectionEnded,
    ConnectionOpened,
    Direction,
    EnteredElsewhere,
    FrameForged,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
)
from warren.evidence.ledger import (
    Beat,
    Delivery,
    Forged,
    Ledger,
    OpenConnection,
    Published,
    Refusal,
    Settlement,
)
from warren.evidence.silences import Silences
from warren.simulator.wire import (
    Assembler,
    BasicAck,
    BasicDeliver,
    BasicGetOk,
    BasicNack,
    BasicProperties,
    BasicPublish,
    BasicRecoverOk,
    BasicReject,
    ChannelClose,
    ChannelCloseOk,
    ConnectionClose,
    ConnectionTune,
    ConnectionTuneOk,
    Heartbeat,
    Message,
    Method,
    QueueDeclare,
    TxCommitOk,
    TxRollbackOk,
    TxSelectOk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.frames import Fact

_Channel = tuple[str, int, int]
_Settling = tuple[FrameSeen, BasicAck | BasicNack | BasicReject]


class LedgerReader:
    """Joins frames to messages, and settlements to deliveries, one fact after another."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._taken = 0
        self._deliveries: list[Delivery] = []
        self._publishes: list[Published] = []
        self._confirms = Confirms()
        self._confirmed_by: dict[int, tuple[int, ...]] = {}
        self._declarations = Declarations()
        self._ends: list[ConnectionEnded] = []
        self._ended: set[tuple[str, int]] = set()
        self._closing: set[tuple[str, int]] = set()
        """The connections whose client has sent connection.close."""
        self._opened: dict[tuple[str, int], float] = {}
        """The connections that have not ended."""
        self._openings: list[ConnectionOpened] = []
        self._beats: list[Beat] = []
        self._last_method: dict[tuple[str, int, Direction], tuple[float, str]] = {}
        self._negotiated: dict[tuple[str, int], int] = {}
        self._assemblers: dict[tuple[str, int, Direction], Assembler] = defaultdict(Assembler)
        self._method_frames: dict[tuple[_Channel, Direction], FrameSeen] = {}
        """The method frame of the last message on each channel, each way."""
        self._unsettled: dict[_Channel, dict[int, int]] = defaultdict(dict)
        self._consumers = Consumers()
        self._forged: list[Forged] = []
        self._delivery_of: dict[int, int] = {}
        self._publish_of: dict[int, int] = {}
        self._settled_by: dict[int, tuple[int, ...]] = {}
        self._held: set[int] = set()
        self._uncommitted: dict[_Channel, list[_Settling]] = {}
        """The settlements of each channel in tx mode since its last commit or rollback."""
        self._dead_letters: list[str] = []
        self._refusals: list[Refusal] = []
        self._database: list[CommitBegun | Committed | DatabaseFailed] = []
        self._silences = Silences()
        self._elsewhere = Elsewhere()

    def ledger(self) -> Ledger:
        """Give what was seen so far; later facts do not change it."""
        return Ledger(
            tuple(self._deliveries),
            tuple(self._publishes),
            tuple(self._ends),
            tuple(self._consumers.all),
            dict(self._negotiated),
            tuple(self._dead_letters),
            self._silences.longest,
            tuple(self._open_connections()),
            tuple(self._refusals),
            tuple(self._declarations.agreed),
            tuple(self._forged),
            tuple(self._database),
            dict(self._silences.last_sent),
            tuple(self._openings),
            tuple(self._beats),
            tuple(self._declarations.bindings),
            dict(self._elsewhere.vhosts),
        )

    def _open_connections(self) -> Iterator[OpenConnection]:
        for connection, opened in self._opened.items():
            sent, received = (self._last_method.get((*connection, way)) for way in Direction)
            yield OpenConnection(*connection, opened, sent, received)

    def take(self, fact: Fact) -> None:
        """Read on; facts come in the order of their log."""
        self._taken += 1
        match fact:
            case FrameSeen():
                self._frame(fact)
            case FrameHeld(frame=frame):
                self._passed(frame, None)
                self._fate_of_settlement(frame, is_held=True)
            case FrameReleased(at=at, frame=frame):
                self._passed(frame, at)
                self._fate_of_settlement(frame, passed_at=at)
            case FrameLost(frame=frame):
                self._passed(frame, None)
                self._never_reached(frame)
            case FrameForged():
                self._forge(fact)
            case ConnectionOpened(at=at, instance=instance, connection=connection):
                self._opened[instance, connection] = at
                self._openings.append(fact)
            case ConnectionEnded():
                self._ends.append(fact)
                self._connection_ended(fact)
            case EnteredElsewhere():
                self._elsewhere.note(fact)
            case CommitBegun() | Committed() | DatabaseFailed():
                self._database.append(fact)

    def _frame(self, seen: FrameSeen) -> None:
        channel = (seen.instance, seen.connection, seen.channel)
        if seen.direction is Direction.TO_BROKER:
            self._silences.sent(channel[:2], seen.at)
        named = self._elsewhere.named(seen)
        if isinstance(seen.content, Method):
            self._last_method[*channel[:2], seen.direction] = (seen.at, seen.content.NAME)
            self._method_frames[channel, seen.direction] = seen
            self._declarations.take(channel, named)
            self._consumers.take(channel, named)
            self._confirm(seen, self._confirms.answered(channel, seen))
        assembler = self._assemblers[*channel[:2], seen.direction]
        message = assembler.follow(seen.channel, seen.content)
        if message is not None and message.whole:
            self._whole(channel, self._method_frames[channel, seen.direction], message)
        match seen.content:
            case BasicAck() | BasicNack() | BasicReject() as method:
                if seen.direction is Direction.TO_BROKER:
                    self._ask_to_settle(channel, seen, method)
            case TxSelectOk() | TxCommitOk() | TxRollbackOk() as method:
                self._transaction(channel, seen, method)
            case BasicRecoverOk():
                self._give_back(channel, seen.at)
            case ChannelClose() | ChannelCloseOk() as method:
                self._refused(channel, seen, method)
                self._channel_ended(channel, seen.at)
            case _:
                self._agreement(channel, named)

    def _forge(self, fact: FrameForged) -> None:
        """Note what an instance was told; what the broker did about it, its own answer has shown."""
        seen = fact.frame
        is_entry = isinstance(seen.content, ConnectionTune)  # how it was let in, and no fault
        if (
            seen.direction is Direction.TO_CLIENT
            and isinstance(seen.content, Method)
            and not is_entry
        ):
            where = (seen.instance, seen.connection)
            self._forged.append(Forged(fact.at, *where, seen.channel, seen.content))
            self._last_method[*where, seen.direction] = (fact.at, f"{seen.content.NAME}, forged")

    def _agreement(self, channel: _Channel, seen: FrameSeen) -> None:
        """Note what was agreed on before messages flow, and after: heartbeat, queues, the end."""
        match seen.content:
            case ConnectionClose() if seen.direction is Direction.TO_BROKER:
                self._closing.add(channel[:2])
            case ConnectionTuneOk(heartbeat=heartbeat):
                self._negotiated[seen.instance, seen.connection] = heartbeat
            case Heartbeat():
                beat = Beat(seen.at, seen.instance, seen.connection, seen.direction)
                self._beats.append(beat)
            case QueueDeclare(queue=queue, arguments=given) if "x-dead-letter-exchange" in given:
                self._dead_letters.append(queue)

    def _connection_ended(self, end: ConnectionEnded) -> None:
        of_connection = (end.instance, end.connection)
        self._silences.until(of_connection, end.at)
        self._ended.add(of_connection)
        self._opened.pop(of_connection, None)
        unsettled = (channel for channel in self._unsettled if channel[:2] == of_connection)
        for channel in dict.fromkeys((*unsettled, *self._consumers.channels(of_connection))):
            self._channel_ended(channel, end.at)

    def _refused(
        self, channel: _Channel, seen: FrameSeen, method: ChannelClose | ChannelCloseOk
    ) -> None:
        if isinstance(method, ChannelClose) and seen.direction is Direction.TO_CLIENT:
            refusal = Refusal(seen.at, *channel, method.reply_code, method.reply_text)
            self._refusals.append(refusal)

    def _channel_ended(self, channel: _Channel, at: float) -> None:
        """Give back what is unsettled on a channel: its number may be used again, and tags then begin at 1."""
        self._give_back(channel, at)
        self._consumers.channel_ended(channel, at)
        self._uncommitted.pop(channel, None)
        self._confirms.channel_ended(channel)
        self._declarations.channel_ended(channel)
        for direction in Direction:
            self._assemblers[*channel[:2], direction].drop(channel[2])

    def _give_back(self, channel: _Channel, at: float) -> None:
        """Give back what is unsettled on a channel: it ended, or its consumer asked for it (basic.recover)."""
        for place in self._unsettled.pop(channel, {}).values():
            self._deliveries[place] = replace(self._deliveries[place], given_back_at=at)

    def _whole(self, channel: _Channel, seen: FrameSeen, message: Message[BasicProperties]) -> None:
        """Note a publish or a delivery that has come whole; ``seen`` is its method frame."""
        method = message.method
        properties = message.properties or BasicProperties()
        if isinstance(method, BasicPublish):
            self._publish_of[id(seen)] = len(self._publishes)
            self._publishes.append(
                Published(
                    seen.at,
                    *channel,
                    method.exchange,
                    method.routing_key,
                    method.mandatory,
                    properties,
                    message.body,
                    passed_at=self._passed_at(seen),
                    mode=self._confirms.published(channel, len(self._publishes)),
                    order=self._taken,
                )
            )
        elif isinstance(method, BasicDeliver | BasicGetOk):
            self._deliver(channel, seen, method, properties, message.body)

    def _deliver(
        self,
        channel: _Channel,
        seen: FrameSeen,
        method: BasicDeliver | BasicGetOk,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        tag = method.consumer_tag if isinstance(method, BasicDeliver) else ""
        auto = self._consumers.acks_by_itself(channel, tag)
        place = len(self._deliveries)
        # A broker may not know yet that its client has gone, and takes back at once what it sends then.
        too_late = channel[:2] in self._ended
        if not auto and not too_late:
            self._unsettled[channel][method.delivery_tag] = place
        self._delivery_of[id(seen)] = place
        self._deliveries.append(
            Delivery(
                seen.at,
                *channel,
                method.delivery_tag,
                method.exchange,
                method.routing_key,
                method.redelivered,
                properties,
                body,
                passed_at=self._passed_at(seen),
                auto_ack=auto,
                settlement=Settlement(seen.at, "ack", order=self._taken) if auto else None,
                consumer_tag=tag,
                given_back_at=seen.at if too_late else None,
                queue=self._consumers.queue_of(channel, tag),
                order=self._taken,
            )
        )

    def _ask_to_settle(
        self, channel: _Channel, seen: FrameSeen, method: BasicAck | BasicNack | BasicReject
    ) -> None:
        """Settle, or keep for the commit where the channel is in tx mode (AMQP 0-9-1, tx.select)."""
        if channel in self._uncommitted:
            self._uncommitted[channel].append((seen, method))
        else:
            self._settle(channel, seen, method, seen.at)

    def _transaction(
        self, channel: _Channel, seen: FrameSeen, method: TxSelectOk | TxCommitOk | TxRollbackOk
    ) -> None:
        asked = self._uncommitted.get(channel, [])
        if isinstance(method, TxSelectOk):
            self._uncommitted.setdefault(channel, [])
            return
        self._uncommitted[channel] = []
        if isinstance(method, TxCommitOk):
            for frame, settling in asked:
                self._settle(channel, frame, settling, seen.at)

    def _settle(
        self,
        channel: _Channel,
        seen: FrameSeen,
        method: BasicAck | BasicNack | BasicReject,
        at: float,
    ) -> None:
        unsettled = self._unsettled[channel]
        multiple = not isinstance(method, BasicReject) and method.multiple
        up_to = method.delivery_tag or max(unsettled, default=0)
        tags = [t for t in unsettled if t <= up_to] if multiple else [method.delivery_tag]
        requeue = not isinstance(method, BasicAck) and method.requeue
        kind = {BasicAck: "ack", BasicNack: "nack", BasicReject: "reject"}[type(method)]
        too_late = channel[:2] in self._closing
        settlement = Settlement(at, kind, requeue, after_close=too_late, order=self._taken)
        places = tuple(unsettled.pop(tag) for tag in tags if tag in unsettled)
        for place in places:
            self._deliveries[place] = replace(self._deliveries[place], settlement=settlement)
        self._settled_by[id(seen)] = places

    def _confirm(self, seen: FrameSeen, places: tuple[int, ...]) -> None:
        """Note that the broker has taken publishes, and by which frame it says so."""
        for place in places:
            self._publishes[place] = replace(self._publishes[place], confirmed_at=seen.at)
        if places:
            self._confirmed_by[id(seen)] = places

    def _confirm_passed(self, frame: FrameSeen, at: float | None) -> None:
        """Note when a confirm was passed on, None where it waits or is lost.

        A commit took effect when the broker sent its answer, as in `_transaction`, however late that comes.
        """
        for place in self._confirmed_by.get(id(frame), ()):
            self._publishes[place] = replace(self._publishes[place], confirmed_at=at)

    def _passed_at(self, seen: FrameSeen) -> float | None:
        """When a message was passed on that has just come whole: at once, unless its method frame waits."""
        return None if id(seen) in self._held else seen.at

    def _passed(self, frame: FrameSeen, at: float | None) -> None:
        """Note when a message was passed on, None where it waits or is lost; not all of it may have been seen yet."""
        if isinstance(frame.content, BasicAck):
            self._confirm_passed(frame, at)
        delivery, publish = self._delivery_of.get(id(frame)), self._publish_of.get(id(frame))
        if delivery is not None:
            self._deliveries[delivery] = replace(self._deliveries[delivery], passed_at=at)
        elif publish is not None:
            self._publishes[publish] = replace(self._publishes[publish], passed_at=at)
        elif isinstance(frame.content, BasicDeliver | BasicGetOk | BasicPublish):
            (self._held.add if at is None else self._held.discard)(id(frame))

    def _never_reached(self, frame: FrameSeen) -> None:
        for asked in self._uncommitted.values():
            asked[:] = [one for one in asked if one[0] is not frame]
        self._fate_of_settlement(frame, reached=False)

    def _fate_of_settlement(self, frame: FrameSeen, **known: Any) -> None:
        """Note what became of a settlement after it was seen."""
        for place in self._settled_by.get(id(frame), ()):
            if (settlement := self._deliveries[place].settlement) is not None:
                told = replace(settlement, **known)
                self._deliveries[place] = replace(self._deliveries[place], settlement=told)
