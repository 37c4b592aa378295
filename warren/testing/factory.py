"""The broker of one pytest process, and the vhosts on it. What one test does with its vhost is `broker`'s matter."""

from __future__ import annotations

import contextlib
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from warren.errors import BrokerUnavailable
from warren.testing.broker import Broker
from warren.worlds.real.brokers import BrokerAddress, Vhosts, choose, private
from warren.worlds.real.killed_runs import sweep
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.brokers import RunningBroker

_SWEEPERS: Final = ("main", "gw0")
"""Who looks for what killed runs have left: one of the processes of a session is enough."""


class BrokerFactory:
    """A running RabbitMQ; `open` gives a broker with a vhost of its own."""

    def __init__(
        self, address: BrokerAddress, run: Run, owner: str, running: RunningBroker | None
    ) -> None:
        """Made by `serve`; `running` is there where nobody else uses it."""
        self._address, self._run, self._running = address, run, running
        self._vhosts = Vhosts(address, run, owner)

    @property
    def version(self) -> str:
        """The release of RabbitMQ that it is, or whose semantics it has."""
        return self._address.version

    @contextlib.contextmanager
    def open(self) -> Iterator[Broker]:
        """Give a broker with an empty vhost, which goes at the end of the block with all that is in it."""
        vhost = self._vhosts.open()
        try:
            broker = Broker(self._address, vhost, self._vhosts.management, self._run, self._running)
            with contextlib.closing(broker):
                yield broker
        finally:
            self._vhosts.close(vhost)

    def close(self) -> None:
        """Delete the vhosts that are still open."""
        self._vhosts.end()

    def let_user_look(self, tag: str) -> None:
        """Let the tests' own user ask the management API, which asks for a tag."""
        user = {"password": self._address.case_password, "tags": tag}
        status, _ = self._vhosts.management.send("PUT", "users", self._address.case_user, json=user)
        if status not in {HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
            raise BrokerUnavailable(
                f"it does not tag the tests' user ({status})", self._address.management_url
            )


@contextlib.contextmanager
def serve(option: str, shared: str | None, owner: str) -> Iterator[BrokerFactory]:
    """Start the broker that the option names, or take part in the `shared` run's; end it with the block.

    Raises a `SetupError` where there is none to be had.
    """
    with contextlib.ExitStack() as stack:
        is_ours = not option.startswith("amqp:")
        running: RunningBroker | None = None
        if shared is None:
            if owner in _SWEEPERS:
                sweep()  # what is on a server that is away waits for another time
            run = Run.start()
            stack.callback(run.end)
            running = stack.enter_context(private(option, run))
            address = running.address
        else:
            run = Run.attach(Path(shared))
            started: list[RunningBroker] = []
            made = run.once("broker", partial(_start, option, run, started))
            address = BrokerAddress.from_json(made)
        alone = running if is_ours else None
        factory = BrokerFactory(address, run, owner, alone)
        stack.callback(factory.close)
        factory.let_user_look("administrator" if is_ours else "management")
        yield factory


def _start(option: str, run: Run, started: list[RunningBroker]) -> dict[str, Any]:
    """Start a broker that ends with its run, and that nobody here may let go of before."""
    started.append(choose(option).start(run))
    return started[0].address.to_json()
