"""Programs that cases of a broker start by name, read from one TOML file such as `reference_impl/programs.toml`.

What a program must do for its case stands in that file. Reading is as careful as for an implementation's manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.claims.implementation import Program
from warren.claims.manifest import missing
from warren.claims.manifest_file import read_toml, refusal
from warren.claims.manifest_shape import Fault, ProgramsShape, nearest, read_programs_shape

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProgramManifest:
    """The programs of one file, by name; `path` is absolute."""

    path: Path
    programs: dict[str, Program]

    def program(self, name: str, search_path: str) -> Program:
        """Give a program that can be started; raise `ManifestError` where there is none.

        `search_path` is the PATH that it will get.
        """
        if name not in self.programs:
            hint = nearest(name, self.programs)
            words = f"a case needs the program `{name}`{hint}, or add [programs.{name}]"
            raise refusal(self.path, [Fault("programs", words)])
        program = self.programs[name]
        if words := missing(program, search_path):
            raise refusal(self.path, [Fault(f"programs.{name}", words)])
        return program


def load_programs(path: Path) -> ProgramManifest:
    """Read and check the file; raise `ManifestError` with a sentence a line."""
    shape = read_programs_shape(read_toml(path, "put the suite's programs.toml there"))
    if not isinstance(shape, ProgramsShape):
        raise refusal(path, shape)
    path = path.absolute()
    return ProgramManifest(
        path,
        {
            name: Program(tuple(program.command), path.parent / program.directory)
            for name, program in shape.programs.items()
        },
    )
