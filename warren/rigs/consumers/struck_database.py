"""Notes what a case does to the databases of its instances, as `struck` does of processes and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.worlds.database_line.pieces import Moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.database_line.pieces import Failure
    from warren.worlds.protocol import DatabaseLine, HeldCommit

    Note = Callable[[str, str], None]

EVERY_COMMIT: Final = 1_000_000
"""How many commits pass where none is to be held, but each is to be seen: more than a case has."""


class NotedDatabaseLine:
    """See `warren.worlds.protocol.DatabaseLine`."""

    def __init__(
        self, line: DatabaseLine, to: str, note: Note, remember: Callable[[str, HeldCommit], None]
    ) -> None:
        """Pass everything on to a line, and note it first: to whom, and what. A hold is remembered: it may catch."""
        self._line, self._to, self._note, self._remember = line, to, note, remember

    def cut(self) -> int:
        """Reset every connection now."""
        self._note(self._to, f"cut the database connections of {self._to}")
        return self._line.cut()

    def refuse(self) -> None:
        """Reset every connection, and each new one."""
        self._note(self._to, f"cut the database connections of {self._to} and refused new ones")
        self._line.refuse()

    def accept(self) -> None:
        """Let connections through again."""
        self._note(self._to, f"let database connections of {self._to} through again")
        self._line.accept()

    def half_open(self) -> None:
        """Pass nothing on."""
        self._note(self._to, f"passed nothing on any more between {self._to} and its database")
        self._line.half_open()

    def let_die(self) -> None:
        """Never pass anything on again on the connections that there are."""
        words = f"let the database connections of {self._to} die without a word"
        self._note(self._to, words)
        self._line.let_die()

    def delay(self, seconds: float) -> None:
        """Pass everything on later."""
        words = f"passed everything between {self._to} and its database on {seconds:.2f} s later"
        self._note(self._to, words)
        self._line.delay(seconds)

    def fail(self, failure: Failure) -> None:
        """Answer with an error whatever would write."""
        self._note(self._to, f"answered what {self._to} writes to its database with: {failure}")
        self._line.fail(failure)

    def restore(self) -> None:
        """Pass everything on again."""
        self._note(self._to, f"passed everything between {self._to} and its database on again")
        self._line.restore()

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Hold a commit."""
        which = "the first" if passing == 0 else f"number {passing + 1}"
        words = f"began to hold {self._to} {moment}: {which} from now on"
        if passing >= EVERY_COMMIT:
            words = f"began to watch the commits of {self._to}, and let each pass"
        self._note(self._to, words)
        held = self._line.hold(moment, passing)
        if moment is Moment.BEFORE_COMMIT:
            self._remember(self._to, held)
        return held
