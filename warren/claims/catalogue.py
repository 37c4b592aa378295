"""The catalogue: every guarantee and requirement, read from `conformance/catalogue.toml`.

What a broker must do stands in `conformance/brokers/catalogue.toml`, in themes: they are guarantees that nobody claims
and every broker owes, in the one design `AMQP`.

Here live the facts and their loading. How a requirement is judged is its case's matter.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from warren import suite
from warren.errors import SetupError
from warren.workloads import WORKLOADS
from warren.workloads.own import LIKE, OWN

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

AMQP = "amqp"
"""The column of the table, and the `design` of a finding, where a broker is judged."""

_Shape = TypeVar("_Shape", bound=BaseModel)


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One statement with a permanent id `<guarantee>.<slug>`, and where it comes from."""

    id: str
    level: Level
    statement: str
    source: str
    corrects: str = ""
    """What the document says instead, where it is wrong."""
    designs: tuple[str, ...] = ()
    """The designs in which a case judges it: those of its guarantee, unless it names fewer."""
    course: bool = False
    """Whether it is about the course's own story, and so about no consumer of somebody else's."""

    @property
    def guarantee(self) -> str:
        """The guarantee that this requirement is a part of."""
        return self.id.partition(".")[0]

    @property
    def is_about_own(self) -> bool:
        """Whether it is judged of a user's own consumer."""
        return bool({LIKE, OWN} & {*self.designs}) and not self.course


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A property that a consumer may claim, in the designs where it means something."""

    slug: str
    title: str
    designs: tuple[str, ...]
    needs_http: bool = False
    """Whether it is about who calls an HTTP service; of others it is asked where they promise something of it."""


@dataclass(frozen=True)
class Catalogue:
    """All guarantees and requirements, by slug and by id."""

    guarantees: dict[str, Guarantee]
    requirements: dict[str, Requirement]

    def of(self, guarantee: str) -> tuple[Requirement, ...]:
        """Give the requirements of one guarantee, in the catalogue's order."""
        return self._by_guarantee.get(guarantee, ())

    @cached_property
    def _by_guarantee(self) -> dict[str, tuple[Requirement, ...]]:
        found: dict[str, list[Requirement]] = defaultdict(list)
        for requirement in self.requirements.values():
            found[requirement.guarantee].append(requirement)
        return {guarantee: tuple(requirements) for guarantee, requirements in found.items()}

    def due(self, guarantee: str, design: str) -> frozenset[str]:
        """Give the ids of all requirements of a guarantee that are judged in a design.

        What is no design of the course is the name of a user's own consumer, judged as `LIKE` is, and as `OWN`.
        """
        if design in WORKLOADS or design == AMQP:
            return frozenset(r.id for r in self.of(guarantee) if design in r.designs)
        return frozenset(r.id for r in self.of(guarantee) if r.is_about_own)

    def without_course(self) -> Catalogue:
        """Give what can be judged of a consumer that is not the course's."""
        kept = {i: r for i, r in self.requirements.items() if r.is_about_own}
        about = {r.guarantee for r in kept.values()}
        return Catalogue({s: g for s, g in self.guarantees.items() if s in about}, kept)

    def __or__(self, other: Catalogue) -> Catalogue:
        """Join two catalogues that share no id."""
        return Catalogue(self.guarantees | other.guarantees, self.requirements | other.requirements)


class _Guarantee(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    designs: tuple[str, ...]
    needs_http: bool = False


class _Requirement(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    level: Level
    statement: str
    source: str
    corrects: str = ""
    designs: tuple[str, ...] = ()
    course: bool = False


class _Theme(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str


class _BrokerCatalogue(BaseModel):
    model_config = ConfigDict(extra="forbid")
    themes: dict[str, _Theme]
    requirements: tuple[_Requirement, ...]


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid")
    guarantees: dict[str, _Guarantee]
    requirements: tuple[_Requirement, ...]


def load_catalogue(path: Traversable | None = None) -> Catalogue:
    """Read and check the catalogue; raise `SetupError` where it contradicts itself."""
    path = path or suite.CONFORMANCE / "catalogue.toml"
    read = _read(path, _Catalogue)
    guarantees = {
        slug: Guarantee(slug, g.title, g.designs, g.needs_http)
        for slug, g in read.guarantees.items()
    }
    unknown = [
        f"{g.slug} names the unknown design {d}"
        for g in guarantees.values()
        for d in g.designs
        if d not in (*WORKLOADS, OWN)
    ]
    return _checked(path, guarantees, read.requirements, unknown)


def load_broker_catalogue() -> Catalogue:
    """Read and check what a broker owes; raise `SetupError` where it contradicts itself."""
    path = suite.CONFORMANCE / "brokers" / "catalogue.toml"
    read = _read(path, _BrokerCatalogue)
    themes = {slug: Guarantee(slug, theme.title, (AMQP,)) for slug, theme in read.themes.items()}
    return _checked(path, themes, read.requirements, [])


def _read(path: Traversable, shape: type[_Shape]) -> _Shape:
    try:
        return shape.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SetupError(
            f"the catalogue cannot be read: {error}",
            where=str(path),
            what_to_do="mend the catalogue",
        ) from error


def _checked(
    path: Traversable,
    guarantees: dict[str, Guarantee],
    read: tuple[_Requirement, ...],
    faults: list[str],
) -> Catalogue:
    counts = Counter(r.id for r in read)
    faults += [f"{id_} is there twice" for id_, count in counts.items() if count > 1]
    faults += [
        f"{id_} has no guarantee" for id_ in counts if id_.partition(".")[0] not in guarantees
    ]
    if faults:
        raise SetupError("; ".join(faults), where=str(path), what_to_do="mend the catalogue")
    requirements = [_requirement(r, guarantees[r.id.partition(".")[0]]) for r in read]
    faults = [
        f"{r.id} names the design {d}, which its guarantee does not have"
        for r in requirements
        for d in r.designs
        if d not in guarantees[r.guarantee].designs
    ]
    if faults:
        raise SetupError("; ".join(faults), where=str(path), what_to_do="mend the catalogue")
    return Catalogue(guarantees, {r.id: r for r in requirements})


def _requirement(read: _Requirement, guarantee: Guarantee) -> Requirement:
    designs = read.designs or guarantee.designs
    return Requirement(
        read.id, read.level, read.statement, read.source, read.corrects, designs, read.course
    )
