"""What is odd about the samples that a manifest of `protocol = 2` names: files called JSON that are none."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from warren.workloads.own import ID, Template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warren.claims.own_shape import ConsumerShape

_PROBE: Final = "abcdefab-cdef-4abc-8def-abcdefabcdef"
_UNQUOTED: Final = re.compile(rb'(?<!")\{id\}(?!")')


def doubts_of(consumer: ConsumerShape, home: Path) -> Iterator[str]:
    """Say which samples are no JSON once they have an id, though they end in .json; `malformed` ones may be so."""
    message = consumer.message
    bodies = [one.body for one in (message, message.slow, consumer.bad.poison) if one is not None]
    for file in dict.fromkeys(bodies):
        if file is not None and file.lower().endswith(".json"):
            body = (home / file).read_bytes()
            if fault := _fault(body):
                yield f"{file} is no JSON: {fault}; {_advice(body)}"


def _fault(body: bytes) -> str:
    """Say what keeps a body from being JSON, "" for nothing."""
    try:
        json.loads(Template(body).make(_PROBE, 1).body)
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno} ({error.msg})"
    except (ValueError, RecursionError) as error:
        return str(error)
    return ""


def _advice(body: bytes) -> str:
    if not _fault(_UNQUOTED.sub(f'"{ID}"'.encode(), body)):
        return f'write "{ID}" in quotes'
    return "see whether it is what its publisher sends"
