"""An embedded broker with exactly one planted defect: `python tests/conformance/faulty_broker.py DEFECT …`.

The options after DEFECT are the embedded broker's own. What each defect must be caught by stands in
`test_faulty_broker`.
"""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

from warren.simulator.model import dead_letter, quorum, quorum_returns, ready, settlement
from warren.simulator.model.classic import ClassicQueue
from warren.simulator.model.consumer import Consumer
from warren.simulator.model.queue import Queue
from warren.simulator.model.ready import Enqueued, Lane
from warren.simulator.model.routing import FanoutRouter, TopicRouter
from warren.simulator.session import Session
from warren.simulator.session.memory import Memory
from warren.simulator.tcp.data.keeper import Keeper
from warren.simulator.tcp.options import parse
from warren.simulator.tcp.server import run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def requeues_at_the_tail() -> None:
    """Put what is returned last instead of to its old place."""
    _plant(Lane, "put_back", Lane.push)


def forgets_redelivery() -> None:
    """Count nothing as redelivered."""
    _plant(Enqueued, "redelivered", property(lambda _: False, lambda *_: None))


def wants_a_word_for_hash() -> None:
    """Let `#` stand for one word at least."""
    for method in ("add", "remove"):
        _with_first(TopicRouter, method, lambda key: key.replace("#", "*.#"))


def takes_turns_at_fanout() -> None:
    """Have a fanout exchange give each message to one queue only, in turn."""
    turns = itertools.count()
    everybody = FanoutRouter.match

    def match(router: FanoutRouter[Any], message: Any) -> Collection[Any]:
        all_ = list(everybody(router, message))
        return all_[next(turns) % len(all_) :][:1] if all_ else all_

    _plant(FanoutRouter, "match", match)


def prefetches_one_more() -> None:
    """Give a consumer one message more than its prefetch count."""
    begin = Consumer.__init__

    def begin_with_more(consumer: Consumer, *given: Any, prefetch: int, **more: Any) -> None:
        begin(consumer, *given, prefetch=prefetch and prefetch + 1, **more)

    _plant(Consumer, "__init__", begin_with_more)


def settles_one_of_multiple() -> None:
    """Settle with `multiple` the delivery with that very tag alone."""
    collect = settlement.collect

    def one(channel: Any, tag: int, *, multiple: bool) -> dict[int, Enqueued]:
        return collect(channel, tag, multiple=multiple and tag == 0)

    _everywhere("collect", one)


def counts_no_death() -> None:
    """Leave the count of x-death at 1."""

    def again(death: Mapping[str, object], _long: object) -> Mapping[str, object]:
        return death

    _plant(dead_letter, "_again", again)


def shortens_life() -> None:
    """Let a message live a tenth of its TTL."""
    ttl_of = Queue._ttl

    def shorter(queue: Queue, message: Any) -> int | None:
        ttl = ttl_of(queue, message)
        return None if ttl is None else ttl // 10

    _plant(Queue, "_ttl", shorter)


def keeps_no_messages() -> None:
    """Keep classic queues without their persistent messages."""
    _plant(ClassicQueue, "keeps", lambda *_: False)


def confirms_before_it_keeps() -> None:
    """Write messages to the file at an end in order, and not before what is said of them."""
    keep, close = Keeper.keep, Keeper.close
    late: dict[Enqueued, Any] = {}

    def keep_the_rest(keeper: Keeper) -> None:
        late.update(keeper._changes.messages)
        keeper._changes.messages.clear()
        keep(keeper)

    def close_with_all(keeper: Keeper) -> None:
        keeper._changes.messages.update(late)
        _plant(Keeper, "keep", keep)
        close(keeper)

    _plant(Keeper, "keep", keep_the_rest)
    _plant(Keeper, "close", close_with_all)


def limits_one_delivery_less() -> None:
    """Give up a message when it has failed as often as its delivery limit says."""
    _plant(quorum, "count_of", lambda *given: quorum_returns.count_of(*given) + 1)


def counts_nacks() -> None:
    """Count a nack with requeue as a delivery that failed."""

    def also_nacks(how: settlement.Settlement, *given: Any) -> bool:
        return how is settlement.Settlement.REQUEUE or quorum_returns.has_failed(how, *given)

    _plant(quorum, "has_failed", also_nacks)


def counts_what_was_late() -> None:
    """Count a delivery that was not settled in time as one that failed."""
    put_back = quorum.QuorumQueue.put_back

    def failed(queue: Any, returned: Any, how: settlement.Settlement) -> None:
        is_late = how is settlement.Settlement.REQUEUE and all(r.due is None for r in returned)
        put_back(queue, returned, settlement.Settlement.REJECT_REQUEUE if is_late else how)

    _plant(quorum.QuorumQueue, "put_back", failed)


def times_out_classic_queues() -> None:
    """Close channels that are late for a classic queue, as releases before 4.3 do."""
    _plant(ClassicQueue, "_times_acks", lambda _: True)


def serves_the_lowest_first() -> None:
    """Take priorities the other way round."""
    priority_in = ready.priority_in

    def reverse(max_priority: int | None, enqueued: Enqueued) -> int:
        return (max_priority or 0) - priority_in(max_priority, enqueued)

    _plant(ready, "priority_in", reverse)


def alarms_too_early() -> None:
    """Be short of memory a mebibyte above nothing."""
    counted = Memory.counted

    def early(memory: Memory, octets: int, *given: Any) -> None:
        assert memory.limit is not None
        counted(memory, octets + max(0, memory.limit - (1 << 20)), *given)

    _plant(Memory, "counted", early)


def fills_the_disk() -> None:
    """Block nobody while the disk is full."""
    _plant(Memory, "alarm", property(lambda memory: memory.is_short))


def bears_silence() -> None:
    """Keep the connection of a client that says nothing."""
    _plant(Session, "miss_heartbeats", lambda _: None)


DEFECTS: dict[str, Callable[[], None]] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        requeues_at_the_tail,
        forgets_redelivery,
        wants_a_word_for_hash,
        takes_turns_at_fanout,
        prefetches_one_more,
        settles_one_of_multiple,
        counts_no_death,
        shortens_life,
        keeps_no_messages,
        confirms_before_it_keeps,
        limits_one_delivery_less,
        counts_nacks,
        counts_what_was_late,
        times_out_classic_queues,
        serves_the_lowest_first,
        alarms_too_early,
        fills_the_disk,
        bears_silence,
    )
}


def _plant(owner: object, name: str, value: object) -> None:
    """Put a wrong thing in the place of a right one."""
    setattr(owner, name, value)


def _with_first(owner: type[Any], method: str, change: Callable[[str], str]) -> None:
    """Change the first argument of a method before it gets it."""
    original = getattr(owner, method)
    _plant(owner, method, lambda self, key, *rest: original(self, change(key), *rest))


def _everywhere(name: str, function: object) -> None:
    """Put a function in the place of every module's own reference to it."""
    for module in [m for key, m in sys.modules.items() if key.startswith("warren.simulator.model")]:
        if hasattr(module, name):
            _plant(module, name, function)


if __name__ == "__main__":
    DEFECTS[sys.argv[1]]()
    sys.exit(run(parse(sys.argv[2:], "faulty_broker")))
