"""The shape of a manifest: its keys and their types, and a sentence for every departure from them.

What stands in the catalogue or depends on the design (roles, guarantees, requirements) is checked
by `warren.claims.manifest`.
"""

from __future__ import annotations

import difflib
import re
import signal
from datetime import date
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Literal,
    NamedTuple,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.functional_validators import AfterValidator, BeforeValidator

from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

MAX_GRACE = 60.0
"""The longest time (s) an instance may ask for to end."""

FEW = 12
"""So many words still fit in a sentence."""

_UNCATCHABLE = ("SIGKILL", "SIGSTOP")
_SIGNALS = tuple(s.name for s in signal.Signals if s.name not in _UNCATCHABLE)
_STOPPING = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2")
"""What programs are usually stopped with; any other that can be caught is taken, but not proposed."""


def signal_name(name: str) -> str:
    """Take the name of a signal that can be caught; raise `ValueError` for another."""
    if name in _UNCATCHABLE:
        raise ValueError(f"`{name}` cannot be caught; name a signal that asks, such as SIGTERM")
    if name not in _SIGNALS:
        raise ValueError(f"there is no signal `{name}`{nearest(name, _STOPPING)}")
    return name


def _design_slug(slug: str) -> str:
    if slug not in WORKLOADS:
        raise ValueError(f"there is no design `{slug}`{nearest(slug, WORKLOADS)}")
    return slug


def variable_name(name: str) -> str:
    """Take the name of a variable that a manifest may set; raise `ValueError` for another."""
    if name.startswith("WARREN_"):
        raise ValueError(f"`{name}` belongs to Warren; take it out, names in WARREN_ are passed in")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is no name of a variable; use letters, digits and _")
    return name


def _module_name(name: str) -> str:
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(
            f"{name!r} is no name of a Python module; write one such as `orders.consumer`"
        )
    return name


def _day(given: object) -> object:
    if type(given) is not date:
        raise ValueError(f"{given!r:.80} is no day; write one without quotes, such as 2027-01-31")
    return given


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a zero character cannot be passed to a process; take it out")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Word = Annotated[Text, StringConstraints(min_length=1)]
ModuleName = Annotated[str, AfterValidator(_module_name)]
Argv = Annotated[list[Word], Field(min_length=1)]


class Shape(BaseModel):
    """A table of known keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StopShape(Shape):
    """`stop` of a role."""

    signal: Annotated[str, AfterValidator(signal_name)] = "SIGTERM"
    grace: float = Field(default=5.0, gt=0, le=MAX_GRACE)


class RoleShape(Shape):
    """`[designs.DESIGN.roles.ROLE]`."""

    command: Argv
    directory: Word | None = None
    environment: dict[Annotated[str, AfterValidator(variable_name)], Text] = {}
    stop: StopShape = StopShape()


class DesignShape(Shape):
    """`[designs.DESIGN]`."""

    claims: list[str] = []
    denies: list[str] = []
    roles: dict[str, RoleShape]


class KnownFailureShape(Shape):
    """`[[known_failures]]`."""

    requirement: str
    design: str | None = None
    reason: Word
    link: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
    expires: Annotated[date, BeforeValidator(_day)] | None = None


class ManifestShape(Shape):
    """The whole file."""

    protocol: Literal[1]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    language: Word
    directory: Word = "."
    migrate: Argv | None = None
    preload: list[ModuleName] = []
    designs: Annotated[
        dict[Annotated[str, AfterValidator(_design_slug)], DesignShape], Field(min_length=1)
    ]
    known_failures: list[KnownFailureShape] = []


class ProgramShape(Shape):
    """`[programs.NAME]`."""

    command: Argv
    directory: Word = "."


class ProgramsShape(Shape):
    """The whole file of the programs that cases of a broker start."""

    protocol: Literal[1]
    programs: Annotated[dict[Word, ProgramShape], Field(min_length=1)]


_Whole = TypeVar("_Whole", bound=Shape)


class Fault(NamedTuple):
    """What is wrong at a key (`designs.blocking.roles`), as a sentence without a full stop."""

    key: str
    words: str


def read_shape(data: object) -> ManifestShape | list[Fault]:
    """Give the manifest, or all its faults."""
    return read(data, ManifestShape)


def read_programs_shape(data: object) -> ProgramsShape | list[Fault]:
    """Give the file of the programs, or all its faults."""
    return read(data, ProgramsShape)


def nearest(word: str, words: Iterable[str]) -> str:
    """End the sentence about an unknown word: with the nearest right one, or with all if few."""
    right = list(words)
    near = difflib.get_close_matches(word, right, n=1, cutoff=0.5)
    if near:
        return f"; did you mean `{near[0]}`"
    return f"; use one of {', '.join(right)}" if len(right) <= FEW else "; see `warren list`"


def read(data: object, whole: type[_Whole]) -> _Whole | list[Fault]:
    """Give a file's shape, or all its faults."""
    try:
        return whole.model_validate(data)
    except ValidationError as error:
        return [_fault(details, whole) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails, whole: type[Shape]) -> Fault:
    location = tuple(part for part in details["loc"] if part != "[key]")
    return Fault(_key(location), _words(details, location, whole))


def _key(location: tuple[int | str, ...]) -> str:
    """Write a place as people write it: `known_failures[0].reason`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _words(details: ErrorDetails, location: tuple[int | str, ...], whole: type[Shape]) -> str:
    """Say what is wrong; pydantic's own words serve where nothing better is known."""
    found = f"{details['input']!r:.80}"
    match details["type"], location:
        case "extra_forbidden", (*parent, key):
            words = f"unknown key `{key}`{nearest(str(key), _keys_in(tuple(parent), whole))}"
        case "missing", _:
            words = f"this key is missing; {_to_add(location, whole)}"
        case "literal_error", ("protocol",):
            words = f"protocol {found} is not known; write {_protocol_of(whole)}"
        case "string_pattern_mismatch", ("name",):
            words = f"{found} is no name; use a-z, 0-9 and '-', such as `orders-php`"
        case "string_pattern_mismatch", (*_, "link"):
            words = f"{found} is no link; write an http:// or https:// address"
        case "list_type", (*_, "command" | "migrate"):
            words = 'a command is a list of words, no shell string; write ["php", "file.php"]'
        case "too_short", ("designs" | "programs" | "consumers" as table,):
            words = f"there is no {table.removesuffix('s')} in it; add [{table}.NAME]"
        case "too_short", _:
            words = "this is empty; fill it in"
        case "value_error", _:
            words = str(details["ctx"]["error"])
        case _:
            message = details["msg"]
            words = f"{message[:1].lower()}{message[1:]}; it is {found}"
    return words


def _to_add(location: tuple[int | str, ...], whole: type[Shape]) -> str:
    """Say what to do about a key that is missing."""
    match location:
        case ("protocol",):
            return f"write {_protocol_of(whole)}"
        case (*_, "effects"):
            return "have `warren learn` find what each message leaves, or add [[consumers.NAME.effects]]"
        case _:
            return "add it"


def _protocol_of(whole: type[Shape]) -> str:
    (known,) = get_args(whole.model_fields["protocol"].annotation)
    own = " for a design of the course, `protocol = 2` for a consumer of your own"
    return f"`protocol = {known}`{own if whole is ManifestShape else ''}"


def _keys_in(location: tuple[int | str, ...], whole: type[Shape]) -> Iterable[str]:
    """Give the right keys of the table at a place; none where there is no table of known keys."""
    annotation: object = whole
    for part in location:
        annotation = _inside(annotation, part)
    annotation = _bare(annotation)
    return _fields_of(annotation) if _is_shape(annotation) else ()


def _inside(annotation: object, part: int | str) -> object:
    """Say what stands at a key of a table, or in a table or list of several."""
    annotation = _bare(annotation)
    if _is_shape(annotation):
        field = _fields_of(annotation).get(str(part))
        return field.annotation if field else None
    return next(reversed(get_args(annotation)), None)


def _fields_of(shape: type[Shape]) -> dict[str, FieldInfo]:
    """Give the fields of a table by the keys that a person writes."""
    return {field.alias or name: field for name, field in shape.model_fields.items()}


def _bare(annotation: object) -> object:
    """Take off what a type is annotated with, and that it may be absent."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    return annotation


def _is_shape(annotation: object) -> TypeGuard[type[Shape]]:
    return isinstance(annotation, type) and issubclass(annotation, Shape)
