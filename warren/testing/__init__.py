"""Warren in anybody's own tests: a RabbitMQ for a test, and a consumer of it under faults.

`plugin` is what pytest loads in every run of an environment: options and fixtures, and no import of the rest until a
test asks for one. `factory` starts the broker of a pytest process, `shared` is the run of one that xdist's workers
share, `broker` is what one test gets of it. `consumers` starts consumers behind the relay, `consumer` is one of them,
`forms` the ways in which its code runs, `hold` a frame that waits, `seen` what the relay saw of it; `aio` is the same
for tests of asyncio.

Nothing is judged here: that is the suite's. Every wait has a deadline. The names below are for annotations.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.evidence.ledger import Delivery
    from warren.testing.aio import AsyncBroker, AsyncConsumer, AsyncConsumers, AsyncHold
    from warren.testing.broker import Broker, Leftover
    from warren.testing.consumer import Consumer
    from warren.testing.consumers import Consumers
    from warren.testing.factory import BrokerFactory
    from warren.testing.hold import Hold

__all__ = [
    "AsyncBroker",
    "AsyncConsumer",
    "AsyncConsumers",
    "AsyncHold",
    "Broker",
    "BrokerFactory",
    "Consumer",
    "Consumers",
    "Delivery",
    "Hold",
    "Leftover",
]

_HOMES = {
    "AsyncBroker": "warren.testing.aio",
    "AsyncConsumer": "warren.testing.aio",
    "AsyncConsumers": "warren.testing.aio",
    "AsyncHold": "warren.testing.aio",
    "Broker": "warren.testing.broker",
    "BrokerFactory": "warren.testing.factory",
    "Consumer": "warren.testing.consumer",
    "Consumers": "warren.testing.consumers",
    "Delivery": "warren.evidence.ledger",
    "Hold": "warren.testing.hold",
    "Leftover": "warren.testing.broker",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
