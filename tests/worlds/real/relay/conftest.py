"""A line between two ends that the test plays."""

from collections.abc import Iterator

import pytest

from tests.worlds.real.relay.peers import Peer, ScriptedBroker, client_of
from warren.simulator.wire import PROTOCOL_HEADER, ProtocolHeader
from warren.worlds.real.relay import RealLine, Relay
from warren.worlds.real.relay.log import FrameLog


@pytest.fixture
def log() -> FrameLog:
    """Give the log of the test's relay."""
    return FrameLog()


@pytest.fixture
def scripted_broker() -> Iterator[ScriptedBroker]:
    """Give a broker that does what the test says."""
    with ScriptedBroker() as broker:
        yield broker


@pytest.fixture
def relay(scripted_broker: ScriptedBroker, log: FrameLog) -> Iterator[Relay]:
    """Give a relay in front of it."""
    with Relay(scripted_broker.address, log) as relay:
        yield relay


@pytest.fixture
def line(relay: Relay) -> RealLine:
    """Give the line of an instance."""
    return relay.open("stream-1")


@pytest.fixture
def ends(line: RealLine, scripted_broker: ScriptedBroker) -> Iterator[tuple[Peer, Peer]]:
    """Give the instance's end and the broker's of one connection, past the protocol header."""
    with client_of(line.port) as client:
        broker = scripted_broker.accept()
        assert broker.receive(1) == [ProtocolHeader(PROTOCOL_HEADER)]
        yield client, broker
