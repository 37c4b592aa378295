"""HTTP in a world: requests to an instance, and what the service that consumers call does wrong."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer to one HTTP request; status 0 and a sentence in `error` when none came."""

    status: int
    body: bytes
    asked_at: float
    answered_at: float
    error: str = ""

    @property
    def seconds(self) -> float:
        """How long the caller waited."""
        return self.answered_at - self.asked_at


class Call(Protocol):
    """An HTTP request under way."""

    def done(self) -> bool:
        """Whether the answer, or its absence, is known."""

    def result(self) -> HttpReply:
        """Give the answer; only once `done`."""


class HttpFailure(enum.Enum):
    """How the HTTP service that consumers call fails all of them."""

    ERROR = "answered calls with status 500"
    HANGING = "answered no call"
    REFUSED = "refused connections"

    def __str__(self) -> str:
        """Say what it did."""
        return self.value
