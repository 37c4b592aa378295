"""A tap between two ends that the test plays."""

from collections.abc import Iterator

import pytest

from tests.worlds.real.relay.peers import Peer, ScriptedBroker, client_of
from warren.simulator.wire import PROTOCOL_HEADER, ProtocolHeader
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Tap, Wiretap


@pytest.fixture
def log() -> FrameLog:
    """Give the log of the test's wiretap."""
    return FrameLog()


@pytest.fixture
def scripted_broker() -> Iterator[ScriptedBroker]:
    """Give a broker that does what the test says."""
    with ScriptedBroker() as broker:
        yield broker


@pytest.fixture
def wiretap(scripted_broker: ScriptedBroker, log: FrameLog) -> Iterator[Wiretap]:
    """Give a wiretap in front of it."""
    with Wiretap(scripted_broker.address, log) as wiretap:
        yield wiretap


@pytest.fixture
def tap(wiretap: Wiretap) -> Tap:
    """Give the tap of an instance."""
    return wiretap.open("stream-1")


@pytest.fixture
def ends(tap: Tap, scripted_broker: ScriptedBroker) -> Iterator[tuple[Peer, Peer]]:
    """Give the instance's end and the broker's of one connection, past the protocol header."""
    with client_of(tap.port) as client:
        broker = scripted_broker.accept()
        assert broker.receive(1) == [ProtocolHeader(PROTOCOL_HEADER)]
        yield client, broker
