"""What a program that was not written for Warren is given in a case, beside its lines.

That is its words for where everything is, a copy of its directory, a way into the case's vhost, the HTTP stub, and a
container's network where it is an image.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from warren.worlds.line.plan import Entry
from warren.worlds.real.directories import copy_directory
from warren.worlds.real.http_stub import HttpStub
from warren.worlds.real.placeholders import (
    Placeholders,
    of_broker,
    of_contract,
    of_database,
    of_services,
)
from warren.worlds.real.vhosts_of_case import VhostsOfCase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Answer
    from warren.workloads import Role
    from warren.worlds.real.containers import Containers
    from warren.worlds.real.databases import DatabaseUrls
    from warren.worlds.real.place import Place
    from warren.worlds.real.process import RealProcess

_READ: Final = 10.0
"""Seconds in which a program reads its files and connects; it is only waited for."""


class OwnPrograms:
    """Made with a case's world, and ended with it. Nothing is opened before it is needed."""

    def __init__(
        self,
        place: Place,
        now: Callable[[], float],
        services: Mapping[str, tuple[str, int]],
        answers: Sequence[Answer],
        *,
        make_containers: Callable[[tuple[str, int]], Containers],
        await_connected: Callable[[RealProcess, float], object],
    ) -> None:
        """Stand on a place; the services are told by host and port, the answers are the stub's.

        Containers are made with the stub's host and port. `await_connected` waits at most so many seconds until a
        process has connected, or ended.
        """
        self._place, self._now, self._await_connected = place, now, await_connected
        self._services = of_services(services)
        self._answers, self._make_containers = answers, make_containers
        self._seconds = 0.0
        self.vhosts = VhostsOfCase(place.vhost, place.make_vhost)
        self._reader: RealProcess | None = None
        self._directories: list[Path] = []
        self._started: tuple[Program, Role, Mapping[str, str]] | None = None

    @cached_property
    def stub(self) -> HttpStub:
        """The service that they call in the place of a real one."""
        stub = HttpStub(self._now, self._answers)
        stub.seconds = self._seconds
        return stub

    @cached_property
    def containers(self) -> Containers:
        """What starts those that are images."""
        url = urlsplit(self.stub.url)
        return self._make_containers((url.hostname or "", url.port or 0))

    @property
    def directory(self) -> Path | None:
        """The copy in which the last instance was started; None before the first is."""
        return self._directories[-1] if self._directories else None

    @property
    def has_any(self) -> bool:
        """Whether one was ever started here."""
        return bool(self._directories) or "containers" in vars(self)

    def stretch(self, seconds: float) -> None:
        """Have the stub's answers take so long."""
        self._seconds = seconds
        if "stub" in vars(self):
            self.stub.seconds = seconds

    def entry(self, program: Program, name: str, heartbeat: int) -> Entry:
        """Say how an instance that names its own vhosts and user gets into the case's, offered that heartbeat (s)."""
        others = partial(self.vhosts.ask, work=program.vhost, where=f"instance {name}")
        url = urlsplit(self._place.broker.amqp_url(self._place.vhost))
        user, password = unquote(url.username or ""), unquote(url.password or "")
        return Entry(self._place.vhost, user, password, heartbeat, others)

    def in_its_words(
        self,
        program: Program,
        directory: Path,
        told: Mapping[str, str],
        urls: DatabaseUrls,
    ) -> Program:
        """Have a program in a copy of its directory (`directory_of`), with its places filled in.

        Where that is shared, whoever was started last is given time to read its own templates, which this one's
        overwrite: it has read them when it connects, or ends; one that does neither is waited for no longer.
        """
        places = self._places(told, told["WARREN_AMQP_URL"], urls)
        reader, self._reader = self._reader, None
        if reader is not None and not program.keeps_to_itself:
            self._await_connected(reader, _READ)
        places.write_templates(program, directory)
        return places.filled(program, directory)

    def note(self, program: Program, role: Role, told: Mapping[str, str]) -> None:
        """Keep how a consumer is started: what counts its effects is run alike."""
        self._started = program, role, told

    def counting(self, argv: tuple[str, ...], urls: DatabaseUrls) -> Program | None:
        """Give a command that counts effects as the program that is run; None before a consumer was started.

        It has the consumer's environment and directory, and a way of its own to broker and database: what is done to an
        instance's lines is not done to it.
        """
        if self._started is None:
            return None
        program, role, told = self._started
        broker = self._place.broker.amqp_url(self._place.vhost)
        places = self._places(told, broker, urls)
        counter = replace(program, argv=argv, source=f"the effect by {' '.join(argv)}")
        return places.filled(counter, self.directory_of(program, role, told["WARREN_INSTANCE"]))

    def _places(self, told: Mapping[str, str], broker: str, urls: DatabaseUrls) -> Placeholders:
        return Placeholders(
            {
                **of_contract(told),
                **of_broker(broker),
                **of_database(urls),
                **self._services,
                "http_stub_url": self.stub.url,
            }
        )

    def started(self, program: Program, process: RealProcess) -> None:
        """Note who reads the templates that were filled in last."""
        if program.templates:
            self._reader = process

    def directory_of(self, program: Program, role: Role, instance: str) -> Path:
        """Give the copy of a program's directory that its role has in this case, or each instance of it."""
        whose = instance if program.keeps_to_itself else role.name
        directory = self._place.folder / "directory" / whose
        if directory not in self._directories:
            copy_directory(program.directory, directory)
            self._directories.append(directory)
        return directory

    def file(self, path: str) -> bytes | None:
        """Read a file of the directory; None where there is none. Where several have it, one stands after the other."""
        found = []
        for directory in self._directories:
            with suppress(FileNotFoundError, NotADirectoryError):
                found.append((directory / path).read_bytes())
        return b"\n".join(found) if found else None

    def close_stub(self) -> None:
        """Listen no more."""
        if "stub" in vars(self):
            self.stub.close()

    def close_containers(self) -> None:
        """End what containers share."""
        if "containers" in vars(self):
            self.containers.close()
