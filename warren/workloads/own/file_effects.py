"""Files as effects: one whose name has the id of a message, or one of JSON lines in which messages are known by a key.

JSON is compared path by path, as in rows (decision 210). Of other files it is known that they are there, and whether
they were made again. Nothing tells when a file is whole, but that its message is settled, or that it stands unchanged.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from warren.workloads.own.cells import flat, has_id, mark, shown
from warren.workloads.own.comparing import cells_of, compared, expected_of
from warren.workloads.own.found import SHOWN, Found
from warren.workloads.own.message import filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warren.workloads.own.cells import Row
    from warren.workloads.own.comparing import Cells
    from warren.workloads.own.message import OwnUnit
    from warren.workloads.protocol import Tables


@dataclass(frozen=True, slots=True)
class PathEffect:
    """A file in the consumer's directory: there or not, and with what in it, where that is JSON.

    With a `key` messages share it: the lines of a message have its id there. What of JSON stands neither in `expected`
    nor in `ignore` is null. That it is made again shows where what is not ignored of it changes.
    """

    path: str
    key: str = ""
    expected: tuple[Cells, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def tells_apart(self) -> bool:
        """It has the id of its message."""
        return True

    @classmethod
    def of(
        cls, path: str, key: str, rows: Iterable[Mapping[str, object]], ignore: Iterable[str]
    ) -> PathEffect:
        """Make one from what a manifest says."""
        ignore = tuple(ignore)
        return cls(path, key, expected_of(rows, ignore), ignore)

    def find_all(self, units: Sequence[OwnUnit], outside: Tables) -> tuple[Found, ...]:
        """Read each file once, and look for what each message has left there."""
        paths = {unit.id: filled(self.path, unit.id) for unit in units}
        files = {path: outside.file(path) for path in {*paths.values()}}
        return tuple(self._find(paths[u.id], files[paths[u.id]], u, outside) for u in units)

    def _find(self, path: str, octets: bytes | None, unit: OwnUnit, outside: Tables) -> Found:
        if octets is None:
            return Found(0)
        is_settled = outside.settled(unit.message_id)
        if not octets and not is_settled:
            return Found(
                0, (f"{path}: 0 octets",), words="is empty, and its message is not settled"
            )
        found = self._read(path, octets, unit)
        return replace(found, is_settled=is_settled, stands=outside.stands(path))

    def _read(self, path: str, octets: bytes, unit: OwnUnit) -> Found:
        rows = documents(octets)
        if self.key:
            own = [r for r in rows if r is not None and has_id(mark(r.get(self.key), unit.id))]
            return self._compare(path, own, unit)
        if not self.expected and not self.ignore:
            return Found(1, (f"{path}: {len(octets)} octets",), octets)
        whole = [row for row in rows if row is not None]
        if len(whole) < len(rows) or not whole:
            evidence = (f"{path}: {len(octets)} octets",)
            return Found(0, evidence, words="is not the JSON that a clean run leaves")
        return self._compare(path, whole, unit)

    def _compare(self, path: str, own: Sequence[Row], unit: OwnUnit) -> Found:
        evidence = tuple(f"{path}: {shown(row)}" for row in own[:SHOWN])
        found = compared(own, self.expected, self.ignore, unit, evidence)
        count = found.count if self.key or self.expected else min(found.count, 1)
        state = repr(sorted(map(repr, (cells_of(row, self.ignore) for row in own))))
        return Found(count, found.evidence, state.encode(), found.words)

    def __str__(self) -> str:
        """Give the path."""
        return f"path {self.path} by {self.key}" if self.key else f"path {self.path}"

    @property
    def absence(self) -> str:
        """Give the path."""
        return f"no line in {self.path}" if self.key else f"no {self.path}"


def documents(octets: bytes) -> list[Row | None]:
    """Give what a file of JSON says, a row for each document: the whole, or each line; None for what is no JSON."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return [None]
    whole = _row(text)
    if whole is not None:
        return [whole]
    return [_row(line) for line in text.splitlines() if line.strip()] or [None]


def _row(text: str) -> Row | None:
    """Read a JSON object or array as a row; None for anything else."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match read:
        case dict() if read:
            return flat(read.items())
        case list() if read:
            return flat((str(place), one) for place, one in enumerate(read))
        case _:
            return None
