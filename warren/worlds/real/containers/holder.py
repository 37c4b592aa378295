"""A holder: a container that only keeps a network open, one with no way out.

It is started before the consumer's container, which joins its network, with its loopback address and its names. Root
makes sockets in that network by entering it, and what runs in the holder only waits. Nobody else may enter it: there
the holder's program makes the sockets, and hands them over.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docker.types import Mount

from warren.errors import InstanceError
from warren.worlds.real.brokers.container import remove
from warren.worlds.real.containers.asking import asking
from warren.worlds.real.containers.handed import HandedSockets
from warren.worlds.real.containers.namespace import socket_in_network_of
from warren.worlds.real.containers.programs import SOCKETS, archive, handing_over, waiting

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from docker import DockerClient
    from docker.models.containers import Container

_PROGRAM: Final = "warren-holder"


def may_enter_networks() -> bool:
    """Whether we are root, who may enter the networks of this machine's containers."""
    return os.geteuid() == 0


class Holder:
    """A network of its own; `close` removes it."""

    def __init__(
        self,
        client: DockerClient,
        image: str,
        *,
        where: str,
        labels: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        """Start it, with names that lead to its loopback addresses.

        Raises `InstanceError` where the engine refuses, or no sockets can be made in its containers' networks.
        """
        self._where = where
        self._handed = None if may_enter_networks() else self._listening()
        try:
            self._container = self._made(client, image, labels, names)
        except BaseException:
            self._close_handed()
            raise
        try:
            with asking(where):
                if program := self._program():
                    self._container.put_archive("/", archive(_PROGRAM, program))
                self._container.start()
                self._container.reload()
            self._pid = int(self._container.attrs["State"]["Pid"])
            self._check()
        except BaseException:
            self.close()
            raise

    @property
    def network(self) -> str:
        """What another container joins, as its network mode."""
        return f"container:{self._container.id}"

    def socket(self) -> socket.socket:
        """Make a socket in its network. Raises `OSError` where that cannot be done."""
        return self._handed.socket() if self._handed else socket_in_network_of(self._pid)

    def close(self) -> None:
        """Remove it."""
        try:
            with asking(self._where):
                remove(self._container)
        finally:
            self._close_handed()

    def _made(
        self, client: DockerClient, image: str, labels: Mapping[str, str], names: Mapping[str, str]
    ) -> Container:
        program = self._program()
        mounts = [Mount(SOCKETS, str(self._handed.path), "bind")] if self._handed else []
        with asking(self._where):
            return client.containers.create(
                image,
                [] if program else ["infinity"],
                entrypoint=[f"/{_PROGRAM}"] if program else ["sleep"],
                user="0",
                network_mode="none",
                labels=dict(labels),
                extra_hosts=dict(names),
                init=False,
                cap_drop=["ALL"],
                mounts=mounts,
                security_opt=["label=disable"]
                if mounts
                else [],  # SELinux keeps such sockets apart
            )

    def _program(self) -> bytes:
        return (handing_over if self._handed else waiting)(platform.machine())

    def _listening(self) -> HandedSockets:
        if not handing_over(platform.machine()):
            raise self._unreachable("only root may enter them on this kind of machine")
        try:
            return HandedSockets()
        except OSError as error:
            raise self._unreachable(str(error)) from error

    def _check(self) -> None:
        """See that it is a process of this machine, and that sockets can be made in its network."""
        try:
            if self._handed:
                self._handed.accept()
            elif str(self._container.id) not in Path(f"/proc/{self._pid}/cgroup").read_text(
                "ascii"
            ):
                raise ProcessLookupError
            self.socket().close()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "its engine is elsewhere"
            raise self._unreachable(why) from error

    def _unreachable(self, why: str) -> InstanceError:
        return InstanceError(
            f"the networks of its containers cannot be entered ({why})",
            self._where,
            "run on the machine of the Docker engine, or judge the program by its `command`",
        )

    def _close_handed(self) -> None:
        if self._handed:
            self._handed.close()
