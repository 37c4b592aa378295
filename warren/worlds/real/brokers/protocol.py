"""What every kind of broker offers: a choice that can be started, and a running one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warren.worlds.real.brokers.address import BrokerAddress
    from warren.worlds.real.runs.run import Run


class RunningBroker(Protocol):
    """A broker that answers, held by the process that started it.

    Restarting disturbs everybody on it, so a case that restarts starts a broker for itself from
    the same `Broker` and stops it afterwards.
    """

    @property
    def address(self) -> BrokerAddress:
        """Where it is; the same after a restart."""

    def restart(self) -> None:
        """Have the broker stop in its own orderly way, start again, and wait until it answers.

        What is durable survives. Raises BrokerUnavailable.
        """

    def kill(self) -> None:
        """Have the broker be cut off in the middle of everything, start again, and wait until it answers.

        Raises BrokerUnavailable.
        """

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have it be short of memory, so that it blocks publishers, or no longer. Raises BrokerUnavailable."""

    def set_disk_alarm(self, is_on: bool) -> None:
        """Have it be short of disk space, so that it blocks publishers, or no longer. Raises BrokerUnavailable."""

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Have channels that are opened from now on wait no longer for an ack; None sets the default again.

        Raises BrokerUnavailable.
        """

    def stop(self) -> None:
        """End it and remove what it left; safe to call again."""


class Broker(Protocol):
    """A usable choice of broker, not started yet."""

    @property
    def option(self) -> str:
        """The value of `--broker` that means exactly this choice, for the workers."""

    @property
    def can_restart(self) -> bool:
        """Whether a started one can be restarted: an existing broker is not ours to restart."""

    @property
    def is_light(self) -> bool:
        """Whether one more costs so little that each worker may have its own: an embedded one, not a RabbitMQ."""

    def start(self, run: Run) -> RunningBroker:
        """Start one that belongs to `run` and wait until it answers. Raises BrokerUnavailable."""
