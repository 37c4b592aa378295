"""What an implementation says of itself, as facts. `warren.claims.manifest` reads them from its file."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.claims.surroundings import Surroundings
from warren.claims.verdict import Stance

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from warren.claims.manifest_shape import KnownFailureShape
    from warren.workloads import Workload


@dataclass(frozen=True, slots=True)
class Container:
    """What a program's container is made of: an image, or a service of a Compose file (an absolute path).

    With `keeps_stop_signal` it is asked to end by the signal that the image or the service names.
    """

    image: str = ""
    compose: Path | None = None
    service: str = ""
    keeps_stop_signal: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """What a world starts: for the real one, an argv that is run without a shell in an absolute directory.

    `environment` is added to what Warren passes. `stop_signal` asks a process of it to end, for which
    it has `grace` seconds. `preload` names Python modules that may be loaded ahead (`PYTHON` begins its argv then).
    `source` says where it is named, for the sentence of an error.

    One that `has_placeholders` was not written for Warren. It is told nothing but what its argv, its environment and
    its `templates` (file made: file it is made from) have a place for, and runs in a copy of its directory, or in a
    `container`: its argv takes the place of the container's command then, or is empty. That copy is one for all
    instances of a case, unless each `keeps_to_itself`. Where it asks for several vhosts, `vhost` is what it calls that
    of its work queue.
    """

    argv: tuple[str, ...]
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    preload: tuple[str, ...] = ()
    has_placeholders: bool = False
    keeps_to_itself: bool = False
    templates: dict[str, str] = field(default_factory=dict)
    container: Container | None = None
    vhost: str = ""
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """How an empty database is made ready: by a program, then by SQL scripts, in their order; absolute paths."""

    program: Program | None = None
    scripts: tuple[Path, ...] = ()
    is_used: bool = True
    """Whether the implementation is told of its database at all."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A program that sends one message; of several, the one that goes there. None is any exchange or routing key."""

    program: Program
    exchange: str | None = None
    routing_key: str | None = None


@dataclass(frozen=True, slots=True)
class ImplementedDesign:
    """One design of an implementation, or a consumer of a user's own: its work, its roles, its claims and denials."""

    workload: Workload
    roles: dict[str, Program]
    claims: frozenset[str]
    denies: frozenset[str]
    surroundings: Surroundings = field(default_factory=Surroundings)
    """What its instances find besides broker and database."""
    publishers: dict[str, Publisher] = field(default_factory=dict)
    """Who sends its messages, where a user has programs for that: the usual one (""), the slow one, the poison."""

    @property
    def slug(self) -> str:
        """Its name in the manifest."""
        return self.workload.slug


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A requirement of a claimed guarantee that is known not to hold.

    `design` is None where it does not hold in any design that claims the guarantee. `expires` is the last day on which
    it may fail, and `is_expired` says whether that was over when the manifest was read.
    """

    requirement: str
    design: str | None
    reason: str
    link: str
    expires: date | None = None
    is_expired: bool = False

    @classmethod
    def of(cls, shape: KnownFailureShape, design: str | None, today: date | None) -> KnownFailure:
        """Take what a manifest says of one; it never expires where `today` is None."""
        is_over = bool(today and shape.expires and shape.expires < today)
        return cls(
            shape.requirement, design, shape.reason, shape.link, shape.expires, is_expired=is_over
        )


@dataclass(frozen=True, slots=True)
class Implementation:
    """A set of designs; `path` is the absolute path of the manifest."""

    name: str
    language: str
    path: Path
    migrate: Program | Schema | None
    """What makes its tables; None for the two tables of the contract."""
    designs: dict[str, ImplementedDesign]
    known_failures: tuple[KnownFailure, ...]

    def stance(self, design: str, guarantee: str, requirement: str) -> tuple[Stance, str]:
        """Say what the manifest promises of a requirement, and why a known failure is one (or "").

        Raises `KeyError` for a design that this implementation does not have.
        """
        implemented = self.designs[design]
        if guarantee in implemented.denies:
            return Stance.DENIED, ""
        if guarantee not in implemented.claims:
            return Stance.OBSERVED, ""
        known = self._known(design, requirement)
        if known is not None:
            return Stance.KNOWN_FAILURE, f"{known.reason} ({known.link})"
        return Stance.CLAIMED, ""

    def expired(self, design: str, requirement: str) -> str:
        """Give the day after which a known failure is none any more, where that is over; else ""."""
        known = self._known(design, requirement)
        return known.expires.isoformat() if known and known.expires and known.is_expired else ""

    def _known(self, design: str, requirement: str) -> KnownFailure | None:
        found = (k for k in self.known_failures if k.requirement == requirement)
        return next((k for k in found if k.design in (design, None)), None)
