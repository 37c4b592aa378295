"""Starts the consumers of one test behind a relay of the test's own, and ends them."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Self

from warren.testing.consumer import READY_WITHIN, Consumer
from warren.testing.forms import Attached, Command, InThread
from warren.testing.seen import Seen
from warren.worlds.real.relay import FrameLog, Relay
from warren.worlds.real.runs.processes import CASE_MARK, kill_marked_descendants

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from warren.testing.aio import AsyncConsumers
    from warren.testing.broker import Broker
    from warren.testing.forms import Consuming, Form


class Consumers:
    """Call it to start a consumer. A context manager, which the fixture `warren_consumer` holds for the test."""

    def __init__(self, broker: Broker) -> None:
        """Open the relay to a broker."""
        self._broker = broker
        self._log = FrameLog()
        self._seen = Seen(self._log)
        self._relay = Relay((broker.host, broker.port), self._log)
        self._started: list[Consumer] = []

    def __call__(
        self,
        what: Sequence[str | os.PathLike[str]] | Consuming,
        *,
        queue: str = "",
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stop: Callable[[], object] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        name: str = "",
        ready_within: float | None = READY_WITHIN,
    ) -> Consumer:
        """Start a consumer, and return when it consumes, from `queue` if one is named.

        A command runs as a process, with this environment and `env`. Its broker's URL is in `AMQP_URL`; `{amqp_url}`,
        `{host}`, `{port}`, `{user}`, `{password}`, `{vhost}` and `{management_url}` are filled in in its arguments and
        in `env`. A function is called with the URL in a thread; it consumes until it loses its connection, or until
        `stop` makes it return. A coroutine function is cancelled.
        """
        name = self._named(name)

        def function(url: str, _port: int) -> Form:
            assert callable(what)
            return InThread(name, what, url, stop)

        def command(url: str, port: int) -> Form:
            assert not callable(what)
            return Command(
                [str(word) for word in what],
                name=name,
                folder=self._broker.folder,
                directory=Path(cwd or ".").absolute(),
                environment={**(env or {}), **self._broker.environment},
                values=self._values(url, port),
                stop_signal=stop_signal,
                now=self._log.now,
                secret=self._broker.password,
            )

        consumer = self._add(name, queue, function if callable(what) else command)
        consumer.start(ready_within=ready_within)
        return consumer

    def attach(self, *, queue: str = "", name: str = "") -> Consumer:
        """Give a consumer that the test itself runs, and connects to `url`: cut, silence, hold, look."""
        name = self._named(name)
        return self._add(name, queue, lambda _url, _port: Attached(name))

    @property
    def aio(self) -> AsyncConsumers:
        """The same for tests of asyncio."""
        from warren.testing.aio import AsyncConsumers  # noqa: PLC0415

        return AsyncConsumers(self)

    def output(self) -> str:
        """Give the end of what each of them printed."""
        return "\n".join(f"{one.name}: {one.output()}" for one in self._started)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every consumer with its line, and the relay."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._relay.close)
            stack.callback(kill_marked_descendants, self._broker.vhost, CASE_MARK)
            for consumer in self._started:
                stack.callback(consumer.close)

    def _named(self, name: str) -> str:
        """Give a consumer a name that no other one of the test has: the ledger tells them apart by it."""
        name = name or f"consumer-{len(self._started) + 1}"
        if any(other.name == name for other in self._started):
            raise ValueError(f"the test has a consumer {name!r} already")
        return name

    def _add(self, name: str, queue: str, form: Callable[[str, int], Form]) -> Consumer:
        line = self._relay.open(name)
        url = self._broker.url_through("127.0.0.1", line.port)
        consumer = Consumer(
            name, url, line, form(url, line.port), log=self._log, seen=self._seen, queue=queue
        )
        self._started.append(consumer)
        return consumer

    def _values(self, url: str, port: int) -> dict[str, str]:
        broker = self._broker
        return {
            "amqp_url": url,
            "host": "127.0.0.1",
            "port": str(port),
            "user": broker.user,
            "password": broker.password,
            "vhost": broker.vhost,
            "management_url": broker.management_url,
        }
