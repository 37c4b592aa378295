"""Lists: sorted, cut down to some columns, one page at a time, as a query asks; made in portions, however long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
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


def listed(request: Request, items: Iterable[Item]) -> Answer:
    """Answer with a list, or with the page of it that is asked for: Refused 400 where there is no such one.

    `items` are looked at while others have their turns.
    """
    return Answer(HTTPStatus.OK, portions=_listed(request.query, items, by_name=True))


def whole(items: Iterable[Item]) -> Answer:
    """Answer with a list as it is."""
    return Answer(HTTPStatus.OK, portions=in_portions(items))


def in_portions(items: Iterable[Item]) -> Generator[None, None, bytes]:
    """Write a list as it is."""
    return _listed({}, items)


def document(parts: Mapping[str, object], headers: Mapping[str, str]) -> Answer:
    """Answer with an object; of its values those that are iterators are long lists."""
    return Answer(HTTPStatus.OK, headers=headers, portions=_document(parts))


def _document(parts: Mapping[str, object]) -> Generator[None, None, bytes]:
    texts = []
    for name, part in parts.items():
        if isinstance(part, Iterator):
            text = yield from _listed({}, part)
        else:
            text = written(part).encode()
        texts.append(written(name).encode() + b":" + text)
    return b"{%b}" % b",".join(texts)


def _listed(
    query: Mapping[str, str], items: Iterable[Item], *, by_name: bool = False
) -> Generator[None, None, bytes]:
    found: list[Item] = []
    for item in items:
        found.append(item)
        if not len(found) % PORTION:
            yield
    if by_name:
        found.sort(key=_place)
    if "page" in query:
        return written(_page(query, found)).encode()
    ordered, texts = _in_order(query, found), []
    for start in range(0, len(ordered), PORTION):
        some = _in_columns(query, ordered[start : start + PORTION])
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
        "items": _in_columns(query, on_page),
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
    descending = query.get("sort_reverse") == "true"
    return sorted(items, key=lambda item: _rank(_under(item, key)), reverse=descending)


def _place(item: Item) -> tuple[str, str]:
    return str(item.get("vhost", "")), str(item.get("name", ""))


def _rank(value: Any) -> tuple[bool, float, str]:
    """Numbers come before texts, as Erlang has it, and what is not there counts as 0."""
    if value is None or isinstance(value, int | float):
        return False, value or 0, ""
    return True, 0, str(value)


def _under(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _in_columns(query: Mapping[str, str], items: list[Item]) -> list[Item]:
    columns = query.get("columns")
    return items if columns is None else [_only(columns.split(","), each) for each in items]


def _only(columns: list[str], item: Item) -> Item:
    cut: Item = {}
    for column in columns:
        first, _, rest = column.partition(".")
        if first in item:
            below = item[first]
            nested = rest and isinstance(below, dict)
            cut[first] = {**cut.get(first, {}), **_only([rest], below)} if nested else below
    return cut
