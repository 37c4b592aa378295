"""What makes a class a fact. Nothing else lives here.

A fact is a dataclass with slots whose fields nobody assigns after it is made. The type checker
enforces that (``frozen_default``); the interpreter does not, because a frozen ``__init__`` costs
three times as much and a broker makes three facts per message (docs/decisions/0201).
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def fact(cls: type[T]) -> type[T]:
    """Make `cls` a slotted dataclass that is frozen to the type checker and compares by value."""
    return dataclass(slots=True)(cls)
