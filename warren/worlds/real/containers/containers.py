"""The containers of one case: what starts an instance in one, and takes back what all of them leave."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from docker.types import LogConfig

from warren.errors import InstanceError
from warren.worlds.real.brokers.container import engine, label_of
from warren.worlds.real.brokers.own import CONTAINER
from warren.worlds.real.containers.addresses import found_in, ports_of, with_database
from warren.worlds.real.containers.asking import asking
from warren.worlds.real.containers.compose import service_of
from warren.worlds.real.containers.holder import Holder, may_enter_networks
from warren.worlds.real.containers.mounts import engine_mounts, let_everybody_delete
from warren.worlds.real.containers.process import ContainerProcess
from warren.worlds.real.containers.service import Service, stop_signal_of
from warren.worlds.real.containers.ways import Ways
from warren.worlds.real.placeholders import (
    Placeholders,
    of_broker,
    of_contract,
    of_database,
    of_services,
)
from warren.worlds.real.relay.doors import Door
from warren.worlds.real.runs.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container as EngineContainer
    from docker.types import Mount as EngineMount

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
        services: Mapping[str, tuple[str, int]],
        now: Callable[[], float],
        whose: Callable[[int], str | None],
        secrets: Collection[str],
    ) -> None:
        """Stand on what its world has; `stub` is where that of HTTP is, the services are told by host and port."""
        self._run, self._place, self._relay, self._database = run, place, relay, database
        self._stub, self._now, self._whose, self._secrets = stub, now, whose, secrets
        self._targets = services
        self._mounted: dict[Path, str] = {}
        self._services = {
            name: (f"127.0.0.{2 + n}", port) for n, (name, (_, port)) in enumerate(services.items())
        }

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
        service = replace(service, environment={**variables_of(image.attrs), **service.environment})
        addresses = found_in(
            service.environment, [peer for peer in service.peers if peer not in self._services]
        )
        with contextlib.ExitStack() as made:
            ways = self._ways(name, service, addresses)
            made.callback(ways.close)
            ways.line.let_in(entry)
            places = self._places(env, addresses, ways.urls)
            if program.templates:
                places.write_templates(program, directory())
            mounts = self._mounts(service, program.directory, directory)
            stop_signal = stop_signal_of(
                program, service, image.attrs["Config"].get("StopSignal"), where
            )
            container = self._made(service, places, ways, mounts, where)
            made.callback(container.remove, force=True, v=True)
            process = ContainerProcess(
                container,
                ways,
                name=name,
                role=role,
                now=self._now,
                secrets=self._secrets,
                stop_signal=stop_signal,
            )
            made.pop_all()
        return process

    def close(self) -> None:
        """Let go of the engine; the processes have removed their containers."""
        if "_client" not in vars(self):
            return
        with contextlib.closing(self._client):
            if not may_enter_networks():
                for copy, image in self._mounted.items():
                    let_everybody_delete(self._client, image, copy, label_of(self._run))

    @cached_property
    def _client(self) -> DockerClient:
        self._run.once("containers", partial(self._run.note, CONTAINER, {}))
        return engine(where="consumers in containers")

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

    def _ways(self, name: str, service: Service, addresses: Addresses) -> Ways:
        """Hold a network in which what the service calls its broker, its database and its peers leads to lines."""
        where = f"instance {name}"
        self._refuse_file(service, where)
        with contextlib.ExitStack() as made:
            holder = Holder(
                self._client,
                service.image,
                where=where,
                labels=label_of(self._run),
                names=self._hosts(addresses),
            )
            made.callback(holder.close)
            line = self._relay.open(name, Door(addresses.broker_port, holder.socket))
            made.callback(line.close)
            database, urls = self._database_line(name, holder, addresses)
            made.callback(database.close)
            for port in sorted({_HTTP_PORT, *addresses.http_ports}):
                forwarder = self._relay.forward(name, self._stub, Door(port, holder.socket))
                made.callback(forwarder.close)
            for host, target, asked in self._service_ports(service):
                door = Door(asked, holder.socket, host)
                forwarder = self._relay.forward(name, target, door)
                made.callback(forwarder.close)
            return Ways(holder.network, line, database, urls, made.pop_all())

    def _hosts(self, addresses: Addresses) -> dict[str, str]:
        """Give the names that lead to loopback addresses: services have one each, whatever their ports."""
        names = {_BROKER, _DATABASE, _HTTP, *addresses.names}
        lines = {name: LOOPBACK for name in names if not name.replace(".", "").isdigit()}
        return lines | {name: host for name, (host, _) in self._services.items()}

    def _service_ports(self, service: Service) -> Iterator[tuple[str, tuple[str, int], int]]:
        """Give of each of the case's services its address here, where it is, and each port that it is asked for at."""
        for name, (host, port) in self._services.items():
            for asked in sorted({port, *ports_of(name, service.environment)}):
                yield host, self._targets[name], asked

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

    def _refuse_file(self, service: Service, where: str) -> None:
        """Raise `InstanceError` where a container would use a database that is a file of this machine."""
        if self._database.server is not None:
            return
        urls = self._database.urls
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
                **of_services(self._services),
                "http_stub_url": f"http://{_HTTP}:{_HTTP_PORT}",
            }
        )

    def _mounts(
        self, service: Service, project: Path, directory: Callable[[], Path]
    ) -> list[EngineMount]:
        if not service.mounts:
            return []
        copy = directory()
        self._mounted[copy] = service.image
        return engine_mounts(service.mounts, project, copy)

    def _made(
        self,
        service: Service,
        places: Placeholders,
        ways: Ways,
        mounts: list[EngineMount],
        where: str,
    ) -> EngineContainer:
        """Make the container, with nothing left to fill in."""
        environment = {
            name: with_database(places.fill(text), ways.urls, service.peers)
            for name, text in service.environment.items()
        }
        with asking(where):
            return self._client.containers.create(
                service.image,
                _filled(service.command, places),
                entrypoint=_filled(service.entrypoint, places),
                environment=environment,
                mounts=mounts,
                network_mode=ways.network,
                labels=label_of(self._run),
                log_config=_LOGS,
                **service.options,
            )


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


def variables_in(image: str, where: str) -> dict[str, str]:
    """Give the environment of an image of that name. Raises `InstanceError` where it is not on this machine."""
    with contextlib.closing(engine(where=where)) as client, asking(where):
        return variables_of(client.images.get(image).attrs)


def variables_of(image: Mapping[str, Any]) -> dict[str, str]:
    """Give the environment that an image has."""
    pairs = (variable.partition("=") for variable in image["Config"].get("Env") or ())
    return {name: value for name, _, value in pairs}
