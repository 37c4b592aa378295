#!/usr/bin/env python3
"""Draws docs/architecture.svg: the rooms, and who imports whom, as the code says it.

A room is a top-level package of the repository, a package of `warren`, or a part of the simulator; its box shows the
first sentence of its docstring. An arrow is an import. One that already follows from a path of arrows is left out. An
import that closes a circle is drawn dashed and red: there should be none.

    python docs/architecture.py [FILE]
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from html import escape
from itertools import combinations, pairwise, permutations, product
from pathlib import Path
from typing import TYPE_CHECKING

import grimp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"

Edge = tuple[str, str]

# What is divided further: everything else is drawn as one box.
DIVIDED = ("warren", "warren.simulator")

BOX, PASS, GAP, RISE = 158, 12, 16, 40
"""Width of a room's box and of an arrow that passes a row, and the distance between them and between rows."""
CHARACTERS, LINE, HEAD, FOOT = 23, 14, 26, 8
"""How a box is filled: characters in a line, and the heights of a line, of the name and of what is below."""
EDGE = 18
"""Around each zone, and around the picture."""

CAPTION = "An arrow is an import; one that follows from a path of arrows is left out."
STYLE = """
  .paper { fill: #ffffff } .zone { fill: #eef2f7 } .box { fill: #ffffff; stroke: #8895a7 }
  text { font: 11px system-ui, sans-serif; fill: #465160; text-anchor: middle }
  .name { font: 600 14px system-ui, sans-serif; fill: #14202e } .label { font-size: 12px; text-anchor: start }
  .import { fill: none; stroke: #51627a; stroke-width: 1.3 } .tip { fill: #51627a }
  .circle { stroke: #c62828; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .zone { fill: #171e29 } .box { fill: #222c3a; stroke: #5b6b82 }
    text { fill: #b3c0d0 } .name { fill: #f0f4f9 }
    .import { stroke: #93a7c0 } .tip { fill: #93a7c0 } .circle { stroke: #ff6b6b }
  }
"""


def main(arguments: list[str]) -> None:
    """Draw into the file that is named, or where the documents expect the picture."""
    target = Path(arguments[0]) if arguments else PICTURE
    target.write_text(picture(), "utf-8")


def picture() -> str:
    """Return the SVG: the same octets for the same code."""
    rooms, imports = _read()
    circles = _circles(imports)
    arrows = _without_detours(
        {edge: count for edge, count in imports.items() if edge not in circles}
    )
    drawing = Drawing.of(Plan.of(rooms, arrows), rooms)
    return "\n".join([*drawing.lines(circles), ""])


def _read() -> tuple[dict[str, str], Counter[Edge]]:
    """Every room with what its docstring says first, and how many of its modules' imports lead to which other room."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = settings["tool"]["importlinter"]["root_packages"]
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*packages, cache_dir=None)
    rooms = {_room(module): "" for module in graph.modules if module not in DIVIDED}
    imports = Counter(
        (_room(module), _room(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if module not in DIVIDED and imported not in DIVIDED and _room(module) != _room(imported)
    )
    return {room: _first_sentence(room) for room in sorted(rooms)}, imports


def _room(module: str) -> str:
    depth = next(
        (
            len(parent.split(".")) + 1
            for parent in reversed(DIVIDED)
            if module.startswith(parent + ".")
        ),
        1,
    )
    return ".".join(module.split(".")[:depth])


def _first_sentence(room: str) -> str:
    place = ROOT.joinpath(*room.split("."))
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    summary = (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").split("\n\n")[0]
    return " ".join(summary.split()).split(". ")[0].rstrip(".").replace("`", "")


def _circles(imports: Mapping[Edge, int]) -> list[Edge]:
    """Choose what to leave out so that no room imports itself by way of others: the least edge of each circle."""
    kept, left_out = dict(imports), []
    while circle := _circle(kept):
        least = min(circle, key=lambda edge: (kept[edge], edge))
        left_out.append(least)
        del kept[least]
    return left_out


def _circle(edges: Iterable[Edge]) -> list[Edge]:
    try:
        TopologicalSorter(_targets(edges)).prepare()
    except CycleError as error:
        nodes = error.args[1]
        return [(later, earlier) for earlier, later in pairwise(nodes)]
    return []


def _targets(edges: Iterable[Edge]) -> dict[str, list[str]]:
    targets = defaultdict(list)
    for importer, imported in sorted(edges):
        targets[importer].append(imported)
    return targets


def _without_detours(edges: Iterable[Edge]) -> list[Edge]:
    """Leave out what follows from others."""
    targets = _targets(edges)

    def reached(room: str) -> set[str]:
        return {room}.union(*(reached(target) for target in targets.get(room, ())))

    return [
        (importer, imported)
        for importer, reachable in sorted(targets.items())
        for imported in reachable
        if not any(imported in reached(other) for other in reachable if other != imported)
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a row: a room's, or that of an arrow which passes the row on its way down."""

    rank: int
    zone: int
    name: str
    passes: bool = False

    @property
    def width(self) -> int:
        """How much of the row it takes."""
        return PASS if self.passes else BOX


Row = list[Cell]
Way = list[Cell]


@dataclass(frozen=True, slots=True)
class Plan:
    """Cells in rows, the lowest rank first, and each arrow as the cells it leads through."""

    rows: list[Row]
    ways: list[Way]

    @classmethod
    def of(cls, rooms: Iterable[str], arrows: list[Edge]) -> Plan:
        """Let every room stand as low as its imports allow, in an order that keeps arrows apart and short."""
        cells = _cells(rooms, arrows)
        ways = [_way(cells[importer], cells[imported]) for importer, imported in arrows]
        rows: list[Row] = [[] for _ in range(max(cell.rank for cell in cells.values()) + 1)]
        for cell in sorted(
            {*cells.values(), *(cell for way in ways for cell in way)}, key=_by_zone
        ):
            rows[cell.rank].append(cell)
        plan = cls(rows, ways)
        for _ in range(4):
            for rank in [*range(len(rows)), *reversed(range(len(rows)))]:
                plan.rows[rank] = min(_orders(plan.rows[rank]), key=partial(plan.cost, rank))
        return plan

    def cost(self, rank: int, row: Row) -> tuple[int, int]:
        """How many arrows would cross around a row in that order, and how far to the side they would lead."""
        at = {cell: place for cells in [*self.rows, row] for place, cell in enumerate(cells)}
        middle = self.places(row)
        steps = [
            step
            for way in self.ways
            for step in pairwise(way)
            if rank in (step[0].rank, step[1].rank)
        ]
        crossings = sum(
            (at[one[0]] - at[other[0]]) * (at[one[1]] - at[other[1]]) < 0
            for one, other in combinations(steps, 2)
            if one[0].rank == other[0].rank
        )
        return crossings, sum(abs(middle[one] - middle[other]) for one, other in steps)

    def places(self, changed: Row | None = None) -> dict[Cell, int]:
        """Say where the middle of every cell is: in the middle of its zone, row by row, and so in `changed`."""
        at = {}
        for zone, (left, width) in self.zones().items():
            for row in [*self.rows, *([changed] if changed else [])]:
                cells = [cell for cell in row if cell.zone == zone]
                place = left + (width - _width(cells)) // 2
                for cell in cells:
                    at[cell] = place + cell.width // 2
                    place += cell.width + GAP
        return at

    def zones(self) -> dict[int, tuple[int, int]]:
        """Give the left edge and the width of every zone."""
        zones, left = {}, 2 * EDGE
        for zone in range(len(DIVIDED) + 1):
            width = max(_width([cell for cell in row if cell.zone == zone]) for row in self.rows)
            zones[zone] = (left, width)
            left += width + 3 * EDGE
        return zones


def _cells(rooms: Iterable[str], arrows: list[Edge]) -> dict[str, Cell]:
    targets = _targets(arrows)
    ranks = dict.fromkeys(rooms, -1)
    for room in TopologicalSorter(targets).static_order():
        ranks[room] = max((ranks[target] + 1 for target in targets.get(room, ())), default=0)
    for room in sorted(room for room, rank in ranks.items() if rank < 0):
        # Who imports nobody and is imported by nobody may stand anywhere: where there is room.
        taken = [rank for other, rank in ranks.items() if _zone(other) == _zone(room)]
        ranks[room] = min(range(max(ranks.values()) + 1), key=taken.count)
    return {room: Cell(rank, _zone(room), room) for room, rank in ranks.items()}


def _zone(room: str) -> int:
    """Say in which part of the picture it is: beside the product, in the product, in its simulator."""
    return sum(room.startswith(parent + ".") for parent in DIVIDED)


def _way(importer: Cell, imported: Cell) -> Way:
    name = f"{importer.name} {imported.name}"
    between = range(importer.rank - 1, imported.rank, -1)
    return [importer, *(Cell(rank, imported.zone, name, passes=True) for rank in between), imported]


def _straight(plan: Plan) -> dict[Cell, int]:
    """Give the places of a plan, each arrow that passes rows as straight as the boxes beside it allow."""
    at = plan.places()
    for way in plan.ways * 2:  # a later one may have made way for an earlier one
        ends = at[way[0]] + at[way[-1]]
        for place in sorted({at[cell] for cell in way[1:-1]}, key=lambda x: (abs(2 * x - ends), x)):
            if all(_fits(cell, place, plan.rows[cell.rank], at) for cell in way[1:-1]):
                at |= dict.fromkeys(way[1:-1], place)
                break
    return at


def _fits(cell: Cell, place: int, row: Row, at: Mapping[Cell, int]) -> bool:
    """Say whether a cell may stand there: on the same side of every other of its row, and apart from it."""
    return all(
        (place - at[other]) * (1 if at[cell] > at[other] else -1)
        >= (cell.width + other.width + GAP) // 2
        for other in row
        if other is not cell
    )


def _by_zone(cell: Cell) -> tuple[int, bool, str]:
    return cell.zone, cell.passes, cell.name


def _orders(row: Row) -> Iterable[Row]:
    zones = [[cell for cell in row if cell.zone == zone] for zone in range(len(DIVIDED) + 1)]
    for orders in product(*(permutations(cells) for cells in zones)):
        yield [cell for order in orders for cell in order]


def _width(cells: Row) -> int:
    return sum(cell.width for cell in cells) + GAP * max(0, len(cells) - 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plan with the places of its cells: the middle from the left, and top and height of each row."""

    plan: Plan
    texts: dict[str, list[str]]
    middle: dict[Cell, int]
    rows: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, plan: Plan, rooms: Mapping[str, str]) -> Drawing:
        """Lay the rows below each other, each as high as its texts need."""
        texts = {room: textwrap.wrap(text, CHARACTERS) for room, text in rooms.items()}
        rows, top = {}, 3 * EDGE
        for rank, row in reversed(list(enumerate(plan.rows))):
            height = HEAD + LINE * max(len(texts.get(cell.name, ())) for cell in row) + FOOT
            rows[rank] = (top, height)
            top += height + RISE
        return cls(plan, texts, _straight(plan), rows)

    def lines(self, circles: list[Edge]) -> list[str]:
        """Give the lines of the SVG."""
        zones = self.plan.zones()
        width, height = sum(zones[len(zones) - 1]) + 2 * EDGE, sum(self.rows[0]) + 4 * EDGE
        cells = {cell.name: cell for row in self.plan.rows for cell in row if not cell.passes}
        size = f'width="{width}" height="{height}"'
        return [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
            f"<title>The rooms of Warren and their imports</title><style>{STYLE}</style>",
            '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
            '<path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker>',
            f'<rect class="paper" {size} rx="8"/>',
            *(self._zone(zone, *place) for zone, place in zones.items()),
            *(
                self._line([cells[importer], cells[imported]], 0, 0, "import circle")
                for importer, imported in circles
            ),
            *self._arrows(),
            *(self._box(cell) for cell in cells.values()),
            f'<text class="label" x="{EDGE}" y="{height - EDGE}">{CAPTION}</text>',
            "</svg>",
        ]

    def _zone(self, zone: int, left: int, width: int) -> str:
        rooms = [cell for row in self.plan.rows for cell in row if not cell.passes]
        ranks = [cell.rank for cell in rooms if cell.zone == zone]
        top, bottom = self.rows[max(ranks)][0] - 2 * EDGE, sum(self.rows[min(ranks)]) + EDGE
        label = DIVIDED[zone - 1].replace(".", "/") if zone else "beside the product"
        x, across, high = left - EDGE, width + 2 * EDGE, bottom - top
        return (
            f'<rect class="zone" x="{x}" y="{top}" width="{across}" height="{high}" rx="8"/>'
            f'<text class="label" x="{left}" y="{top + EDGE + 4}">{label}</text>'
        )

    def _box(self, cell: Cell) -> str:
        (top, height), x = self.rows[cell.rank], self.middle[cell]
        return "".join(
            [
                f'<rect class="box" x="{x - BOX // 2}" y="{top}" width="{BOX}" height="{height}" rx="5"/>',
                f'<text class="name" x="{x}" y="{top + 19}">{cell.name.rpartition(".")[2]}</text>',
                *(
                    f'<text x="{x}" y="{top + HEAD + LINE * number - 4}">{escape(text)}</text>'
                    for number, text in enumerate(self.texts[cell.name], start=1)
                ),
            ]
        )

    def _arrows(self) -> list[str]:
        """Draw every arrow, those that leave or reach a box beside each other."""
        leaving, arriving = defaultdict(list), defaultdict(list)
        for way in sorted(
            self.plan.ways, key=lambda way: (self.middle[way[1]], self.middle[way[-1]])
        ):
            leaving[way[0]].append(way)
        for way in sorted(
            self.plan.ways, key=lambda way: (self.middle[way[-2]], self.middle[way[0]])
        ):
            arriving[way[-1]].append(way)
        return [
            self._line(way, _aside(way, leaving[way[0]]), _aside(way, arriving[way[-1]]), "import")
            for way in self.plan.ways
        ]

    def _line(self, way: Way, leaves: int, arrives: int, kind: str) -> str:
        """Draw an arrow: down through the rows that it passes, in curves between them."""
        at = {cell: self.middle[cell] for cell in way} | {
            way[0]: self.middle[way[0]] + leaves,
            way[-1]: self.middle[way[-1]] + arrives,
        }
        path = f"M{at[way[0]]} {self.rows[way[0].rank][0]}"
        for cell, below in pairwise(way):
            bottom, top = sum(self.rows[cell.rank]), self.rows[below.rank][0]
            half = (bottom + top) // 2
            path += f"V{bottom}C{at[cell]} {half} {at[below]} {half} {at[below]} {top}"
        return f'<path class="{kind}" marker-end="url(#tip)" d="{path}"/>'


def _aside(way: Way, ways: list[Way]) -> int:
    """Say how far beside the middle of a box an arrow ends that shares its side with others."""
    return 8 * (2 * ways.index(way) - len(ways) + 1)


if __name__ == "__main__":
    main(sys.argv[1:])
