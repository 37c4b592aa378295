"""A frame that waits on its way, for as long as a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.line.rules import Held

WITHIN: Final = 10.0
"""Seconds that a wait takes at most, unless it is told otherwise."""


class Holder(Protocol):
    """Whose frame waits: it can wait for a condition, and be cut."""

    def wait_until(self, condition: Callable[[], bool], words: str, within: float = WITHIN) -> None:
        """Wait, and raise `DeadlineError` with the words."""

    def cut(self) -> int:
        """Reset its connections."""


class Hold:
    """The first frame that matches waits, and all behind it on its connection, from when this is made."""

    def __init__(self, holder: Holder, held: Held, what: str) -> None:
        """Made by a consumer."""
        self._holder, self._held, self._what = holder, held, what

    @property
    def caught(self) -> bool:
        """Whether a frame has come and waits, or has waited."""
        return self._held.seen is not None

    def wait(self, within: float = WITHIN) -> None:
        """Wait until a frame has come; raises `DeadlineError` where none does."""
        self._holder.wait_until(lambda: self.caught, f"no {self._what} came to be held", within)

    def release(self) -> None:
        """Let it go with all behind it; where none has come yet: hold none."""
        self._held.release()

    def lose(self) -> None:
        """Lose it with all behind it: the connections are cut before, or what was behind would get through."""
        if self.caught:
            self._holder.cut()
        self._held.lose()
