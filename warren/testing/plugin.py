"""What pytest loads in every run of an environment that has Warren: two fixtures, a factory, and one option.

So it must be quiet: nothing is imported here but pytest and what is small. A fixture imports what it needs when a test
asks for it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.testing.broker import Broker
    from warren.testing.consumers import Consumers
    from warren.testing.factory import BrokerFactory
    from warren.testing.shared import SharedRun

_HANDED: Final = "warren_testing"
"""The key under which xdist's controller tells its workers where the run is that they share."""
_LIGHT: Final = ("embedded", "amqp")
"""Kinds of brokers of which each worker may have one, or use one: nothing is shared."""
_HELP: Final = (
    "the broker of the fixtures warren_broker and warren_consumer: embedded[:3.10|:4.0|:4.3] (default), "
    "docker[:IMAGE|:3.10|:4.3], local, or amqp://USER:PASSWORD@HOST[:PORT][?management=URL] with an administrator"
)

_shared: pytest.StashKey[SharedRun] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option, and the same for the configuration file."""
    group = parser.getgroup("warren-testing", "RabbitMQ for tests (pytest-warren)")
    group.addoption("--warren-broker", metavar="BROKER", help=_HELP)
    parser.addini("warren_broker", _HELP, default="embedded")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Have xdist's workers share a broker that is heavy; the first that needs it starts it."""
    if _option(node.config).partition(":")[0] in _LIGHT:
        return
    shared = node.config.stash.get(_shared, None)
    if shared is None:
        from warren.testing.shared import SharedRun  # noqa: PLC0415

        shared = node.config.stash[_shared] = SharedRun()
    node.workerinput[_HANDED] = shared.folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what workers shared."""
    shared = config.stash.get(_shared, None)
    if shared is not None:
        shared.end()


@pytest.fixture(scope="session")
def warren_broker_factory(request: pytest.FixtureRequest) -> Iterator[BrokerFactory]:
    """Give the session's RabbitMQ, started at its first use: it makes brokers for fixtures of a wider scope."""
    if sys.platform != "linux":
        pytest.fail("warren: these fixtures need Linux; skip their tests elsewhere", pytrace=False)
    from warren.errors import SetupError  # noqa: PLC0415
    from warren.testing.factory import serve  # noqa: PLC0415

    worker = getattr(request.config, "workerinput", {})  # xdist's
    owner = worker.get("workerid", "main")
    try:
        with serve(_option(request.config), worker.get(_HANDED), owner) as factory:
            yield factory
    except SetupError as error:
        words = str(error).replace("--broker", "--warren-broker")
        pytest.fail(words, pytrace=False)


@pytest.fixture
def warren_broker(warren_broker_factory: BrokerFactory) -> Iterator[Broker]:
    """Give a RabbitMQ with a vhost of the test's own: url, management_url, connection, publish, leftovers."""
    with warren_broker_factory.open() as broker:
        yield broker


@pytest.fixture
def warren_consumer(request: pytest.FixtureRequest, warren_broker: Broker) -> Iterator[Consumers]:
    """Give what starts consumers behind a relay, which sees every frame: kill, cut, hold, wait, look."""
    from warren.testing.consumers import Consumers  # noqa: PLC0415

    with Consumers(warren_broker) as consumers:
        yield consumers
        # Shown where the test has failed.
        request.node.add_report_section("teardown", "output of consumers", consumers.output())


def _option(config: pytest.Config) -> str:
    return str(config.getoption("--warren-broker") or config.getini("warren_broker"))
