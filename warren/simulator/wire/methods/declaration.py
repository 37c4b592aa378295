"""How a method is declared, and the reading and writing that follows from its declaration.

A method is a fact whose annotations are the field table of the specification::

    @method(60, 80)
    class BasicAck(Method):
        delivery_tag: LongLong = 0
        multiple: Bit = False

``encoder_of`` and ``decoder_of`` write the functions that write and read exactly these fields: source
text such as a person would write by hand, and several times faster than a loop over the fields.
``describe`` shows that text.

Source: AMQP 0-9-1, sections 4.2.4 (method payloads) and 4.2.5 (data fields).
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Annotated, Any, ClassVar, Final, TypeVar, dataclass_transform

from warren.simulator.fact import fact
from warren.simulator.wire import fields
from warren.simulator.wire.errors import EncodeError
from warren.simulator.wire.fields import FieldTable

Bit = Annotated[bool, "bit"]
Octet = Annotated[int, "octet"]
Short = Annotated[int, "short"]
Long = Annotated[int, "long"]
LongLong = Annotated[int, "longlong"]
ShortString = Annotated[str, "shortstr"]
AnyShortString = Annotated[str, "anyshortstr"]
"""One that need not be UTF-8: octets that are not are kept by ``surrogateescape``."""
LongString = Annotated[bytes, "longstr"]
Table = Annotated[FieldTable, "table"]

_CODES: Final = {"octet": "B", "short": "H", "long": "I", "longlong": "Q"}
_EMPTY: Final = {"shortstr": '""', "anyshortstr": '""', "longstr": 'b""'}
_DECODE: Final = {"shortstr": "()", "anyshortstr": "('utf-8', 'surrogateescape')"}


@fact
class Method:
    """Base of all methods; the identifiers are the specification's."""

    CLASS_ID: ClassVar[int] = 0
    METHOD_ID: ClassVar[int] = 0
    NAME: ClassVar[str] = ""
    HAS_CONTENT: ClassVar[bool] = False


M = TypeVar("M", bound=Method)


DECLARED: Final[dict[bytes, type[Method]]] = {}
"""By the four octets of class and method identifier. Complete once ``methods`` is imported."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def method(class_id: int, method_id: int, *, content: bool = False) -> Callable[[type[M]], type[M]]:
    """Make a class the fact of the method with these identifiers.

    ``content``: a content header and a body follow the method.
    """

    def declare(cls: type[M]) -> type[M]:
        made = fact(cls)
        made.CLASS_ID, made.METHOD_ID = class_id, method_id
        made.NAME = dotted_name(made.__name__)
        made.HAS_CONTENT = content
        DECLARED[identifiers(made)] = made
        return made

    return declare


def identifiers(cls: type[Method]) -> bytes:
    """Give the four octets that a payload of this method begins with."""
    return struct.pack(">HH", cls.CLASS_ID, cls.METHOD_ID)


def dotted_name(name: str) -> str:
    """``QueueDeclareOk`` -> ``queue.declare-ok``, as the specification writes it."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).split()
    return f"{words[0]}.{'-'.join(words[1:])}"


@fact
class Field:
    """One field in wire order. A reserved one is written empty and never read."""

    name: str
    kind: str
    reserved: bool = False


def fields_of(cls: type) -> list[Field]:
    """Read the declaration of a class: annotated members; ``ClassVar`` ones are reserved."""
    found = []
    for name, hint in cls.__annotations__.items():
        reserved = getattr(hint, "__origin__", None) is ClassVar
        # The type stands bare, or inside ClassVar, or first in a union with None.
        kind = hint if hasattr(hint, "__metadata__") else hint.__args__[0]
        found.append(Field(name, kind.__metadata__[0], reserved))
    return found


def encoder_of(cls: type[Method]) -> Callable[[Any], bytes]:
    """Write the function that gives a method's whole payload."""
    encode: Callable[[Any], bytes] = _compile(cls, _encoder_source(cls))["encode"]
    return encode


def decoder_of(cls: type[Method]) -> Callable[[bytes], Any]:
    """Write the function that takes a whole payload.

    It raises ``struct.error``, ``IndexError``, ``UnicodeDecodeError`` or ``UndecodableError`` when
    the payload does not fit.
    """
    decode: Callable[[bytes], Any] = _compile(cls, _decoder_source(cls))["decode"]
    return decode


def _encoder_source(cls: type[Method]) -> str:
    return "\n".join(_encoder_lines(identifiers(cls), [*_steps(fields_of(cls))]))


def _decoder_source(cls: type[Method]) -> str:
    return "\n".join(_decoder_lines([*_steps(fields_of(cls))]))


def _compile(cls: type[Method], source: str) -> dict[str, Any]:
    space: dict[str, Any] = {
        "cls": cls,
        "new": object.__new__,
        "OCTETS": fields.OCTETS,
        "encode_table": fields.encode_table,
        "decode_table": fields.decode_table,
        "long": fields.encode_long_string,
        "struct": struct,
        **{
            f"set_{each.name}": getattr(cls, each.name).__set__
            for each in fields_of(cls)
            if not each.reserved
        },
    }
    # The text comes from the declarations in this package alone, never from outside.
    exec(compile(source, f"<codec of {cls.NAME}>", "exec"), space)  # noqa: S102 - see above
    return space


Step = tuple[str, list[Field]]
"""What one statement reads or writes: fixed fields beside each other, or one string or table."""


def _steps(all_fields: list[Field]) -> Iterator[Step]:
    fixed: list[Field] = []
    for each in all_fields:
        if each.kind in _CODES or each.kind == "bit":
            fixed.append(each)
            continue
        if fixed:
            yield "fixed", fixed
            fixed = []
        yield each.kind, [each]
    if fixed:
        yield "fixed", fixed


def _read(steps: list[Step]) -> list[Field]:
    return [each for _, members in steps for each in members if not each.reserved]


def _struct_of(members: list[Field]) -> tuple[str, list[list[Field]]]:
    """Give the struct code of fixed fields, and the fields in each place: bits share one."""
    code, places = ">", list[list[Field]]()
    for each in members:
        if each.kind == "bit" and places and places[-1][0].kind == "bit":
            places[-1].append(each)
        else:
            code += _CODES.get(each.kind, "B")
            places.append([each])
    return code, places


def _encoder_lines(key: bytes, steps: list[Step]) -> Iterator[str]:
    parts = [repr(key)]
    forms, lines = [], []
    for number, (kind, members) in enumerate(steps):
        first = members[0]
        if kind == "fixed":
            code, places = _struct_of(members)
            forms.append(f"pack_{number} = struct.Struct({code!r}).pack")
            parts.append(f"pack_{number}({', '.join(map(_packed, places))})")
        elif kind in _DECODE:
            text = _EMPTY[kind] if first.reserved else f"m.{first.name}"
            lines.append(f"    s_{number} = {text}.encode{_DECODE[kind]}")
            parts.append(f"OCTETS[len(s_{number})], s_{number}")
        elif kind == "longstr":
            parts.append(f"long({_EMPTY[kind] if first.reserved else f'm.{first.name}'})")
        else:
            parts.append(f"encode_table(m.{first.name})")
    yield from forms
    yield "def encode(m):"
    yield from lines
    yield f"    return b''.join(({', '.join(parts)},))"


def _packed(place: list[Field]) -> str:
    if place[0].kind != "bit":
        return "0" if place[0].reserved else f"m.{place[0].name}"
    bits = [
        f"(1 << {shift} if m.{each.name} else 0)"
        for shift, each in enumerate(place)
        if not each.reserved
    ]
    return " | ".join(bits) or "0"


def _decoder_lines(steps: list[Step]) -> Iterator[str]:
    body: list[str] = []
    forms: list[str] = []
    tables: list[
        str
    ] = []  # read when it is clear that the fields fill the payload, as RabbitMQ does
    for number, (kind, members) in enumerate(steps):
        name = members[0].name
        if kind == "fixed":
            code, places = _struct_of(members)
            forms.append(f"unpack_{number} = struct.Struct({code!r}).unpack_from")
            targets = [each[0].name if each[0].kind != "bit" else "bits" for each in places]
            body.append(f"{', '.join(targets)}, = unpack_{number}(p, at)")
            body.append(f"at += {struct.calcsize(code)}")
            body += _bit_lines(places)
        elif kind in _DECODE:
            decoded = f"{name} = p[at + 1:end].decode{_DECODE[kind]}"
            body += ["end = at + 1 + p[at]", decoded, "at = end"]
        elif kind == "longstr":
            body.append("end = at + 4 + int.from_bytes(p[at:at + 4])")
            body += [f"{name} = p[at + 4:end]", "at = end"]
        else:
            body += [f"t_{number} = at", "at += 4 + int.from_bytes(p[at:at + 4])"]
            tables.append(f"{name}, _ = decode_table(p, t_{number})")
    yield from forms
    yield "def decode(p):"
    yield "    at = 4"
    yield from (f"    {line}" for line in body)
    yield "    if at != len(p):"
    yield "        raise struct.error(f'its fields end at octet {at}, the payload at {len(p)}')"
    yield from (f"    {line}" for line in tables)
    yield "    m = new(cls)"
    yield from (f"    set_{each.name}(m, {each.name})" for each in _read(steps))
    yield "    return m"


def _bit_lines(places: list[list[Field]]) -> Iterator[str]:
    for place in places:
        if place[0].kind == "bit":
            for shift, each in enumerate(place):
                if not each.reserved:
                    yield f"{each.name} = bits & {1 << shift} != 0"


def describe(cls: type[Method]) -> str:
    """Show the generated source text of a method's codec, for a person who doubts it."""
    if cls not in DECLARED.values():
        raise EncodeError(f"{cls.__name__} is no AMQP method")
    return f"{_encoder_source(cls)}\n\n{_decoder_source(cls)}\n"
