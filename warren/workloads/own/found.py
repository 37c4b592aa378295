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
    what is wrong with it, where that is not how often it is there.
    """

    count: int
    evidence: tuple[str, ...] = ()
    state: bytes = b""
    words: str = ""
