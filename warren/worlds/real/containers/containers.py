"""The containers of one case: what starts an instance in one, and takes back what all of them leave."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from docker.types import LogConfig

from warren.errors import InstanceError
from warren.worlds.real.brokers.container import JOURNAL_KIND, engine, label_of
from warren.worlds.real.containers.addresses import found_in, with_database
from warren.worlds.real.containers.asking import asking
from warren.worlds.real.containers.compose import service_of
from warren.worlds.real.containers.holder import Holder
from warren.worlds.real.containers.mounts import engine_mounts
from warren.worlds.real.containers.process import ContainerProcess
from warren.worlds.real.containers.service import Service
from warren.worlds.real.placeholders import Placeholders, of_broker, of_contract, of_database
from warren.worlds.real.relay.doors import Door

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from docker import DockerClient

    from warren.claims.implementation import Container, Program
    from warren.workloads import Role
    from warren.worlds.line.plan import Entry
    from warren.worlds.real.containers.addresses import Addresses
    from warren.worlds.real.databases import CaseDatabase, DatabaseUrls
    from warren.worlds.real.databases.line import UnfollowedLine
    from warren.worlds.real.place import Place
    from warren.worlds.real.relay.database_line import RealDatabaseLine
    from warren.worlds.real.relay.relay import Relay
    from warren.worlds.real.runs.run import Run

_BROKER, _DATABASE, _HTTP = "broker", "database", "http"
_HTTP_PORT: Final = 8080
_DATABASE_PORTS: Final = {"postgresql": 5432, "mysql": 3306}
_LOGS: Final = LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "2"})


class Containers:
    """Starts instances in containers that carry the run's mark; `close` lets go of the engine."""

    def __init__(
        self,
        run: Run,
        place: Place,
        relay: Relay,
        database: CaseDatabase,
        *,
        stub: tuple[str, int],
        now: Callable[[], float],
        whose: Callable[[int], str | None],
        secrets: Collection[str],
    ) -> None:
        """Stand on what its world has; `stub` is where that of HTTP is."""
        self._run, self._place, self._relay, self._database = run, place, relay, database
        self._stub, self._now, self._whose, self._secrets = stub, now, whose, secrets

    def start(
        self,
        program: Program,
        name: str,
        role: Role,
        env: Mapping[str, str],
        *,
        entry: Entry,
        directory: Callable[[], Path],
    ) -> ContainerProcess:
        """Start a program's container behind lines in its own network; `directory` gives the case's copy of its files.

        Raises `InstanceError` where it cannot be run, or asks for what it must not have.
        """
        assert program.container is not None, (
            "the world starts a container where there is one to start"
        )
        where = f"instance {name}"
        service = self._service(program, program.container)
        with asking(where):
            image = self._client.images.get(service.image)
        service = replace(
            service, environment={**_variables_of(image.attrs), **service.environment}
        )
        addresses = found_in(service.environment, service.peers)
        with contextlib.ExitStack() as made:
            holder = self._holder(service, addresses, where)
            made.callback(holder.close)
            line = self._relay.open(name, Door(addresses.broker_port, holder.socket))
            made.callback(line.close)
            line.let_in(entry)
            database, urls = self._database_line(name, holder, addresses)
            made.callback(database.close)
            forwarders = [
                self._relay.forward(name, self._stub, Door(port, holder.socket))
                for port in sorted({_HTTP_PORT, *addresses.http_ports})
            ]
            for forwarder in forwarders:
                made.callback(forwarder.close)
            places = self._places(env, addresses, urls)
            self._refuse_file(service, urls, where)
            if program.templates:
                places.write_templates(program, directory())
            with asking(where):
                container = self._client.containers.create(
                    **self._made_of(service, places, urls, program.directory, directory),
                    network_mode=holder.network,
                    labels=label_of(self._run),
                    log_config=_LOGS,
                )
            made.callback(container.remove, force=True, v=True)
            process = ContainerProcess(
                container,
                holder,
                forwarders,
                name=name,
                role=role,
                line=line,
                database=database,
                now=self._now,
                secrets=self._secrets,
                stop_signal=_stop_signal(program, service, image.attrs),
            )
            made.pop_all()
        return process

    def close(self) -> None:
        """Let go of the engine; the processes have removed their containers."""
        if "_client" in vars(self):
            self._client.close()

    @cached_property
    def _client(self) -> DockerClient:
        self._run.once("containers", partial(self._run.note, JOURNAL_KIND, {}))
        return engine()

    def _service(self, program: Program, container: Container) -> Service:
        """Give what is to run: what the manifest says comes over what the Compose file says."""
        if container.compose is None:
            service = Service(container.image)
        else:
            service = service_of(container.compose, container.service, program.directory, self._run)
        return replace(
            service,
            command=list(program.argv) or service.command,
            environment={**service.environment, **program.environment},
        )

    def _holder(self, service: Service, addresses: Addresses, where: str) -> Holder:
        names = {_BROKER, _DATABASE, _HTTP, *addresses.names}
        return Holder(
            self._client,
            service.image,
            where=where,
            labels=label_of(self._run),
            names=sorted(name for name in names if not name.replace(".", "").isdigit()),
        )

    def _database_line(
        self, name: str, holder: Holder, addresses: Addresses
    ) -> tuple[RealDatabaseLine | UnfollowedLine, DatabaseUrls]:
        database, server = self._database, self._database.server
        if server is None:
            line = database.line(name, self._now, self._relay.log.append, self._whose)
            return line, database.urls
        port = addresses.database_port or _DATABASE_PORTS[database.kind]
        door = Door(port, holder.socket)
        opened = self._relay.open_database(name, server, database.follower, door)
        return opened, database.urls.through(port, _DATABASE)

    def _refuse_file(self, service: Service, urls: DatabaseUrls, where: str) -> None:
        """Raise `InstanceError` where a container would use a database that is a file of this machine."""
        if self._database.server is not None:
            return
        names = [f"{{{name}}}" for name in of_database(urls)]
        for value in (*service.environment.values(), *_words(service.command)):
            if (
                any(name in value for name in names)
                or with_database(value, urls, service.peers) != value
            ):
                raise InstanceError(
                    f"a container does not reach this database ({self._database.kind})",
                    where,
                    "run it with --database postgresql or mysql",
                )

    def _places(
        self, env: Mapping[str, str], addresses: Addresses, urls: DatabaseUrls
    ) -> Placeholders:
        url = self._place.broker.amqp_url(self._place.vhost, _BROKER, addresses.broker_port)
        return Placeholders(
            {
                **of_contract(env),
                **of_broker(url),
                **of_database(urls),
                "http_stub_url": f"http://{_HTTP}:{_HTTP_PORT}",
            }
        )

    def _made_of(
        self,
        service: Service,
        places: Placeholders,
        urls: DatabaseUrls,
        project: Path,
        directory: Callable[[], Path],
    ) -> dict[str, Any]:
        """Give what the engine makes the container of."""
        environment = {
            name: with_database(places.fill(text), urls, service.peers)
            for name, text in service.environment.items()
        }
        mounts = engine_mounts(service.mounts, project, directory()) if service.mounts else []
        return {
            "image": service.image,
            "command": _filled(service.command, places),
            "entrypoint": _filled(service.entrypoint, places),
            "environment": environment,
            "mounts": mounts,
            **service.options,
        }


def _words(command: list[str] | str | None) -> list[str]:
    return command if isinstance(command, list) else [command or ""]


def _filled(words: list[str] | str | None, places: Placeholders) -> list[str] | str | None:
    match words:
        case None:
            return None
        case str():
            return places.fill(words)
        case _:
            return list(map(places.fill, words))


def _variables_of(image: Mapping[str, Any]) -> dict[str, str]:
    """Give the environment that an image has."""
    pairs = (variable.partition("=") for variable in image["Config"].get("Env") or ())
    return {name: value for name, _, value in pairs}


def _stop_signal(program: Program, service: Service, image: Mapping[str, Any]) -> str:
    """Name what asks a container to end: the manifest's signal, or the service's, or the image's, or SIGTERM."""
    named = service.options.get("stop_signal") or image["Config"].get("StopSignal")
    assert program.container is not None
    if program.container.keeps_stop_signal and named:
        return str(named)
    return program.stop_signal.name
