"""Where an exchange sends a message: one router per exchange type, over destinations of any kind.

A destination may be bound several times: a router counts its bindings, and gives it once.
What an exchange does with the destinations (alternate exchange, onward exchanges) is in `exchange`;
the exchange type headers has a file of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from warren.simulator.model.message import Message

D = TypeVar("D")
_REMEMBERED = 256
"""Of how many routing keys a topic exchange keeps the matches: most publishers use a few."""
STEPS_LIKE_A_PUBLISH = 32
"""So many steps through a trie take the time of an ordinary publish."""


class Meter:
    """Counts work, as `State` does: where a match takes long, those who share out the time must know."""

    __slots__ = ("work",)

    def __init__(self) -> None:
        """Begin at nothing."""
        self.work = 0


class Router(Protocol[D]):
    """The bindings of one exchange, arranged for matching."""

    def add(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""

    def remove(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""

    def match(self, message: Message, /) -> Collection[D]:
        """Return where `message` goes, each destination once; valid until the bindings change."""


class Counted(Generic[D]):
    """Destinations, each with the number of its bindings."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        """Begin with none."""
        self.counts: dict[D, int] = {}

    def add(self, destination: D) -> None:
        """Count one binding more."""
        self.counts[destination] = self.counts.get(destination, 0) + 1

    def remove(self, destination: D) -> None:
        """Count one binding less."""
        left = self.counts[destination] - 1
        if left:
            self.counts[destination] = left
        else:
            del self.counts[destination]


class FanoutRouter(Generic[D]):
    """Sends to every destination, whatever the key."""

    __slots__ = ("_destinations",)

    def __init__(self) -> None:
        """Begin without bindings."""
        self._destinations: Counted[D] = Counted()

    def add(self, _key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        self._destinations.add(destination)

    def remove(self, _key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        self._destinations.remove(destination)

    def match(self, _message: Message, /) -> Collection[D]:
        """Return all destinations."""
        return self._destinations.counts


class DirectRouter(Generic[D]):
    """Sends to the destinations that are bound with exactly the message's key."""

    __slots__ = ("_by_key", "_nothing")

    def __init__(self) -> None:
        """Begin without bindings."""
        self._by_key: dict[str, Counted[D]] = {}
        self._nothing: tuple[D, ...] = ()

    def add(self, key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        self._by_key.setdefault(key, Counted()).add(destination)

    def remove(self, key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        counted = self._by_key[key]
        counted.remove(destination)
        if not counted.counts:
            del self._by_key[key]

    def match(self, message: Message, /) -> Collection[D]:
        """Return what is bound with one of the message's keys."""
        if message.copies or message.blind_copies:
            return merge(self._of(key) for key in message.routing_keys)
        return self._of(message.routing_key)

    def _of(self, key: str) -> Collection[D]:
        counted = self._by_key.get(key)
        return self._nothing if counted is None else counted.counts


class LocalRandomRouter(FanoutRouter[D]):
    """Sends to one destination, whatever the key: RabbitMQ takes any, and here each has its turn."""

    __slots__ = ()

    def match(self, _message: Message, /) -> Collection[D]:
        """Return the destination whose turn it is."""
        counts = self._destinations.counts
        if not counts:
            return ()
        destination = next(iter(counts))
        counts[destination] = counts.pop(destination)
        return (destination,)


class Node(Generic[D]):
    """A word of a topic binding, and what is bound by the words up to it."""

    __slots__ = ("children", "destinations")

    def __init__(self) -> None:
        """Begin with nothing below and nothing bound."""
        self.children: dict[str, Node[D]] = {}
        self.destinations: Counted[D] = Counted()


class TopicRouter(Generic[D]):
    """Sends to the destinations whose pattern fits: `*` is exactly one word, `#` any number of words.

    The patterns are a trie of words. What was found for a routing key is kept until the bindings
    change.
    """

    __slots__ = ("_known", "_meter", "_root")

    def __init__(self, meter: Meter | None = None) -> None:
        """Begin without bindings."""
        self._meter = meter or Meter()
        self._root: Node[D] = Node()
        self._known: dict[str, Collection[D]] = {}

    def add(self, key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        self._known.clear()
        node = self._root
        for word in split(key):
            node = node.children.setdefault(word, Node())
        node.destinations.add(destination)

    def remove(self, key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        self._known.clear()
        path = [self._root]
        words = split(key)
        for word in words:
            path.append(path[-1].children[word])
        path[-1].destinations.remove(destination)
        while words and not (path[-1].children or path[-1].destinations.counts):
            path.pop()
            del path[-1].children[words.pop()]

    def match(self, message: Message, /) -> Collection[D]:
        """Return what is bound with a pattern of one of the message's keys."""
        if message.copies or message.blind_copies:
            return merge(self._of(key) for key in message.routing_keys)
        return self._of(message.routing_key)

    def _of(self, key: str) -> Collection[D]:
        found = self._known.get(key)
        if found is None:
            found = self._search(split(key))
            if len(self._known) < _REMEMBERED:
                self._known[key] = found
        return found

    def _search(self, words: list[str]) -> Collection[D]:
        """Go through the words once, with all the nodes that they may have led to so far.

        A `#` takes any number of words: once reached it stays for all that follow. Where nothing is
        below it, every rest fits, and nothing more is to be looked for there. So a word costs as many
        steps as there are nodes that it may stand for, however many `#` a pattern has.
        """
        found: dict[D, int] = {}
        staying: dict[Node[D], None] = {}  # each `#` that something is below
        here: dict[Node[D], None] = {}
        self._reach(self._root, here, staying, found)
        steps = 0
        for word in words:
            led: dict[Node[D], None] = {}
            steps += len(staying) + len(here)
            for node in (*staying, *here):
                for way in (word, "*"):
                    child = node.children.get(way)
                    if child is not None:
                        self._reach(child, led, staying, found)
            here = led
        for node in (*staying, *here):
            found.update(node.destinations.counts)
        self._meter.work += steps // STEPS_LIKE_A_PUBLISH
        return found

    @staticmethod
    def _reach(
        node: Node[D], here: dict[Node[D], None], staying: dict[Node[D], None], found: dict[D, int]
    ) -> None:
        """Note a node that the words led to, and each `#` that follows it: it may be no word at all."""
        here[node] = None
        rest = node.children.get("#")
        while rest is not None and rest not in staying:
            found.update(rest.destinations.counts)
            if rest.children:
                staying[rest] = None
            rest = rest.children.get("#")


def split(key: str) -> list[str]:
    """Return the words of a topic key; the empty key has none."""
    return key.split(".") if key else []


def merge(matches: Iterable[Collection[D]]) -> Collection[D]:
    """Join several matches into one, each destination once."""
    return dict.fromkeys(destination for match in matches for destination in match)
