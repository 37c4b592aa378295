"""Lists: sorted, cut down to some columns, one page at a time, as a query asks; made in portions, however long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from warren.simulator.model.patterns import PatternError
from warren.simulator.tcp.management.request import Answer, Refused, bad_request, written
from warren.simulator.tcp.patterns import linear

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from warren.simulator.model.patterns import Pattern
    from warren.simulator.tcp.management.request import Request

Item = dict[str, Any]
PAGE_SIZE, LARGEST_PAGE = 100, 500
PORTION = 100
"""Items that are described, or written, in one turn."""
_ORDER = ("vhost", "name", "user", "source", "destination", "routing_key", "properties_key")
"""What a list is sorted by, as far as its items have it."""


def listed(request: Request, items: Iterable[Item]) -> Answer:
    """Answer with a list, or with the page of it that is asked for: Refused 400 where there is no such one.

    `items` are looked at while others have their turns.
    """
    return Answer(HTTPStatus.OK, portions=_listed(request.query, items, has_pages=True))


def whole(request: Request, items: Iterable[Item]) -> Answer:
    """Answer with a list that RabbitMQ does not give page by page, whatever is asked for.

    It cuts such a list down to its columns before it sorts it.
    """
    return Answer(HTTPStatus.OK, portions=_listed(request.query, items, has_pages=False))


def as_asked(request: Request, answer: Answer) -> Answer:
    """Return the answer with the columns, and a short list in the order, that the query asks for."""
    said, query = answer.document, request.query
    if request.method != "GET" or answer.status is not HTTPStatus.OK:
        return answer
    if isinstance(said, dict):
        return replace(answer, document=columns_of(query, said))
    if isinstance(said, list):
        cut = sorted((columns_of(query, each) for each in said), key=_place)
        return replace(answer, document=_in_order(query, cut))
    return answer


def columns_of(query: Mapping[str, str], item: Item) -> Any:
    """Return an object with the columns that are asked for; an empty list where it has none, as RabbitMQ."""
    columns = query.get("columns")
    return item if columns is None else _only(columns.split(","), item) or []


def in_portions(items: Iterable[Item]) -> Generator[None, None, bytes]:
    """Write a list as it is."""
    return _listed({}, items, has_pages=False)


def document(parts: Mapping[str, object], headers: Mapping[str, str]) -> Answer:
    """Answer with an object; of its values those that are iterators are long lists."""
    return Answer(HTTPStatus.OK, headers=headers, portions=_document(parts))


def _document(parts: Mapping[str, object]) -> Generator[None, None, bytes]:
    texts = []
    for name, part in parts.items():
        if isinstance(part, Iterator):
            text = yield from _written(part, {})
        else:
            text = written(part).encode()
        texts.append(written(name).encode() + b":" + text)
    return b"{%b}" % b",".join(texts)


def _listed(
    query: Mapping[str, str], items: Iterable[Item], *, has_pages: bool
) -> Generator[None, None, bytes]:
    placed: list[tuple[tuple[str, ...], Item]] = []
    for item in items:
        cut = item if has_pages else columns_of(query, item)
        placed.append((_place(cut), cut))
        if not len(placed) % PORTION:
            yield
    placed.sort(key=itemgetter(0))
    found = [item for _, item in placed]
    if has_pages and "page" in query:
        return written(_page(query, found)).encode()
    return (yield from _written(iter(_in_order(query, found)), query if has_pages else {}))


def _written(items: Iterator[Item], query: Mapping[str, str]) -> Generator[None, None, bytes]:
    texts = []
    while some := [columns_of(query, each) for each in islice(items, PORTION)]:
        texts.append(written(some)[1:-1])
        yield
    return f"[{','.join(texts)}]".encode()


def _page(query: Mapping[str, str], items: list[Item]) -> Item:
    """Return a page, and where it is among the others. Raises Refused 400."""
    page, size = _number(query["page"]), _number(query.get("page_size", str(PAGE_SIZE)))
    if page < 1 or not 0 < size <= LARGEST_PAGE:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            f"Invalid pagination parameters: page number {page}, page size {size}",
            error="invalid_pagination_parameters",
        )
    fitting = _in_order(query, _named(query, items))
    pages = -(-len(fitting) // size)
    if page > max(1, pages):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            f"Page out of range, page: {page} page size: {size}, len: {len(fitting)}",
            error="page_out_of_range",
        )
    on_page = fitting[(page - 1) * size : page * size]
    return {
        "items": [columns_of(query, each) for each in on_page],
        "item_count": len(on_page),
        "filtered_count": len(fitting),
        "total_count": len(items),
        "page": page,
        "page_count": pages,
        "page_size": size,
    }


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise bad_request("Pagination parameters are invalid")
    return int(text)


def _named(query: Mapping[str, str], items: list[Item]) -> list[Item]:
    name = query.get("name", "")
    if query.get("use_regex") != "true":
        return [each for each in items if name.lower() in str(each.get("name", "")).lower()]
    pattern = _pattern(f"(?i){name}") or _pattern(name)
    if pattern is None:
        return []
    return [each for each in items if pattern.search(str(each.get("name", "")))]


def _pattern(text: str) -> Pattern | None:
    try:
        return linear(text)
    except PatternError:
        return None


def _in_order(query: Mapping[str, str], items: list[Item]) -> list[Item]:
    key = query.get("sort")
    if not key:
        return items
    ordered = sorted(items, key=lambda item: _rank(_under(item, key)))
    if query.get("sort_reverse") == "true":
        ordered.reverse()  # also those of one rank
    return ordered


def _place(item: Any) -> tuple[str, ...]:
    return tuple(str(item.get(key, "")) for key in _ORDER) if isinstance(item, dict) else ()


def _rank(value: Any) -> tuple[bool, float, str]:
    """Numbers come before texts, as Erlang has it, and what is not there counts as 0."""
    if value is None or isinstance(value, int | float):
        return False, value or 0, ""
    return True, 0, str(value)


def _under(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _only(columns: list[str], item: Item) -> Item:
    cut: Item = {}
    for column in columns:
        first, _, rest = column.partition(".")
        if first in item:
            below = item[first]
            nested = rest and isinstance(below, dict)
            cut[first] = {**cut.get(first, {}), **_only([rest], below)} if nested else below
    return cut
