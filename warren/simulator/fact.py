"""What makes a class a fact.

A fact is a dataclass with slots whose fields nobody assigns after it is made. The type checker
enforces that (``frozen_default``); the interpreter does not, because a frozen ``__init__`` costs
three times as much and a broker makes three facts per message (docs/decisions/0201).

All facts share the functions that show and compare them. ``dataclass`` would compile new ones for
each of the hundred and fifty classes, which is the larger part of a broker's start.
"""

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def fact(cls: type[T]) -> type[T]:
    """Make `cls` a slotted dataclass that is frozen to the type checker and compares by value."""
    made = dataclass(slots=True, repr=False, eq=False)(cls)
    for name, shared in _SHARED.items():
        setattr(made, name, shared)
    return made


def _show(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _equal(self: Any, other: Any) -> bool:
    return type(other) is type(self) and all(
        getattr(self, name) == getattr(other, name) for name in self.__match_args__
    )


_SHARED = {"__repr__": _show, "__eq__": _equal, "__hash__": None}
