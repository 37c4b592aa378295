"""From a method and a path to the function that answers: what all resources share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from warren.simulator.tcp.management.listing import as_asked
from warren.simulator.tcp.management.request import (
    Answer,
    Refused,
    Request,
    not_found,
    require_short,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from warren.simulator.model.vhost import VHost
    from warren.simulator.tcp.node import Node

T = TypeVar("T")
Handler = Callable[..., Answer]
Routes = Mapping[str, Mapping[str, Handler]]
"""By path below /api, then by method; `*` is any one name, which the handler gets after node and request."""

SAFE = frozenset({"HEAD", "OPTIONS"})
READS = SAFE | {"GET"}
METHODS = READS | {"PUT", "POST", "DELETE", "PATCH"}


class Router:
    """Finds who answers a request."""

    def __init__(self, *tables: Routes) -> None:
        """Know the routes of `tables`."""
        self._by_length: dict[int, list[tuple[tuple[str, ...], Mapping[str, Handler]]]] = {}
        for table in tables:
            for path, methods in table.items():
                pattern = tuple(path.split("/"))
                self._by_length.setdefault(len(pattern), []).append((pattern, methods))

    def require(self, path: tuple[str, ...], method: str) -> None:
        """Raise Refused 404 where nothing is at a path, 405 where that is not for it: everybody may know."""
        methods, _ = self._find(path)
        if method in METHODS and method != "OPTIONS" and method not in methods:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "", _allow(methods))

    def answer(self, node: Node, request: Request) -> Answer:
        """Have a request answered; raises Refused."""
        if request.method not in METHODS:
            return Answer(HTTPStatus.NOT_IMPLEMENTED)
        methods, captured = self._find(request.path)
        return _call(node, request, methods, captured)

    def _find(self, path: tuple[str, ...]) -> tuple[Mapping[str, Handler], list[str]]:
        for pattern, methods in self._by_length.get(len(path), ()):
            pairs = [*zip(pattern, path, strict=True)]
            if all(part in {"*", name} for part, name in pairs):
                return methods, [name for part, name in pairs if part == "*"]
        raise not_found()


def _allow(methods: Mapping[str, Handler]) -> dict[str, str]:
    allowed = ["HEAD", *methods, "OPTIONS"] if "GET" in methods else [*methods, "OPTIONS"]
    return {"Allow": ", ".join(allowed)}


def _call(
    node: Node, request: Request, methods: Mapping[str, Handler], captured: list[str]
) -> Answer:
    if request.method == "OPTIONS":
        return Answer(HTTPStatus.OK, headers=_allow(methods))
    handler = methods[request.method]
    for name in captured:
        require_short(name)
    with node.turn(reads=request.method in READS):
        return as_asked(request, handler(node, request, *captured))


def in_turns(node: Node, steps: Generator[None, None, T]) -> Generator[None, None, T]:
    """Do each step in a turn of the node of its own; also the last one, where nobody waits for the rest."""
    try:
        while True:
            with node.turn():
                try:
                    next(steps)
                except StopIteration as end:
                    result: T = end.value
                    return result
            yield
    except GeneratorExit:
        with node.turn():
            steps.close()
        raise


def shown(document: Any) -> Answer:
    """Answer with a document."""
    return Answer(HTTPStatus.OK, document)


def made(*, existed: bool) -> Answer:
    """Answer that something is there now."""
    return Answer(HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)


def found(thing: T | None) -> T:
    """Return what was looked for; raise Refused 404 when it is None."""
    if thing is None:
        raise not_found()
    return thing


def the_vhost(node: Node, name: str) -> VHost:
    """Return a virtual host; raise Refused 404 when there is none."""
    return found(node.broker.vhosts.get(name))


def vhosts(node: Node, names: tuple[str, ...]) -> list[VHost]:
    """Return the virtual hosts named, all where none is."""
    return [the_vhost(node, name) for name in names] or [*node.broker.vhosts.values()]
