"""Choosing a broker by the value of `--broker`.

A kind is imported when it is asked for: the client of Docker alone takes longer to import than the embedded broker to
start.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from warren.errors import BrokerUnavailable, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.brokers.protocol import Broker, RunningBroker
    from warren.worlds.real.runs.run import Run

FORMS = "auto, docker[:IMAGE], local, embedded[:3.10|:4.0] or amqp://…"


def choose(option: str) -> Broker:
    """Return the broker that `option` names, checked as far as that goes without starting it.

    Raises OptionError for a value that means nothing, BrokerUnavailable for one that cannot be
    had here.
    """
    kind, _, rest = option.partition(":")
    if kind == "auto" and not rest:
        return _first_usable()
    if kind == "docker":
        return _in_a_container(rest)
    if kind == "local" and not rest:
        return _local()
    if kind == "embedded":
        return _embedded(rest)
    if kind == "amqp":
        return _existing(option)
    raise OptionError(f"{kind!r} is no kind of broker", "--broker", f"give {FORMS}")


@contextlib.contextmanager
def private(option: str, run: Run) -> Iterator[RunningBroker]:
    """Start a broker for one worker alone, for cases that restart it, and stop it afterwards."""
    running = choose(option).start(run)
    try:
        yield running
    finally:
        running.stop()


def _in_a_container(short: str) -> Broker:
    from warren.worlds.real.brokers.container import ContainerBroker  # noqa: PLC0415 - costs docker

    return ContainerBroker.choose(short)


def _first_usable() -> Broker:
    """Take a Docker engine that has or can pull the image, else a server on this machine.

    Where there is neither, the embedded broker needs nothing.
    """
    for attempt in (partial(_in_a_container, ""), _local):
        with contextlib.suppress(BrokerUnavailable):
            return attempt()
    return _embedded("")


def _local() -> Broker:
    from warren.worlds.real.brokers.local import LocalBroker  # noqa: PLC0415

    return LocalBroker.choose()


def _embedded(semantics: str) -> Broker:
    from warren.worlds.real.brokers.embedded import EmbeddedBroker  # noqa: PLC0415

    return EmbeddedBroker.choose(semantics)


def _existing(url: str) -> Broker:
    from warren.worlds.real.brokers.existing import ExistingBroker  # noqa: PLC0415

    return ExistingBroker.choose(url)
