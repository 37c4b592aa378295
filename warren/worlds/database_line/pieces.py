"""Pieces: what a follower makes of a stream, one message of the protocol each."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol


class Moment(enum.StrEnum):
    """A moment of a commit that can be held on its way."""

    BEFORE_COMMIT = "before a commit"
    """The instance asks for it: as long as that is held, nothing is committed."""
    AFTER_COMMIT = "after a commit"
    """The database tells that it is done: as long as that is held, the instance does not know."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets to be passed on as they are, and what they mean.

    `answer` is what goes back to the sender in the other side's place; `error` what the instance is told went wrong.
    """

    octets: bytes
    moment: Moment | None = None
    answer: bytes = b""
    error: str = ""


class Failure(enum.StrEnum):
    """An error that a database server may answer with. How its own says it, each follower knows."""

    OUT_OF_SPACE = "out of space"


class Follower(Protocol):
    """Reads both streams of one connection to a database server, from its beginning on."""

    failure: Failure | None
    """What every statement that writes is answered with, instead of being passed on."""

    def client_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the instance sends; give what is complete."""

    def server_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the server sends; give what is complete."""
