"""Where an exchange sends a message: one router per exchange type, over destinations of any kind.

A destination may be bound several times: a router counts its bindings, and gives it once.
What an exchange does with the destinations (alternate exchange, onward exchanges) is in `exchange`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from warren.simulator.model.tables import field_type, freeze, same

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from warren.simulator.model.message import Message

D = TypeVar("D")
_REMEMBERED = 256
"""Of how many routing keys a topic exchange keeps the matches: most publishers use a few."""


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

    __slots__ = ("_known", "_root")

    def __init__(self) -> None:
        """Begin without bindings."""
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
        found: dict[D, int] = {}
        last = len(words)
        seen = set()
        steps = [(self._root, 0)]  # a node, and how many words led to it
        while steps:
            step = steps.pop()
            if step in seen:
                continue
            seen.add(step)
            node, used = step
            rest = node.children.get("#")
            if rest is not None:
                steps.extend((rest, skipped) for skipped in range(used, last + 1))
            if used == last:
                found.update(node.destinations.counts)
                continue
            for word in (words[used], "*"):
                child = node.children.get(word)
                if child is not None:
                    steps.append((child, used + 1))
        return found


class HeadersRouter(Generic[D]):
    """Sends to the destinations whose bindings' arguments the message's headers satisfy."""

    __slots__ = ("_bindings", "_loose_numbers", "_milliseconds")

    def __init__(self, *, loose_numbers: bool, milliseconds: bool) -> None:
        """Begin without bindings; `loose_numbers` as in `tables.same`.

        `milliseconds`: so a message's timestamps are compared, with what bindings have in seconds.
        """
        self._bindings: dict[Hashable, tuple[Mapping[str, object], D]] = {}
        self._loose_numbers = loose_numbers
        self._milliseconds = milliseconds

    def add(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        self._bindings[key, freeze(arguments), destination] = (arguments, destination)

    def remove(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        del self._bindings[key, freeze(arguments), destination]

    def match(self, message: Message, /) -> Collection[D]:
        """Return what is bound with arguments that the message's headers satisfy."""
        given = message.properties.headers or {}
        headers = {name: self._comparable(value) for name, value in given.items()}
        return {
            destination: 1
            for arguments, destination in self._bindings.values()
            if headers_match(arguments, headers, loose_numbers=self._loose_numbers)
        }

    def _comparable(self, value: object) -> object:
        if self._milliseconds and field_type(value) == "timestamp":
            return int(value) * 1000 if isinstance(value, int) else None
        return _octets(value)


def _octets(value: object) -> object:
    """Return text for octets: the two are equal, whatever type they came as."""
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value


def headers_match(
    arguments: Mapping[str, object], headers: Mapping[str, object], *, loose_numbers: bool
) -> bool:
    """Tell whether `headers` satisfy the arguments of a binding.

    Its argument x-match says how: `all` of the arguments must be satisfied (the default), or `any` of
    them. An argument without a value asks only that the header is there. Arguments that begin with
    `x-` count only where x-match is `all-with-x` or `any-with-x`; x-match itself never counts.
    """
    mode = str(arguments.get("x-match", "all"))
    with_x = mode.endswith("-with-x")
    verdicts = (
        key in headers
        and (value is None or same(_octets(value), headers[key], loose_numbers=loose_numbers))
        for key, value in arguments.items()
        if key != "x-match" and (with_x or not key.startswith("x-"))
    )
    return any(verdicts) if mode.startswith("any") else all(verdicts)


def split(key: str) -> list[str]:
    """Return the words of a topic key; the empty key has none."""
    return key.split(".") if key else []


def merge(matches: Iterable[Collection[D]]) -> Collection[D]:
    """Join several matches into one, each destination once."""
    return dict.fromkeys(destination for match in matches for destination in match)
