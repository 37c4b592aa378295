"""Faults to order, for people who test their own consumers against the embedded broker.

What they do to a connection is in `faulty`; here is what they are, and when it is their turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class FaultKind(StrEnum):
    """What happens: the connection is cut, goes silent without an end, or everything is late."""

    DISCONNECT_ACK = "disconnect-ack"
    HALF_OPEN_ACK = "half-open-ack"
    DELAY = "delay"


class FaultError(ValueError):
    """The text describes no fault, or faults that cannot be together."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`value` is the number of the basic.ack it happens at, the first is 1; or seconds."""

    kind: FaultKind
    value: float


def parse_fault(text: str) -> Fault:
    """Read `KIND:VALUE`; raises FaultError."""
    name, _, value = text.partition(":")
    try:
        fault = Fault(FaultKind(name), float(value))
    except ValueError:
        forms = "disconnect-ack:N, half-open-ack:N or delay:SECONDS"
        raise FaultError(f"{text!r} is no fault: give {forms}") from None
    whole = fault.kind is FaultKind.DELAY or fault.value.is_integer()
    if not (whole and 0 < fault.value < float("inf")):
        raise FaultError(f"{text!r}: {value} is not above zero, or no whole number of acks")
    return fault


def check_together(faults: Iterable[Fault]) -> None:
    """Raise FaultError when two faults are to happen at the same ack."""
    at_ack = [each for each in faults if each.kind is not FaultKind.DELAY]
    for first, second in combinations(at_ack, 2):
        if first.value == second.value:
            raise FaultError(
                f"{first.kind}:{first.value:.0f} and {second.kind}:{second.value:.0f} are at the "
                "same ack: give one of them"
            )


class FaultPlan:
    """The faults of one broker while it runs: counts acks over all connections together."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Begin before the first ack."""
        self.delay = sum(each.value for each in faults if each.kind is FaultKind.DELAY)
        self._acks = 0
        self._at_ack = {
            int(each.value): each.kind for each in faults if each.kind is not FaultKind.DELAY
        }

    def next_ack(self) -> FaultKind | None:
        """Count one ack; return what happens instead of it."""
        self._acks += 1
        return self._at_ack.get(self._acks)
