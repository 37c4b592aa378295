"""A holder: a container that only keeps a network open, one with no way out.

It is started before the consumer's container, which joins its network, with its loopback address and its names. What
runs in it is a program of nine octets, put beside whatever the image has: an image may have no command that sleeps.
"""

from __future__ import annotations

import io
import os
import platform
import struct
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError
from warren.worlds.real.brokers.container import remove
from warren.worlds.real.containers.asking import asking
from warren.worlds.real.containers.namespace import socket_in_network_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from docker import DockerClient

_PROGRAM: Final = "warren-holder"
_ORIGIN: Final = 0x400000
_HEADERS: Final = 64 + 56  # octets of an ELF header and a program header
_WAIT_FOR_EVER: Final = {"x86_64": bytes.fromhex("b822000000 0f05 ebf7")}
"""For each machine: pause(2), again and again."""
_MACHINE: Final = {"x86_64": 62}
"""Its number in an ELF header."""


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

        Raises `InstanceError` where the engine refuses, or its containers' networks cannot be entered.
        """
        self._where = where
        program = _program(platform.machine())
        with asking(where):
            self._container = client.containers.create(
                image,
                [] if program else ["infinity"],
                entrypoint=[f"/{_PROGRAM}"] if program else ["sleep"],
                user="0",
                network_mode="none",
                labels=dict(labels),
                extra_hosts=dict(names),
                init=False,
                cap_drop=["ALL"],
            )
        try:
            with asking(where):
                if program:
                    self._container.put_archive("/", _archive(program))
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
        """Make a socket in its network."""
        return socket_in_network_of(self._pid)

    def close(self) -> None:
        """Remove it."""
        with asking(self._where):
            remove(self._container)

    def _check(self) -> None:
        """See that it is a process of this machine, and that we may enter its network."""
        try:
            groups = Path(f"/proc/{self._pid}/cgroup").read_text("ascii")
            if str(self._container.id) not in groups:
                raise ProcessLookupError
            self.socket().close()
        except OSError as error:
            raise InstanceError(
                "the networks of its containers cannot be entered "
                f"({os.strerror(error.errno) if error.errno else 'its engine is elsewhere'})",
                self._where,
                "run as root on the machine of the Docker engine, or judge the program by its `command`",
            ) from error


def _program(machine: str) -> bytes:
    """Make an ELF file that waits for ever; b"" for a machine whose instructions are not known here."""
    if machine not in _MACHINE:
        return b""
    code = _WAIT_FOR_EVER[machine]
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    kind = (2, _MACHINE[machine], 1)  # executable, machine, version
    sizes = (0, 64, 56, 1, 0, 0, 0)  # flags, headers, one program header, no sections
    header = struct.pack("<HHIQQQIHHHHHH", *kind, _ORIGIN + _HEADERS, 64, 0, *sizes)
    length = _HEADERS + len(code)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _ORIGIN, _ORIGIN, length, length, 0x1000)
    return ident + header + segment + code


def _archive(program: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        entry = tarfile.TarInfo(_PROGRAM)
        entry.size, entry.mode = len(program), 0o755
        archive.addfile(entry, io.BytesIO(program))
    return held.getvalue()
