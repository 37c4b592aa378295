"""The model and a real broker as Hypothesis state machines: any command next, then a comparison.

What a rule's numbers pick depends on the state, as in `sequences`; so every example can be run, and
shrinks. Which rules there are never depends on what a broker did: chance has a part in that, and
Hypothesis takes what differs between two runs of an example for a mistake. Letting time pass and
restarting are machines of their own: a restart takes longer than anything in the other one lives.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.simulator.model.parity import SETTLE_SECONDS, Pair
from tests.simulator.model.sequences import (
    NEVER,
    SETTLING,
    TTL,
    WAIT_SECONDS,
    Step,
    World,
    run_step,
    too_slow,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = st.integers(0, 255)
Picks = tuple[int, int, int, int]
PICKS: st.SearchStrategy[Picks] = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
"""A step's four numbers."""
DECLARING = "declare queue", "declare exchange"
BINDING = "bind queue", "bind exchange"
DELETING = "delete queue", "delete exchange", "purge"
CONSUMING = "consume", "cancel", "qos"
CHANNEL = "confirm", "tx", "close channel"


class Parity(RuleBasedStateMachine):
    """Two brokers that get the same commands; `ttl` is how long what may expire lives, in ms."""

    KIND = "classic"
    CONFIRMS = False

    def __init__(self, url: str, ttl: int = NEVER) -> None:
        """Connect, and begin with two queues."""
        super().__init__()
        self.pair = Pair(url)
        self.world = World(self.pair, f"p{token_hex(3)}", ttl, self.KIND, self.CONFIRMS)
        for number in range(2):
            run_step(self.world, Step("declare queue", 0, number, 0, 2))

    @property
    def tells(self) -> bool:
        """Whether a comparison still means something."""
        return not self.pair.raced and self.pair.difference is None

    def step(self, operation: str, picks: Picks) -> None:
        """Give one command to both."""
        if self.tells:
            run_step(self.world, Step(operation, *picks))

    @rule(operation=st.sampled_from(DECLARING), picks=PICKS)
    def declare(self, operation: str, picks: Picks) -> None:
        """Declare a queue or an exchange."""
        self.step(operation, picks)

    @rule(operation=st.sampled_from(BINDING), picks=PICKS)
    def bind(self, operation: str, picks: Picks) -> None:
        """Bind or unbind a queue or an exchange."""
        self.step(operation, picks)

    @rule(operation=st.sampled_from(DELETING), picks=PICKS)
    def delete(self, operation: str, picks: Picks) -> None:
        """Delete or purge."""
        self.step(operation, picks)

    @rule(picks=PICKS)
    def publish(self, picks: Picks) -> None:
        """Publish with many kinds of properties."""
        self.step("publish", picks)

    @rule(picks=PICKS)
    def publish_again(self, picks: Picks) -> None:
        """Publish as often as all that follows can use."""
        self.step("publish", picks)

    @rule(picks=PICKS)
    def get(self, picks: Picks) -> None:
        """Get a message."""
        self.step("get", picks)

    @rule(operation=st.sampled_from(CONSUMING), picks=PICKS)
    def consume(self, operation: str, picks: Picks) -> None:
        """Consume, cancel, limit."""
        self.step(operation, picks)

    @rule(operation=st.sampled_from(SETTLING), picks=PICKS)
    def settle(self, operation: str, picks: Picks) -> None:
        """Ack, nack, reject or recover."""
        self.step(operation, picks)

    @rule(operation=st.sampled_from(CHANNEL), picks=PICKS)
    def use_channel(self, operation: str, picks: Picks) -> None:
        """Put a channel into a mode, or close it."""
        self.step(operation, picks)

    @rule(who=NUMBERS)
    def lose_connection(self, who: int) -> None:
        """Cut a connection."""
        self.step("lose connection", (who, 0, 0, 0))

    @invariant()
    def same(self) -> None:
        """Compare what clients have seen."""
        assert too_slow(self.world) or self.pair.difference is None, self.pair.difference

    def teardown(self) -> None:
        """Delete all that the example has made."""
        self.pair.close()


class QuorumParity(Parity):
    """As `Parity`; most queues are quorum queues."""

    KIND = "quorum"


class StreamParity(Parity):
    """As `Parity`; most queues are streams, and a publish is confirmed before the next."""

    KIND = "stream"
    CONFIRMS = True


class Expiring(Parity):
    """As `Parity`; messages and queues expire."""

    MOST_WAITS = 2

    def __init__(self, url: str) -> None:
        """Let what may expire live for a moment only."""
        super().__init__(url, TTL)
        self.pair.settle = SETTLE_SECONDS
        self.waits = 0

    @precondition(lambda self: self.waits < self.MOST_WAITS)
    @rule()
    def expire(self) -> None:
        """Let time pass."""
        self.waits += 1
        if self.tells:
            self.pair.wait(WAIT_SECONDS)


class Restarting(Parity):
    """As `Parity`; once in an example both brokers restart."""

    def __init__(self, url: str, restart: Callable[[], object]) -> None:
        """Keep how the real broker is restarted; it is ready when that returns."""
        super().__init__(url)
        self.restart_real = restart
        self.restarted = False

    @precondition(lambda self: not self.restarted)
    @rule()
    def restart(self) -> None:
        """Stop and start both."""
        self.restarted = True
        if self.tells:
            self.pair.restart(self.restart_real)
