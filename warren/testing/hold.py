"""A frame that waits on its way, for as long as a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.line.rules import Held

WITHIN: Final = 10.0
"""Seconds that a wait takes at most, unless it is told otherwise."""


class Wait(Protocol):
    """How a consumer waits for a condition."""

    def __call__(self, condition: Callable[[], bool], words: str, within: float = WITHIN) -> None:
        """Wait, and raise `DeadlineError` with the words."""


class Hold:
    """The first frame that matches waits, and all behind it on its connection, from when this is made."""

    def __init__(self, held: Held, what: str, *, wait: Wait, cut: Callable[[], object]) -> None:
        """Made by a consumer."""
        self._held, self._what, self._wait, self._cut = held, what, wait, cut

    @property
    def caught(self) -> bool:
        """Whether a frame has come and waits, or has waited."""
        return self._held.seen is not None

    def wait(self, within: float = WITHIN) -> None:
        """Wait until a frame has come; raises `DeadlineError` where none does."""
        __tracebackhide__ = True
        self._wait(lambda: self.caught, f"no {self._what} came to be held", within)

    def release(self) -> None:
        """Let it go with all behind it; where none has come yet: hold none."""
        self._held.release()

    def lose(self) -> None:
        """Lose it with all behind it: the connections are cut before, or what was behind would get through."""
        if self.caught:
            self._cut()
        self._held.lose()
