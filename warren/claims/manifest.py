"""Manifests: what an implementation says of itself, read from one TOML file (`docs/contract.md`).

Here live the facts (`Implementation` and its parts), the reading of the file, and the check that
its commands exist. Reading is pure but for the one file: nothing is looked up on PATH and nothing
is started. The keys and their types are `warren.claims.manifest_shape`'s.
"""

from __future__ import annotations

import os
import shutil
import signal
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.claims.manifest_shape import Fault, ManifestShape, nearest, read_shape
from warren.claims.verdict import Stance
from warren.errors import ManifestError
from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.claims.manifest_shape import DesignShape, KnownFailureShape, RoleShape


PYTHON = ("python", "-m")
"""How a command begins whose modules can be loaded ahead."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a world starts: for the real one, an argv that is run without a shell in an absolute directory.

    `environment` is added to what Warren passes. `stop_signal` asks a process of it to end, for which
    it has `grace` seconds. `preload` names Python modules that may be loaded ahead (`PYTHON` begins its argv then).
    `source` says where it is named, for the sentence of an error.
    """

    argv: tuple[str, ...]
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    preload: tuple[str, ...] = ()
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ImplementedDesign:
    """One design of an implementation: its roles, and the guarantees that it claims and denies."""

    slug: str
    roles: dict[str, Program]
    claims: frozenset[str]
    denies: frozenset[str]


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


@dataclass(frozen=True, slots=True)
class Implementation:
    """A set of designs; `path` is the absolute path of the manifest."""

    name: str
    language: str
    path: Path
    migrate: Program | None
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


def load_manifest(path: Path, catalogue: Catalogue, today: date | None = None) -> Implementation:
    """Read and check one manifest; raise `ManifestError` with a sentence a line.

    Known failures expire by `today`, and never where that is None.
    """
    shape = read_shape(read_toml(path, "name the implementation.toml of an implementation"))
    if not isinstance(shape, ManifestShape):
        raise refusal(path, shape)
    if faults := list(_faults_of_words(shape, catalogue)):
        raise refusal(path, faults)
    return _implementation(path.absolute(), shape, today)


def check_commands(implementation: Implementation, search_path: str) -> None:
    """Raise `ManifestError`, a sentence a line, unless all directories and programs exist.

    `search_path` is the PATH that instances get; a role whose `environment` sets PATH is looked up
    in that.
    """
    faults = [
        Fault(key, words)
        for key, program, path in _programs(implementation, search_path)
        if (words := missing(program, path))
    ]
    if faults:
        raise refusal(implementation.path, faults)


def read_toml(path: Path, advice: str) -> dict[str, object]:
    """Read a file; raise `ManifestError` where that cannot be done, with `advice` where it is not there."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ManifestError(
            f"the manifest cannot be read: {reason}",
            where=str(path),
            what_to_do=advice,
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(
            f"this is no TOML in UTF-8: {error}", where=str(path), what_to_do="mend that place"
        ) from error


def refusal(path: Path, faults: list[Fault]) -> ManifestError:
    """Make one error of all faults; its text is a sentence a line."""
    sentences = [str(ManifestError(fault.words, where=f"{path}, {fault.key}")) for fault in faults]
    return ManifestError("\n".join(sentences).removesuffix("."))


def _faults_of_words(shape: ManifestShape, catalogue: Catalogue) -> Iterator[Fault]:
    """Find words that a design or the catalogue does not have, and promises that contradict."""
    for slug, design in shape.designs.items():
        key = f"designs.{slug}"
        yield from _faults_of_roles(f"{key}.roles", slug, design)
        for list_name in ("claims", "denies"):
            yield from _faults_of_guarantees(
                f"{key}.{list_name}", slug, getattr(design, list_name), catalogue
            )
        for guarantee in sorted({*design.claims} & {*design.denies}):
            yield Fault(
                key, f"`{guarantee}` is both claimed and denied; take it out of one of the two"
            )
    for index, known in enumerate(shape.known_failures):
        key, earlier = f"known_failures[{index}]", shape.known_failures[:index]
        yield from _faults_of_known_failure(key, known, shape, catalogue)
        if any(_covers(one, known) for one in earlier):
            words = (
                f"`{known.requirement}` is a known failure above already; take one of the two out"
            )
            yield Fault(key, words)
    commands = [role.command for design in shape.designs.values() for role in design.roles.values()]
    if shape.preload and not any(map(_can_be_preloaded, commands)):
        words = 'serves no command: none begins with ["python", "-m"]; mend one, or take it out'
        yield Fault("preload", words)


def _covers(one: KnownFailureShape, other: KnownFailureShape) -> bool:
    return one.requirement == other.requirement and one.design in (other.design, None)


def _can_be_preloaded(command: Sequence[str]) -> bool:
    return tuple(command[: len(PYTHON)]) == PYTHON


def _faults_of_roles(key: str, slug: str, design: DesignShape) -> Iterator[Fault]:
    wanted = [role.name for role in WORKLOADS[slug].roles]
    for role in design.roles:
        if role not in wanted:
            yield Fault(
                f"{key}.{role}",
                f"the design `{slug}` has no role `{role}`{nearest(role, wanted)}",
            )
    for role in wanted:
        if role not in design.roles:
            yield Fault(key, f"the design `{slug}` needs the role `{role}`; add [{key}.{role}]")


def _faults_of_guarantees(
    key: str, slug: str, guarantees: list[str], catalogue: Catalogue
) -> Iterator[Fault]:
    for guarantee in guarantees:
        if guarantee not in catalogue.guarantees:
            hint = nearest(guarantee, catalogue.guarantees)
            yield Fault(key, f"there is no guarantee `{guarantee}`{hint}")
        elif slug not in catalogue.guarantees[guarantee].designs:
            designs = ", ".join(catalogue.guarantees[guarantee].designs)
            yield Fault(
                key,
                f"`{guarantee}` means nothing in `{slug}`, only in {designs}; take it out",
            )


def _faults_of_known_failure(
    key: str, known: KnownFailureShape, shape: ManifestShape, catalogue: Catalogue
) -> Iterator[Fault]:
    if known.design is not None and known.design not in shape.designs:
        hint = nearest(known.design, shape.designs)
        yield Fault(f"{key}.design", f"this manifest has no design `{known.design}`{hint}")
        return
    requirement = catalogue.requirements.get(known.requirement)
    if requirement is None:
        hint = nearest(known.requirement, catalogue.requirements)
        yield Fault(f"{key}.requirement", f"there is no requirement `{known.requirement}`{hint}")
        return
    designs = shape.designs if known.design is None else (known.design,)
    if requirement.designs and not {*designs} & {*requirement.designs}:
        where = f"in `{known.design}`" if known.design else "in any of its designs"
        words = f"no case looks for `{known.requirement}` {where}; take this entry out"
        yield Fault(f"{key}.requirement", words)
        return
    if not any(requirement.guarantee in shape.designs[design].claims for design in designs):
        where = f"in `{known.design}`" if known.design else "in any design"
        yield Fault(
            f"{key}.requirement",
            f"`{requirement.guarantee}` is not claimed {where}; claim it, or take this entry out",
        )


def _implementation(path: Path, shape: ManifestShape, today: date | None) -> Implementation:
    return Implementation(
        name=shape.name,
        language=shape.language,
        path=path,
        migrate=Program(
            tuple(shape.migrate), path.parent / shape.directory, source=f"migrate of {path}"
        )
        if shape.migrate
        else None,
        designs={
            slug: ImplementedDesign(
                slug=slug,
                roles={
                    role.name: _program(path, shape, design.roles[role.name])
                    for role in WORKLOADS[slug].roles
                },
                claims=frozenset(design.claims),
                denies=frozenset(design.denies),
            )
            for slug, design in shape.designs.items()
        },
        known_failures=tuple(
            KnownFailure(
                known.requirement,
                known.design,
                known.reason,
                known.link,
                known.expires,
                is_expired=bool(today and known.expires and known.expires < today),
            )
            for known in shape.known_failures
        ),
    )


def _program(path: Path, manifest: ManifestShape, shape: RoleShape) -> Program:
    return Program(
        argv=tuple(shape.command),
        directory=path.parent / (shape.directory or manifest.directory),
        environment=dict(shape.environment),
        stop_signal=signal.Signals[shape.stop.signal],
        grace=shape.stop.grace,
        preload=tuple(manifest.preload) if _can_be_preloaded(shape.command) else (),
    )


def _programs(
    implementation: Implementation, search_path: str
) -> Iterator[tuple[str, Program, str]]:
    if implementation.migrate:
        yield "migrate", implementation.migrate, search_path
    for slug, design in implementation.designs.items():
        for role, program in design.roles.items():
            path = program.environment.get("PATH", search_path)
            yield f"designs.{slug}.roles.{role}", program, path


def missing(started: Program, search_path: str) -> str:
    """Say what is missing; as for execvp, a name with a slash is a path, any other is on PATH."""
    program = started.argv[0]
    if not started.directory.is_dir():
        return f"there is no directory {started.directory}; mend `directory`"
    if os.sep in program:
        return _missing_in_directory(started.directory, program)
    if shutil.which(program, path=search_path):
        return ""
    if (started.directory / program).is_file():
        return f"`{program}` is not on PATH; for the one in the directory write `./{program}`"
    return f"`{program}` is not on PATH; install it, or mend the command"


def _missing_in_directory(directory: Path, program: str) -> str:
    path = directory / program
    if shutil.which(path):
        return ""
    if path.is_file():
        return f"{program} in {directory} is not executable; chmod +x {path}"
    return f"there is no program {program} in {directory}; mend it"
