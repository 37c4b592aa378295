"""What a queue is declared as, and what policies make of that; its messages and consumers are in `queue`."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from warren.simulator.model.policy import QueuePolicy
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.recorded import Recorded

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.exchange import Binding
    from warren.simulator.model.queue_types import QueueType
    from warren.simulator.model.vhost import VHost


class Declared(Recorded):
    """A queue's name, type and arguments, and the policies that are for it.

    `owner` is the number of the connection that it is exclusive to, None when it is shared. `incoming`
    are its bindings.
    """

    policies_set_overflow: ClassVar[bool] = False
    """Whether what a policy says of overflow comes before the queue's own argument."""

    __slots__ = (
        "arguments",
        "auto_delete",
        "deleted",
        "incoming",
        "kind",
        "matched",
        "name",
        "owner",
        "policy",
        "times_acks",
        "vhost",
    )

    def __init__(
        self,
        vhost: VHost,
        name: str,
        kind: QueueType,
        *,
        durable: bool,
        auto_delete: bool,
        owner: int | None,
        arguments: Mapping[str, object],
    ) -> None:
        """Take what was declared, and the policies of now."""
        super().__init__(vhost.state, durable=durable)
        self.vhost = vhost
        self.name = name
        self.kind = kind
        self.auto_delete = auto_delete
        self.owner = owner
        self.arguments = arguments
        self.matched = vhost.policies.find(kind.name, name)
        self.policy = self._read_policy()
        self.times_acks = self._times_acks()
        self.incoming: dict[Hashable, Binding] = {}
        self.deleted = False

    def _read_policy(self) -> QueuePolicy:
        return QueuePolicy.of(
            self.arguments,
            self.matched.definition,
            self.state.semantics.quorum,
            sets_overflow=self.policies_set_overflow,
        )

    def take_up_policies(self) -> None:
        """Be as the policies of the virtual host have it now; messages keep the deadlines that they got."""
        matched = self.vhost.policies.find(self.kind.name, self.name)
        if matched == self.matched:
            return
        expires = self.policy.expires
        self.matched = matched
        self.policy = self._read_policy()
        if self.policy.expires != expires:
            self.state.timers.cancel((QueueTimer.EXPIRES, self))
            self.touch()
        self.keep_limits()

    @abstractmethod
    def keep_limits(self) -> None:
        """Give up what is too much."""

    @abstractmethod
    def touch(self) -> None:
        """Begin the time after which a queue with x-expires goes, unless it has consumers."""

    @abstractmethod
    def on_timer(self, timer: QueueTimer, /) -> None:
        """Do what this queue has waited for."""

    def time_on(self, channel: Channel) -> int | None:
        """Tell how many milliseconds a delivery on `channel` may be unsettled: its own, or the channel's."""
        own = self.policy.consumer_timeout if self.state.semantics.queues_set_timeout else None
        return channel.ack_timeout if own is None else own

    def _times_acks(self) -> bool:
        return self.state.semantics.channels_time_out

    @property
    def exclusive(self) -> bool:
        """Whether it belongs to one connection."""
        return self.owner is not None

    def describe(self) -> str:
        """Word this queue as RabbitMQ's reply texts do."""
        return self.vhost.describe("queue", self.name)
