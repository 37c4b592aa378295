"""What a template can write down: shapes with places and a class each. How they look is the style sheet's matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    css: str
    name: str = "line"


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle."""

    x: float
    y: float
    r: float
    css: str
    name: str = "circle"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its left upper corner."""

    x: float
    y: float
    width: float
    height: float
    css: str
    name: str = "box"


@dataclass(frozen=True, slots=True)
class Path:
    """Any other line."""

    d: str
    css: str
    name: str = "path"


@dataclass(frozen=True, slots=True)
class Text:
    """A text at the base line."""

    x: float
    y: float
    text: str
    css: str
    anchor: Anchor = "start"
    name: str = "text"


Shape: TypeAlias = Line | Circle | Box | Path | Text


def arrow(x: float, y1: float, y2: float, css: str) -> tuple[Shape, ...]:
    """Draw an arrow up or down, from the first height to the second."""
    back = 6 if y1 > y2 else -6
    head = f"M{x - 3.5:.1f} {y2 + back:.1f}L{x:.1f} {y2:.1f}L{x + 3.5:.1f} {y2 + back:.1f}"
    return Line(x, y1, x, y2, css), Path(head, f"{css} head")


def cross(x: float, y: float, size: float, css: str) -> Path:
    """Draw a diagonal cross."""
    left, right, top, low = x - size, x + size, y - size, y + size
    d = f"M{left:.1f} {top:.1f}L{right:.1f} {low:.1f}M{left:.1f} {low:.1f}L{right:.1f} {top:.1f}"
    return Path(d, css)
