"""What the arguments of a stream and of its consumers say, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model.tables import field_type, is_integer

if TYPE_CHECKING:
    from warren.simulator.model.semantics import Semantics
    from warren.simulator.model.stream_releases import StreamSemantics

Arguments = Mapping[str, object]
AGE = re.compile(r"(0*[1-9][0-9]*)([YMDhms])")
DAY = 86_400
SECONDS = {"Y": 365 * DAY, "M": 30 * DAY, "D": DAY, "h": 3600, "m": 60, "s": 1}
OFFSETS = frozenset({"first", "last", "next"})
MAX_SEGMENT_OCTETS = 3_000_000_000
FILTER_OCTETS = range(16, 256)


def seconds_in(age: object) -> int | None:
    """Return how long an age like `10m` is, None for what is none."""
    found = AGE.fullmatch(age) if isinstance(age, str) else None
    return None if found is None else int(found[1]) * SECONDS[found[2]]


def check_age(value: object, _: Arguments, semantics: Semantics) -> str | None:
    """Return what is wrong with x-max-age; raise 541 for what the release fails over."""
    if not isinstance(value, str):
        return f"{{unacceptable_type,{field_type(value)}}}"
    if seconds_in(value) is not None:
        return None
    _fail_over(value, semantics.stream)
    return "invalid_max_age"


def check_offset(value: object, _: Arguments, semantics: Semantics) -> str | None:
    """Return what is wrong with x-stream-offset; raise 541 for what the broker fails over."""
    if is_integer(value) or field_type(value) == "timestamp":
        return None
    if not isinstance(value, str):
        raise AmqpError(ReplyCode.INTERNAL_ERROR)
    if value in OFFSETS or seconds_in(value) is not None:
        return None
    _fail_over(value, semantics.stream)
    given = f'<<"{value}">>' if value else "<<>>"
    return f"{{invalid_stream_offset_arg,{{longstr,{given}}}}}"


def check_filter(value: object, *_: object) -> str | None:
    """Raise 541 for a list of values in which there is none."""
    if isinstance(value, list) and not any(isinstance(each, str) for each in value):
        raise AmqpError(ReplyCode.INTERNAL_ERROR)
    return None


def _fail_over(value: str, semantics: StreamSemantics) -> None:
    if not (semantics.checks_ages or value[:1].isdecimal()):
        raise AmqpError(ReplyCode.INTERNAL_ERROR)


def check_sizes(arguments: Arguments, semantics: StreamSemantics) -> None:
    """Raise 406 for a segment or a filter of a size that there is not."""
    segment = arguments.get("x-stream-max-segment-size-bytes")
    if isinstance(segment, int) and segment > MAX_SEGMENT_OCTETS:
        raise precondition_failed("Exceeded max value for x-stream-max-segment-size-bytes")
    size = arguments.get("x-stream-filter-size-bytes", FILTER_OCTETS.start)
    if semantics.bad_filter_size is not None and size not in FILTER_OCTETS:
        raise precondition_failed(semantics.bad_filter_size)


def comparable(arguments: Arguments, semantics: StreamSemantics) -> Arguments:
    """Return the arguments of a stream as a redeclaration compares them."""
    age = seconds_in(arguments.get("x-max-age"))
    if age is None or not semantics.compares_ages:
        return arguments
    return {**arguments, "x-max-age": f"{age * 1000}"}


def time_of(value: object, now: float) -> float | None:
    """Return the time from which on x-stream-offset asks for messages, None when it asks for no time."""
    if field_type(value) == "timestamp":
        as_seconds = getattr(value, "timestamp", None)  # some readers of the wire make dates
        return float(str(value) if as_seconds is None else as_seconds())
    age = seconds_in(value)
    return None if age is None else now - age


def filter_values(arguments: Arguments, semantics: StreamSemantics) -> frozenset[str] | None:
    """Return which filter values a consumer gets, the empty one for messages without; None for all."""
    asked = arguments.get("x-stream-filter")
    given = asked if isinstance(asked, list) else [asked]
    values = {each for each in given if isinstance(each, str)}
    if not semantics.filters or not values:
        return None
    if arguments.get("x-stream-match-unfiltered") is True:
        values.add("")
    return frozenset(values)
