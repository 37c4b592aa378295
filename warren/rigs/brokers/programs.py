"""`broker.programs`: programs beside the broker, which a case starts by their names in the suite's `programs.toml`."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from warren.claims.programs import load_programs
from warren.rigs.brokers.running_program import RunningProgram
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.programs import ProgramManifest
    from warren.evidence.rows import MessageRow
    from warren.worlds.real import Place
    from warren.worlds.real.databases import CaseDatabase


class Programs:
    """Starts programs on the case's vhost and on a database of its own; `close` ends them."""

    def __init__(self, manifest: Path, place: Place) -> None:
        """Start nothing and read nothing yet: most cases need no program and no database."""
        self.running: list[RunningProgram] = []
        self._path, self._place = manifest, place
        self._stack = contextlib.ExitStack()

    @property
    def folder(self) -> Path:
        """A folder of the case's own, for its programs' files."""
        return self._place.folder

    def start(self, program: str, name: str, *arguments: object) -> RunningProgram:
        """Start one with these arguments after its command; `name` is its own in the case.

        Raises `ManifestError` where `program` is not in the manifest, or cannot be started as that says.
        """
        inherited = inherited_environment()
        found = self._manifest.program(program, inherited["PATH"])
        running = RunningProgram(
            name,
            (*found.argv, *map(str, arguments)),
            directory=found.directory,
            environment={
                **inherited,
                "WARREN_AMQP_URL": self._place.broker.amqp_url(self._place.vhost),
                **self._database.urls.environment,
            },
            log=self.folder / f"{name}.err",
            secrets=(*self._place.broker.secrets, self._database.urls.password),
        )
        self._stack.callback(running.close)
        self.running.append(running)
        return running

    def message_rows(self) -> tuple[MessageRow, ...]:
        """Give the rows of `message_log` in the programs' database."""
        return self._database.messages()

    def close(self) -> None:
        """End all programs, then their database."""
        self._stack.close()

    @functools.cached_property
    def _manifest(self) -> ProgramManifest:
        return load_programs(self._path)

    @functools.cached_property
    def _database(self) -> CaseDatabase:
        return self._stack.enter_context(self._place.database())
