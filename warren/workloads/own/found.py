"""What was found of one effect of one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHOWN: Final = 6
"""So many pieces of evidence are shown of one effect."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of one effect: how often it is there, what it looks like now, and what shows it.

    `state` is what changes where a thing that is there once is made again, such as the octets of a file. `words` say
    what is wrong with it, where that is not how often it is there. More of it may come until its message is settled,
    and while it does not stand unchanged.
    """

    count: int
    evidence: tuple[str, ...] = ()
    state: bytes = b""
    words: str = ""
    is_settled: bool = True
    stands: bool = True

    @property
    def is_there(self) -> bool:
        """Whether it is there, and no more of it is waited for."""
        return self.count > 0 and (self.is_settled or self.stands)
