"""What an implementation says of itself, as facts. `warren.claims.manifest` reads them from its file."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.claims.verdict import Stance

if TYPE_CHECKING:
    from pathlib import Path

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
    `container`: its argv takes the place of the container's command then, or is empty.
    """

    argv: tuple[str, ...]
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    preload: tuple[str, ...] = ()
    has_placeholders: bool = False
    templates: dict[str, str] = field(default_factory=dict)
    container: Container | None = None
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """How an empty database is made ready: by a program, then by SQL scripts, in their order; absolute paths."""

    program: Program | None = None
    scripts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ImplementedDesign:
    """One design of an implementation, or a consumer of a user's own: its work, its roles, its claims and denials."""

    workload: Workload
    roles: dict[str, Program]
    claims: frozenset[str]
    denies: frozenset[str]

    @property
    def slug(self) -> str:
        """Its name in the manifest."""
        return self.workload.slug


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A requirement of a claimed guarantee that is known not to hold.

    `design` is None where it does not hold in any design that claims the guarantee.
    """

    requirement: str
    design: str | None
    reason: str
    link: str


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
        for known in self.known_failures:
            if known.requirement == requirement and known.design in (design, None):
                return Stance.KNOWN_FAILURE, f"{known.reason} ({known.link})"
        return Stance.CLAIMED, ""
