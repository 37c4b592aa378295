"""Embedded brokers for the tests of this folder, each a process of its own; and raw clients."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

import pika
import requests

from warren.simulator import wire
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORD = "secret"  # noqa: S105 - of brokers that live as long as a test
START_TIMEOUT = 30.0
TIMEOUT = 20.0


def until(condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    """Wait for something that tells nobody; fail when it never comes."""
    assert wait_until(condition, timeout=timeout), "it did not happen in time"


def refused(*options: str) -> str:
    """Start a broker that must not start: it ends with status 2; return its one line."""
    ended = subprocess.run(
        [sys.executable, "-m", "warren.simulator.tcp", "--port=0", "--management-port=0", *options],
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    return line


@dataclass(slots=True)
class Embedded:
    """A running embedded broker; `ready` is its ready line."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @classmethod
    def start(cls, *options: str, password: str = PASSWORD, stderr: IO[str] | None = None) -> Self:
        """Start one on free ports and wait for its ready line."""
        ports = ["--port=0", "--management-port=0"]
        process = subprocess.Popen(
            [sys.executable, "-m", "warren.simulator.tcp", *ports, *options],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "WARREN_BROKER_PASSWORD": password},
        )
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], START_TIMEOUT)[0]:
            process.kill()
            raise AssertionError("no ready line")
        return cls(process, json.loads(process.stdout.readline()))

    def __enter__(self) -> Self:
        """Stop it with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def port(self) -> int:
        """The AMQP port."""
        port: int = self.ready["port"]
        return port

    def end(self) -> int:
        """Ask it to end; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT)

    def connect(self, **parameters: Any) -> Any:
        """Open a connection with pika and return it."""
        credentials = pika.PlainCredentials("guest", parameters.pop("password", PASSWORD))
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                "127.0.0.1",
                self.port,
                credentials=credentials,
                blocked_connection_timeout=TIMEOUT,
                **parameters,
            )
        )

    def api(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call the management API as the administrator."""
        arguments.setdefault("auth", ("guest", PASSWORD))
        url = f"http://127.0.0.1:{self.ready['management_port']}/api/{path}"
        return requests.request(method, url, timeout=TIMEOUT, **arguments)

    def queue(self, name: str) -> dict[str, Any]:
        """Return what the management API shows of a queue of the vhost `/`."""
        shown: dict[str, Any] = self.api("GET", f"queues/%2F/{name}").json()
        return shown

    def resident(self) -> int:
        """Return the process's memory in octets."""
        with open(f"/proc/{self.process.pid}/statm") as statm:  # noqa: PTH123 - no file on a disk
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Raw:
    """A client that writes frames by hand and sees every frame that comes."""

    def __init__(self, broker: Embedded, heartbeat: int = 0, **properties: Any) -> None:
        """Open a connection and channel 1."""
        self.socket = socket.create_connection(("127.0.0.1", broker.port), TIMEOUT)
        # Else the second of two small writes waits 40 ms for the first's acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._parser = wire.FrameParser()
        self._frames: list[wire.Frame] = []
        self.socket.sendall(wire.PROTOCOL_HEADER)
        self.expect(wire.ConnectionStart)
        self.send(wire.ConnectionStartOk(properties, "PLAIN", b"\0guest\0" + PASSWORD.encode()), 0)
        self.expect(wire.ConnectionTune)
        self.send(wire.ConnectionTuneOk(2047, 131_072, heartbeat), 0)
        self.send(wire.ConnectionOpen("/"), 0)
        self.expect(wire.ConnectionOpenOk)
        self.send(wire.ChannelOpen())
        self.expect(wire.ChannelOpenOk)

    def __enter__(self) -> Self:
        """Close the socket with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""
        self.socket.close()

    def send(self, method: wire.Method, channel: int = 1) -> None:
        """Write one method."""
        self.socket.sendall(wire.encode_method_frame(channel, method))

    def publish(self, queue: str, body: bytes = b"", *, mandatory: bool = False) -> None:
        """Write one message."""
        method = wire.BasicPublish("", queue, mandatory)
        header = wire.ContentHeader(60, len(body))
        self.socket.sendall(wire.encode_message(1, method, header, body, 131_072))

    def frame(self) -> wire.Frame | None:
        """Return the next frame; None when the broker has hung up."""
        while not self._frames:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._frames = self._parser.feed(data)
        return self._frames.pop(0)

    def said(self) -> wire.Content:
        """Return what the next frame says."""
        frame = self.frame()
        assert frame is not None, "the broker has hung up"
        return wire.decode_frame(frame)

    def expect(self, kind: type[wire.Method]) -> Any:
        """Return the next thing said but heartbeats, which answer nothing; it must be of this kind."""
        while (said := self.said()) == wire.Heartbeat():
            pass
        assert isinstance(said, kind), said
        return said
