"""Manifests: what an implementation says of itself, read from one TOML file (`docs/contract.md`, `docs/plug-in.md`).

Here live the reading of the file, for the designs of the course, and the check that its commands exist. Reading is pure
but for the one file and those it names: nothing is looked up on PATH and nothing is started. The facts are
`warren.claims.implementation`'s, the keys and their types `warren.claims.manifest_shape`'s, a user's own consumers
(`protocol = 2`) `warren.claims.own_manifest`'s.
"""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

from warren.claims.implementation import (
    Implementation,
    ImplementedDesign,
    KnownFailure,
    Program,
    Schema,
)
from warren.claims.manifest_file import read_toml, refusal
from warren.claims.manifest_shape import Fault, ManifestShape, nearest, read_shape
from warren.claims.own_manifest import read_own
from warren.claims.own_shape import PROTOCOL as OWN_PROTOCOL
from warren.claims.promises import faults_of_known_failures, faults_of_promises
from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.claims.manifest_shape import DesignShape, RoleShape


PYTHON = ("python", "-m")
"""How a command begins whose modules can be loaded ahead."""


def load_manifest(path: Path, catalogue: Catalogue, today: date | None = None) -> Implementation:
    """Read and check one manifest; raise `ManifestError` with a sentence a line.

    Known failures expire by `today`, and never where that is None.
    """
    data = read_toml(path, "name the implementation.toml of an implementation")
    if data.get("protocol") == OWN_PROTOCOL or ("consumers" in data and "designs" not in data):
        return read_own(path.absolute(), data, catalogue, today)
    shape = read_shape(data)
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
    faults = {
        Fault(key, words): None  # what several consumers share is named once
        for key, program, path in _programs(implementation, search_path)
        if (words := missing(program, path))
    }
    if faults:
        raise refusal(implementation.path, [*faults])


def _faults_of_words(shape: ManifestShape, catalogue: Catalogue) -> Iterator[Fault]:
    """Find words that a design or the catalogue does not have, and promises that contradict."""
    for slug, design in shape.designs.items():
        key = f"designs.{slug}"
        yield from _faults_of_roles(f"{key}.roles", slug, design)
        yield from faults_of_promises(key, (slug,), design, catalogue)
    claims = {slug: design.claims for slug, design in shape.designs.items()}
    yield from faults_of_known_failures(shape.known_failures, claims, catalogue)
    commands = [role.command for design in shape.designs.values() for role in design.roles.values()]
    if shape.preload and not any(map(_can_be_preloaded, commands)):
        words = 'serves no command: none begins with ["python", "-m"]; mend one, or take it out'
        yield Fault("preload", words)


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
                workload=WORKLOADS[slug],
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
            KnownFailure.of(known, known.design, today) for known in shape.known_failures
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
    match implementation.migrate:
        case Program() as migrate:
            yield "migrate", migrate, search_path
        case Schema(program=Program() as migrate):
            yield "database.migrate", migrate, search_path
    for slug, design in implementation.designs.items():
        for role, program in design.roles.items():
            path = _path(program, search_path)
            key = "consumers" if program.has_placeholders else f"designs.{slug}.roles"
            yield f"{key}.{role}", program, path
        for publisher in design.publishers.values():
            program = publisher.program
            key = program.source.partition(" of ")[0]
            yield key, program, _path(program, search_path)
        for service in design.surroundings.services:
            for key, started in (("", service.program), (".reset", service.reset)):
                if started is not None:
                    yield f"services.{service.name}{key}", started, _path(started, search_path)


def _path(program: Program, search_path: str) -> str:
    return program.environment.get("PATH", search_path)


def missing(started: Program, search_path: str) -> str:
    """Say what is missing; as for execvp, a name with a slash is a path, any other is on PATH."""
    if started.container is not None:
        return ""  # its engine knows
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
