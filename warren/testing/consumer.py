"""One consumer of a test: its code, its line to the broker, what is done to both, and what the relay saw of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from warren.errors import DeadlineError, InstanceError
from warren.simulator.wire import Method
from warren.testing.hold import WITHIN, Hold
from warren.worlds.line import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warren.evidence.frames import FrameSeen
    from warren.evidence.ledger import Delivery, Ledger
    from warren.testing.forms import Form
    from warren.testing.seen import Seen
    from warren.worlds.line.rules import Match
    from warren.worlds.real.relay import FrameLog, RealLine

READY_WITHIN: Final = 30.0
"""Seconds from a start to the first consumer: a JVM on a busy machine takes most of them."""
_LOOK: Final = 0.05
"""Seconds after which is looked again for what shows in no frame."""
_SHOWN: Final = 10
"""Deliveries that a failed wait shows."""


class Consumer:
    """A consumer behind the relay. Every call may come from any thread, and every wait has a deadline.

    What is killed or stopped can be started again, behind the same line. Look at it by `deliveries`, `acks` and
    `redelivered`, after you have waited for as many: what a relay sees takes its time.
    """

    def __init__(
        self,
        name: str,
        url: str,
        line: RealLine,
        form: Form,
        *,
        log: FrameLog,
        seen: Seen,
        queue: str,
    ) -> None:
        """Made by `Consumers`."""
        self.name, self.url = name, url
        """`url` leads through the relay, and is for this consumer alone."""
        self._line, self._form, self._log, self._seen = line, form, log, seen
        self._queue = queue
        self._started = 0.0

    def __repr__(self) -> str:
        """Name it without its password."""
        return f"<Consumer {self.name}: {len(self.deliveries)} deliveries, {len(self.acks)} acks>"

    # --- its life ---------------------------------------------------------------------------------------------

    def start(self, *, ready_within: float | None = READY_WITHIN) -> None:
        """Start it, or start it again, and wait until it consumes; with None: return at once."""
        self._started = self._log.now()
        self._form.start()
        if ready_within is not None:
            self.wait_ready(ready_within)

    def stop(self, *, within: float = WITHIN) -> None:
        """Have it end in order, by its stop signal or its `stop`; a function without one loses its connection."""
        self._form.stop(within, self._without_line)

    def restart(self, *, within: float = WITHIN, ready_within: float | None = READY_WITHIN) -> None:
        """Stop it, if it runs, and start it again."""
        if self._form.is_running():
            self.stop(within=within)
        self.start(ready_within=ready_within)

    def kill(self) -> None:
        """SIGKILL the process with all that it started.

        What it has sent and a hold keeps is on its way still: `release` lets it arrive, `lose` does not.
        """
        self._form.kill()

    def freeze(self) -> None:
        """SIGSTOP the process, until `thaw`: it neither works nor sends heartbeats, and its connections stay open."""
        self._form.freeze()

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._form.thaw()

    # --- its line ---------------------------------------------------------------------------------------------

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through. What is held is lost.

        Raises `InstanceError` where it has none, since nothing would be broken then.
        """
        count = self._line.cut()
        if not count:
            raise self._trouble("it has no connection that could be cut")
        return count

    def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""
        self._line.refuse()

    def accept(self) -> None:
        """Let connections through again after `refuse`."""
        self._line.accept()

    def silence(self) -> None:
        """Pass nothing on in either direction until `restore`, while both ends stay open: a network that is away."""
        self._line.half_open()

    def delay(self, seconds: float) -> None:
        """Pass everything on so much later, until `restore`."""
        self._line.delay(seconds)

    def restore(self) -> None:
        """End `silence` and `delay`: what was kept goes on in order."""
        self._line.restore()

    def hold_ack(self) -> Hold:
        """Hold the next ack on its way to the broker, and what this consumer sends behind it."""
        return self.hold(rules.acks(), "ack")

    def hold_delivery(self, *, redelivered: bool | None = None) -> Hold:
        """Hold the next delivery on its way to this consumer; with `redelivered`: the next that is, or is not."""
        return self.hold(rules.delivery(redelivered=redelivered), "delivery")

    def hold(self, match: Match, what: str = "frame") -> Hold:
        """Hold the next frame that matches, of `warren.worlds.line.rules`, and what comes behind it."""
        return Hold(self._line.hold(match), what, wait=self.wait_until, cut=self._line.cut)

    # --- waiting ----------------------------------------------------------------------------------------------

    def wait_ready(self, within: float = READY_WITHIN) -> None:
        """Wait until it consumes, since its last start. Raises `InstanceError` where it has ended before."""

        def is_ready() -> bool:
            if self._consumes():
                return True
            if not self._form.is_running():
                raise self._trouble("it ended before it consumed")
            return False

        of = f" from {self._queue!r}" if self._queue else ""
        self.wait_until(is_ready, f"it does not consume{of}", within)

    def wait(
        self,
        *,
        deliveries: int = 0,
        acks: int = 0,
        redelivered: int = 0,
        within: float = WITHIN,
    ) -> None:
        """Wait until it has had as many of each, or more; raises `DeadlineError`, with what was seen."""
        __tracebackhide__ = True
        if not deliveries + acks + redelivered:
            raise ValueError("say what to wait for: deliveries, acks or redelivered")
        wanted = {"deliveries": deliveries, "acks": acks, "redelivered": redelivered}
        words = ", ".join(f"{count} {what}" for what, count in wanted.items() if count)
        self.wait_until(
            lambda: all(len(getattr(self, what)) >= count for what, count in wanted.items()),
            f"not seen: {words}",
            within,
        )

    def wait_until(self, condition: Callable[[], bool], words: str, within: float = WITHIN) -> None:
        """Wait until a condition of your own holds; raises `DeadlineError` with the words, and with what was seen."""
        __tracebackhide__ = True

        def holds() -> bool:
            if self._line.flood:
                raise self._trouble(self._line.flood)
            return condition()

        if not self._log.wait_until(holds, within, _LOOK):
            raise DeadlineError(f"{words} within {within:g} s; {self._story()}", where=self.name)

    # --- looking ----------------------------------------------------------------------------------------------

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """What it was given, in order; each knows whether it was `redelivered`, and its `settlement`."""
        return self._seen.deliveries(self.name)

    @property
    def acks(self) -> Sequence[Delivery]:
        """The deliveries whose ack has arrived at the broker, those consumed without acks (no_ack) included."""
        settled = ((d, d.settlement) for d in self.deliveries)
        return tuple(d for d, s in settled if s is not None and s.kind == "ack" and s.counts)

    @property
    def redelivered(self) -> Sequence[Delivery]:
        """The deliveries that the broker marked as redelivered."""
        return tuple(d for d in self.deliveries if d.redelivered)

    @property
    def is_running(self) -> bool:
        """Whether its process or thread lives."""
        return self._form.is_running()

    def output(self) -> str:
        """Give the end of what its process printed, or the error that ended its function."""
        return self._form.said()

    def ledger(self) -> Ledger:
        """Give all that the relay saw in this test, of this consumer and of others."""
        return self._seen.ledger()

    def close(self) -> None:
        """Leave nothing of it. Raises `InstanceError` for a function that does not end."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._line.close)
            self._line.restore()
            self._form.close(self._without_line)

    # --- within -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _without_line(self) -> Iterator[None]:
        """Let no connection through in the block."""
        self._line.refuse()
        try:
            yield
        finally:
            self._line.accept()

    def _consumes(self) -> bool:
        found = self._seen.ledger().active_consumers(self.name)
        return any(c.at >= self._started and self._queue in ("", c.queue) for c in found)

    def _trouble(self, words: str) -> InstanceError:
        return InstanceError(f"{words}; {self._story()}", where=self.name)

    def _story(self) -> str:
        """Say what was seen of it, for who waited in vain."""
        ledger, deliveries = self._seen.ledger(), self.deliveries
        lines = [
            self._form.said(),
            *map(str, ledger.consumers_of(self.name)[-_SHOWN:]),
            *map(str, deliveries[-_SHOWN:]),
            *(str(end) for end in ledger.ends[-_SHOWN:] if end.instance == self.name),
            *_held(self._seen.waiting(self.name)[:_SHOWN]),
        ]
        return "\n  ".join((f"{len(deliveries)} deliveries, {len(self.acks)} acks", *lines))


def _held(frames: tuple[FrameSeen, ...]) -> Iterator[str]:
    """Name the methods that wait; their content waits with them."""
    for frame in frames:
        if isinstance(frame.content, Method):
            yield f"{frame.at:.3f} {frame.content.NAME} is held"
