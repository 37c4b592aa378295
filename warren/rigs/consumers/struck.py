"""Notes what a case does to its instances: whom a fault struck and when, and what shows that it took effect.

A case breaks an instance by its process and its line. Both are wrapped here, so that nothing is done unnoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.commits import CommitBegun, DatabaseFailed
from warren.evidence.faults import HELD_COMMIT, Fault
from warren.evidence.frames import Direction, FrameLost, FrameReleased
from warren.evidence.record import ProcessEnded
from warren.rigs.consumers.struck_database import NotedDatabaseLine
from warren.simulator.wire import Method, QueueDeclare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warren.evidence.frames import Fact
    from warren.evidence.ledger import Ledger
    from warren.workloads import Role
    from warren.worlds.line.rules import Held, Match
    from warren.worlds.protocol import DatabaseLine, HeldCommit, Line, Process, World


class Journal:
    """What was done in a case so far."""

    def __init__(self, world: World) -> None:
        """Begin with nothing."""
        self._world = world
        self._faults: list[Fault] = []
        self._forgotten: list[Fault] = []
        self._processes: list[Process] = []
        self._holds: list[tuple[str, Held]] = []
        self._commits: list[tuple[str, HeldCommit]] = []

    def note(self, to: str, words: str) -> None:
        """Note what is about to be done."""
        self._faults.append(Fault(self._world.now(), to, words))

    def forget(self) -> None:
        """Tell no more of what was done so far: all that came of it is known, and it was no harm."""
        self._forgotten += self._faults
        self._faults.clear()
        self._holds.clear()
        self._commits.clear()

    def watch(self, process: Process) -> Process:
        """Give a process of which all that is done to it is noted."""
        self._processes.append(process)
        return NotedProcess(process, self)

    def hold(self, line: Line, to: str, match: Match) -> Held:
        """Hold a frame, and remember whose."""
        held = line.hold(match)
        self._holds.append((to, held))
        return held

    def remember_commit(self, to: str, held: HeldCommit) -> None:
        """Remember whose commit is to be held."""
        self._commits.append((to, held))

    def everything(self) -> tuple[Fault, ...]:
        """Give all that was ever done, and what was held, in the order of time."""
        caught = [Fault(at, to, f"held {name}") for at, to, name, _ in self._caught()]
        all_of_them = (*self._forgotten, *self._faults, *caught, *self._caught_commits())
        return tuple(sorted(all_of_them, key=lambda f: f.at))

    def ends(self) -> tuple[ProcessEnded, ...]:
        """Give the processes that have ended, each as it was seen to have."""
        return tuple(
            ProcessEnded(p.ended_at, p.name, p.exit_status)
            for p in self._processes
            if p.ended_at is not None and p.exit_status is not None
        )

    def lines(self, ledger: Ledger) -> tuple[str, ...]:
        """Give what was done and what shows that it took effect, a line each, in the order of time."""
        told = [(fault.at, str(fault)) for fault in self._faults]
        for fault in self._faults:
            told += self._witnesses(fault, ledger)
        told += [(forged.at, str(forged)) for forged in ledger.forged]
        for at, to, name, fates in self._caught():
            told.append((at, str(Fault(at, to, f"held {name}"))))
            told += [(then, f"{then:.3f} {name} was {became}") for then, became in fates]
        return tuple(dict.fromkeys(line for _, line in sorted(told)))

    def _witnesses(self, fault: Fault, ledger: Ledger) -> Iterator[tuple[float, str]]:
        """Give the first end of a connection after a fault, that of a process, and the first redelivery.

        And, of a database, the first commit that was asked for, and the first failure.
        """
        ends = (e for e in ledger.ends if e.at >= fault.at and fault.to in ("", e.instance))
        for end in [*ends][:1]:
            yield end.at, str(end)
        for process in self._processes:
            if process.name == fault.to and (process.ended_at or 0) >= fault.at:
                words = f"{process.name} had ended with status {process.exit_status}"
                yield process.ended_at or 0, f"{process.ended_at:.3f} {words}"
        for kind in (CommitBegun, DatabaseFailed):
            seen = (f for f in ledger.database if isinstance(f, kind) and f.at >= fault.at)
            for fact in [f for f in seen if fault.to in ("", f.instance)][:1]:
                yield fact.at, str(fact)
        for again in [d for d in ledger.redeliveries() if d.at >= fault.at][:1]:
            yield again.at, f"{again.at:.3f} the broker delivers it again, to {again.instance}"

    def _caught_commits(self) -> Iterator[Fault]:
        """Give the commits that were held before the database had them."""
        for to, held in self._commits:
            if held.seen is not None:
                yield Fault(held.seen, to, f"{HELD_COMMIT} {to}")

    def _caught(self) -> Iterator[tuple[float, str, str, list[tuple[float, str]]]]:
        """Give the frames that were held: when, whose, which, and what became of each.

        In which order instances declare their queue is no fault, though it is made so (`starting`).
        """
        facts = self._world.facts()
        for to, held in self._holds:
            seen = held.seen
            if seen is None or not isinstance(seen.content, Method):
                continue
            if isinstance(seen.content, QueueDeclare):
                continue
            way = "of" if seen.direction is Direction.TO_BROKER else "to"
            became = [
                (fact.at, "lost" if isinstance(fact, FrameLost) else "let go")
                for fact in _fates(facts, id(seen))
            ]
            yield seen.at, to, f"the {seen.content.NAME} {way} {to}", became


def _fates(facts: Iterable[Fact], frame: int) -> Iterator[FrameReleased | FrameLost]:
    for fact in facts:
        if isinstance(fact, FrameReleased | FrameLost) and id(fact.frame) == frame:
            yield fact


class NotedLine:
    """See `warren.worlds.protocol.Line`."""

    def __init__(self, line: Line, to: str, journal: Journal) -> None:
        """Pass everything on to a line."""
        self._line, self._to, self._journal = line, to, journal

    def cut(self) -> int:
        """Reset every connection now."""
        self._journal.note(self._to, f"cut the connections of {self._to}")
        return self._line.cut()

    def refuse(self) -> None:
        """Reset every connection and let none through."""
        words = f"cut the connections of {self._to} and refused new ones"
        self._journal.note(self._to, words)
        self._line.refuse()

    def accept(self) -> None:
        """Let connections through again."""
        self._journal.note(self._to, f"let connections of {self._to} through again")
        self._line.accept()

    def half_open(self) -> None:
        """Pass nothing on."""
        self._journal.note(self._to, f"passed nothing on any more, to or from {self._to}")
        self._line.half_open()

    def let_die(self) -> None:
        """Pass nothing on where it is connected, and take new connections."""
        words = f"passed nothing on any more on the connections of {self._to} that there were"
        self._journal.note(self._to, words)
        self._line.let_die()

    def leave_unanswered(self) -> None:
        """Take the next connection, and pass nothing on there."""
        words = f"took the next connection of {self._to} and passed nothing on there"
        self._journal.note(self._to, words)
        self._line.leave_unanswered()

    def restore(self) -> None:
        """Pass everything on again."""
        self._journal.note(self._to, f"passed everything on again, to and from {self._to}")
        self._line.restore()

    def delay(self, seconds: float) -> None:
        """Pass everything on later."""
        words = f"passed everything to and from {self._to} on {seconds:.2f} s later"
        self._journal.note(self._to, words)
        self._line.delay(seconds)

    def hold(self, match: Match) -> Held:
        """Hold the first message that matches."""
        return self._journal.hold(self._line, self._to, match)

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off."""
        self._journal.note(self._to, f"had a consumer of {self._to} cancelled")
        return self._line.cancel_consumer(connection, channel, tag)

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel."""
        self._journal.note(self._to, f"had channel {channel} of {self._to} closed with {code}")
        return self._line.close_channel(connection, channel, code, words)

    def nack(self) -> None:
        """Nack what the next confirm is for."""
        self._journal.note(self._to, f"had the next publish of {self._to} nacked")
        self._line.nack()

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Read no more of who has published."""
        self._journal.note(
            self._to, f"passed on no more of what {self._to} sends once it publishes"
        )
        self._line.block(reason, tells_all=tells_all)

    def unblock(self) -> None:
        """End `block`."""
        self._journal.note(self._to, f"passed on again all that {self._to} sends")
        self._line.unblock()


class NotedProcess:
    """See `warren.worlds.protocol.Process`."""

    def __init__(self, process: Process, journal: Journal) -> None:
        """Pass everything on to a process."""
        self._process, self._journal = process, journal
        self.name: str = process.name
        self.role: Role = process.role
        self.stop_signal = process.stop_signal
        self.line: Line = NotedLine(process.line, process.name, journal)
        self.database: DatabaseLine = NotedDatabaseLine(
            process.database, process.name, journal.note, journal.remember_commit
        )

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.exit_status

    @property
    def ended_at(self) -> float | None:
        """When it was seen to have ended."""
        return self._process.ended_at

    @property
    def http_port(self) -> int:
        """The port that role `http` was told to listen on."""
        return self._process.http_port

    def output(self) -> str:
        """Give the end of what it printed."""
        return self._process.output()

    def stop(self) -> None:
        """Ask it to end."""
        self._journal.note(self.name, f"told {self.name} to stop")
        self._process.stop()

    def kill(self) -> None:
        """End it at once."""
        self._journal.note(self.name, f"killed {self.name}")
        self._process.kill()

    def freeze(self) -> None:
        """Keep it from running."""
        self._journal.note(self.name, f"froze {self.name}")
        self._process.freeze()

    def thaw(self) -> None:
        """Let it go on."""
        self._journal.note(self.name, f"let {self.name} go on")
        self._process.thaw()
