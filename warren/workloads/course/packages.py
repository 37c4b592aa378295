"""Work in packages of texts (document 1, chapters 2 to 4b): what its designs have in common.

Each package leaves *effects*: rows of `message_log`. A row is known by what it means (parsed JSON for parts and
results; byte for byte for a source body), so that any JSON writer will do.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from warren.evidence.json_text import parse_json
from warren.workloads.course.bad_input import MALFORMED, MISSHAPEN
from warren.workloads.course.design import CourseDesign
from warren.workloads.course.package_tally import Effect, Package, PackageTally
from warren.workloads.course.roles import ROUTES, STREAM
from warren.workloads.protocol import Poison

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from warren.workloads.protocol import Caller, Maker, Role, Route, Tables, Unit

_WORDS: Final = ("text", "varchar", "string")
"""What the document's packages call their texts, one package after another."""

_AROUND: Final = 64
"""Octets of a row beside the texts of its package, or more."""


@dataclass(frozen=True, slots=True)
class PackageDesign(CourseDesign, ABC):
    """What the designs for packages have in common.

    `work` is the shortest and longest work on one text. `document` names the payload that the document publishes.
    """

    slug: str
    roles: dict[Role, int] = field(hash=False)
    work: tuple[float, float]
    document: str

    @property
    def worker(self) -> Role:
        """The role that works on texts."""
        return next(iter(self.roles))

    @property
    def entry(self) -> Role:
        """Packages go to the stream consumers."""
        return STREAM

    @property
    def caller(self) -> Caller | None:
        """Nobody asks for a package by HTTP."""
        return None

    @property
    def routes(self) -> tuple[Route, ...]:
        """All of the course."""
        return ROUTES

    @property
    def malformed(self) -> Sequence[bytes]:
        """Bodies that are no JSON."""
        return MALFORMED

    @property
    def misshapen(self) -> Sequence[bytes]:
        """JSON of another shape."""
        return MISSHAPEN

    @property
    def is_chain(self) -> bool:
        """Whether a part consumer publishes the next step, so that the stream consumer publishes the first alone."""
        return False

    def make(self, size: int, number: int, maker: Maker) -> Package:
        """Make a package of so many texts, written without spaces."""
        texts = numbered(size, _WORDS[number % len(_WORDS)])
        return self.read(package_body(*texts), maker.new_id())

    def make_unique(self, size: int, maker: Maker) -> Package:
        """Make a package of so many texts that no other has."""
        message_id = maker.new_id()
        return self.read(package_body(*numbered(size, f"{message_id}-")), message_id)

    def fill(self, octets: int, maker: Maker) -> Package:
        """Make a package of one text, as long as it takes."""
        message_id = maker.new_id()
        text = message_id.ljust(octets - len(package_body("")), "x")
        return self.read(package_body(text), message_id)

    @property
    def copies(self) -> int:
        """How often a row has the texts of its package."""
        return 1

    def longest_body(self, row: int) -> int:
        """Leave room for what a row has beside the texts."""
        return (row - _AROUND) // self.copies

    def poison(self, maker: Maker) -> Poison:
        """Make a package of one text, of which no row can have it."""
        text = maker.new_id()
        maker.refuse_messages(text)
        return Poison(maker.new_id(), package_body(text), text.encode())

    def read(self, body: bytes, message_id: str) -> Package:
        """Give the package that a body is."""
        return Package(message_id, tuple(json.loads(body)["texts"]), body)

    def called(self, tables: Tables) -> tuple[Unit, ...]:
        """Give none: nobody makes a package when it is called."""
        del tables
        return ()

    def unit_work(self, size: int) -> float:
        """Give the longest work on all texts of a package, one after another."""
        return self.work[1] * size

    def message_work(self, size: int) -> tuple[float, float]:
        """Give the shortest and longest work on one part; on the whole package, where the worker takes it whole."""
        texts = size if self.worker is STREAM else 1
        return self.work[0] * texts, self.work[1] * texts

    def tally(self, units: Iterable[Unit], tables: Tables) -> PackageTally:
        """Match the rows of `message_log` to the effects that packages owe."""
        packages = [unit for unit in units if isinstance(unit, Package)]
        return PackageTally.of(self, packages, tables.message_rows())

    @abstractmethod
    def owes(self, package: Package) -> tuple[Effect, ...]:
        """List the effects of a package, in the order in which the document wants them."""

    def effects_like(self, packages: Iterable[Package], message: str) -> tuple[Effect, ...]:
        """Give the effects that a row may be; several where packages or texts are alike, often none."""
        read = parse_json(message)
        return tuple(
            Effect(package.message_id, index)
            for package in packages
            for index in self.indices(package, message, read)
        )

    @abstractmethod
    def indices(self, package: Package, message: str, read: object) -> Iterator[int]:
        """Give the indices of a package's effects that a row may be; `read` is the message as JSON."""

    @abstractmethod
    def leaves(self, effect: Effect) -> bool:
        """Whether each message of a worker leaves an effect of this kind, so that they can be counted by it."""


def numbered(count: int, word: str = "text") -> tuple[str, ...]:
    """Give `text1`, `text2` … as the document's payloads do."""
    return tuple(f"{word}{n}" for n in range(1, count + 1))


def package_body(*texts: str) -> bytes:
    """Write a package as the rig publishes it: JSON without spaces."""
    return json.dumps({"texts": texts}, separators=(",", ":")).encode()
