"""A service of a manifest in a container: published on the loopback address, emptied by a command in it.

It has the engine's usual network, as a process has this machine's; whoever is in a network of a case reaches it by a
forwarder there, as any other service.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from docker.types import LogConfig

from warren.errors import InstanceError, SetupError
from warren.evidence.text import as_printed
from warren.worlds.real.brokers.container import engine, label_of, remove
from warren.worlds.real.brokers.own import CONTAINER
from warren.worlds.real.containers.asking import asking
from warren.worlds.real.placeholders import Placeholders
from warren.worlds.real.runs.ports import LOOPBACK, Ports, listens
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from docker.models.containers import Container as EngineContainer

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Service
    from warren.worlds.real.runs import Run

_LOGS: Final = LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "2"})
_LINES: Final = 200
_RESET: Final = 60.0
"""Seconds in which a reset must be done."""


class ServiceContainer:
    """See `warren.worlds.real.services.Running`. `{port}` in its words is that in the container."""

    def __init__(
        self, service: Service, program: Program, run: Run, secrets: Collection[str]
    ) -> None:
        """Start it, and wait until it is ready. Raises `SetupError`."""
        assert program.container is not None, "it is started where there is an image"
        self._service, self._secrets = service, secrets
        with contextlib.ExitStack() as made:
            self._client = engine(where=service.source)
            made.callback(self._client.close)
            self._ports = Ports()
            made.callback(self._ports.close)
            run.once("containers", partial(run.note, CONTAINER, {}))
            with _asking(service.source):
                image = self._client.images.get(program.container.image)
            self._inner = _port_in(image.attrs, service)
            self._places = Placeholders({"port": str(self._inner), "host": LOOPBACK})
            port = self._ports.free()
            self.place = LOOPBACK, port
            filled = self._places.filled(program, program.directory)
            with _asking(service.source):
                self._container: EngineContainer = self._client.containers.create(
                    program.container.image,
                    list(filled.argv) or None,
                    environment=filled.environment,
                    ports={f"{self._inner}/tcp": (LOOPBACK, port)},
                    labels=label_of(run),
                    log_config=_LOGS,
                )
                made.callback(self._remove)
                self._container.start()
            self._await_ready()
            self._owned = made.pop_all()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        with _asking(self._service.source):
            self._container.reload()
        return self._container.status == "running"

    def reset(self) -> None:
        """Run its `reset` in the container."""
        if self._service.reset is None:
            return
        program = self._places.filled(self._service.reset, self._service.reset.directory)
        run = partial(self._container.exec_run, list(program.argv), environment=program.environment)
        with _asking(program.source), ThreadPoolExecutor(max_workers=1) as apart:
            running = apart.submit(run)
            try:
                done = running.result(_RESET)
            except TimeoutError as error:
                self.close()  # which ends what the thread waits for
                raise SetupError(
                    f"not done within {_RESET:.0f} s", program.source, "make it end by itself"
                ) from error
        if done.exit_code:
            assert isinstance(done.output, bytes), "it was not asked for a stream"
            words = f"ended with status {done.exit_code}; {self._said(done.output)}"
            raise SetupError(
                words, program.source, "run it in the container by hand (`docker exec`)"
            )

    def close(self) -> None:
        """Remove it with its data."""
        self._owned.close()

    def _await_ready(self) -> None:
        """Ask the container itself: on the published port the engine answers before anybody listens in there."""
        within = self._service.within

        def is_ready() -> bool:
            return any(listens(host, self._inner) for host in self._addresses())

        wait_until(lambda: not self.alive or is_ready(), timeout=within)
        if not self.alive:
            with _asking(self._service.source):
                status = self._container.attrs["State"]["ExitCode"]
            raise self._fault(f"ended with status {status} before it was ready")
        if not is_ready():
            words = f"nothing listens on port {self._inner} in its container"
            raise self._fault(f"not ready within {within:.0f} s: {words}")

    def _addresses(self) -> list[str]:
        networks: Mapping[str, Any] = self._container.attrs["NetworkSettings"]["Networks"]
        return [network["IPAddress"] for network in networks.values() if network["IPAddress"]]

    def _fault(self, words: str) -> SetupError:
        with _asking(self._service.source):
            printed = self._container.logs(tail=_LINES)
        advice = "run its image by hand (`docker run`)"
        return SetupError(f"{words}; {self._said(printed)}", self._service.source, advice)

    def _said(self, printed: bytes) -> str:
        return as_printed(printed.decode("utf-8", "backslashreplace"), self._secrets)

    def _remove(self) -> None:
        with _asking(self._service.source):
            remove(self._container)


def _port_in(image: Mapping[str, Any], service: Service) -> int:
    """Give the port in the container that is the service's: the one that is named, or the only one of the image."""
    if service.ready.isdigit():
        return int(service.ready)
    exposed = [name.removesuffix("/tcp") for name in image["Config"].get("ExposedPorts") or ()]
    found = sorted(int(port) for port in exposed if port.isdigit())
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise SetupError(
            f"its image names no one port ({names})",
            service.source,
            'write the one on which it listens in the container: ready = { tcp = "6379" }',
        )
    return found[0]


@contextlib.contextmanager
def _asking(where: str) -> Iterator[None]:
    """Turn what the engine refuses into `SetupError`: without its services nothing is judged."""
    try:
        with asking(where):
            yield
    except InstanceError as error:
        raise SetupError(error.what, error.where, error.what_to_do) from error
