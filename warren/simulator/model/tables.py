"""Field tables: how values compare, how RabbitMQ's reply texts name them, what identifies a table.

Encoding and decoding belong to the wire. Integer types are told apart by the class of the value.
"""

from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from math import copysign
from typing import Any

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.fact import fact

FIELD_TYPES = {
    "NoneType": "void",
    "bool": "bool",
    "Int8": "byte",
    "UInt8": "unsignedbyte",
    "Int16": "short",
    "UInt16": "unsignedshort",
    "UInt32": "unsignedint",
    "Int64": "long",
    "Timestamp": "timestamp",
    "datetime": "timestamp",
    "Float32": "float",
    "float": "double",
    "Decimal": "decimal",
    "str": "longstr",
    "bytes": "binary",
    "list": "array",
    "dict": "table",
}
"""What RabbitMQ calls the AMQP type that a value of the class so named was read from."""
SMALLEST_LONG = 1 << 31
LARGEST_LONG = (1 << 63) - 1


@fact
class FieldTypes:
    """How to make integers that go out as another type than their size suggests."""

    long: Callable[[int], int] = int
    timestamp: Callable[[int], int] = int


def field_type(value: object) -> str:
    """Name the AMQP type of `value` as RabbitMQ does: longstr, signedint, bool and so on."""
    name = FIELD_TYPES.get(type(value).__name__)
    if name is not None:
        return name
    if isinstance(value, int):
        return "signedint" if -SMALLEST_LONG <= value < SMALLEST_LONG else "long"
    return "table" if isinstance(value, Mapping) else "longstr"


def is_integer(value: object) -> bool:
    """Tell whether `value` is an integer of any size; a boolean is none, and neither is a timestamp."""
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and FIELD_TYPES.get(type(value).__name__) != "timestamp"
    )


def same(left: object, right: object, *, loose_numbers: bool) -> bool:
    """Tell whether two field values are equal; `loose_numbers` takes 1 and 1.0 for equal, and 0.0 and -0.0.

    What is in tables and arrays is equal only with its types, and in its order; a decimal only with its digits.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        if loose_numbers:
            return left == right
        return left == right and _sign(left) == _sign(right)
    return _exact(left) == _exact(right)


def _sign(number: float) -> float | None:
    """Return the sign of a floating-point number, None for an integer."""
    return copysign(1, number) if isinstance(number, float) else None


def _exact(value: object) -> object:
    """Return what is equal for values that RabbitMQ holds as one term: an empty table is an empty array."""
    if isinstance(value, Mapping):
        return [(name, field_type(item), _exact(item)) for name, item in value.items()]
    if isinstance(value, list | tuple):
        return [(field_type(item), _exact(item)) for item in value]
    return value.as_tuple() if isinstance(value, Decimal) else value


def freeze(value: object) -> Hashable:
    """Return something hashable, equal for equal field values; the order of keys is nothing."""
    if isinstance(value, Mapping):
        return ("table", *sorted((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("array", *(freeze(item) for item in value))
    return (field_type(value), repr(value))


def require_equivalent(
    current: Mapping[str, object],
    received: Mapping[str, object],
    keys: tuple[str, ...],
    resource: str,
) -> None:
    """Raise 406 when a redeclaration of `resource` changes one of the arguments `keys`."""
    for key in keys:
        old, new = current.get(key), received.get(key)
        if key == "x-queue-type" and _is_unsaid(current, received):
            continue
        if (key in current) == (key in received) and same(old, new, loose_numbers=False):
            continue
        if key in current and key in received:
            raise inequivalent(key, resource, _bare(new), _bare(old))
        raise inequivalent(key, resource, _typed(received, key), _typed(current, key))


def _is_unsaid(current: Mapping[str, object], received: Mapping[str, object]) -> bool:
    """Tell whether one names the type that the other has without naming it."""
    types = [each["x-queue-type"] for each in (current, received) if "x-queue-type" in each]
    return types == ["classic"]


def require_same_field(name: str, current: object, received: object, resource: str) -> None:
    """Raise 406 when a redeclaration of `resource` gives the property `name` another value."""
    if current != received:
        raise inequivalent(name, resource, _bare(received), _bare(current))


def inequivalent(name: str, resource: str, received: str, current: str) -> AmqpError:
    """406: a declaration clashes with what exists."""
    return precondition_failed(
        f"inequivalent arg '{name}' for {resource}: received {received} but current is {current}"
    )


def _bare(value: object) -> str:
    if field_type(value) == "decimal":  # RabbitMQ takes its pair for a type and a value, and fails
        raise AmqpError(ReplyCode.INTERNAL_ERROR)
    return "none" if value is None else f"'{text(value)}'"


def _typed(table: Mapping[str, object], key: str) -> str:
    if key not in table:
        return "none"
    return f"the value '{text(table[key])}' of type '{field_type(table[key])}'"


def text(value: object) -> str:
    """Word a value as RabbitMQ's log does: text as it is, anything else as an Erlang term."""
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return value if isinstance(value, str) else term(value)


def term(value: object) -> str:
    """Write a value as an Erlang term."""
    if isinstance(value, Mapping):
        pairs = (f'{{<<"{key}">>,{field_type(v)},{term(v)}}}' for key, v in value.items())
        return f"[{','.join(pairs)}]"
    if isinstance(value, list):
        return f"[{','.join(f'{{{field_type(v)},{term(v)}}}' for v in value)}]"
    if isinstance(value, str | bytes):
        return f'<<"{text(value)}">>' if value else "<<>>"
    write = _WRITERS.get(field_type(value), str)
    return write(value)


def _seconds(value: Any) -> str:
    return str(int(value) if isinstance(value, int) else int(value.timestamp()))


def _pair(value: Any) -> str:
    """Write a decimal as how many of its digits are behind the point, and all of them."""
    sign, digits, exponent = value.as_tuple()
    return f"{{{-exponent},{'-' * sign}{int(''.join(map(str, digits)))}}}"


def _float(value: Any) -> str:
    """Write a floating-point number in the shorter of two ways: `100.0`, but `1.0e3`."""
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    text, places = "".join(map(str, digits)), int(exponent)
    scientific = len(text) + places - 1
    plain = repr(float(value)) if "e" not in repr(float(value)) else f"{Decimal(repr(value)):f}"
    short = f"{'-' * sign}{text[0]}.{text[1:] or '0'}e{scientific}"
    return plain if len(plain) <= len(short) else short


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "bool": lambda value: str(value).lower(),
    "decimal": _pair,
    "double": _float,
    "float": _float,
    "timestamp": _seconds,
    "void": lambda _: "undefined",
}
