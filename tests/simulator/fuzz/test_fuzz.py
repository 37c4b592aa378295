"""A bounded part of what `python -m tests.simulator.fuzz` does; and that it would see a failure."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.simulator.fuzz.bench import Bench, BrokerFailedError, bench, said_in_order
from tests.simulator.fuzz.mutations import Recorded, make_input
from tests.simulator.fuzz.sockets import attack
from warren.simulator import wire
from warren.simulator.session import Session
from warren.simulator.tcp.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.simulator.fuzz.sessions import Pieces

OVER_TCP = 300
"""Inputs over TCP: some seconds."""


def chance_of(seed: int) -> Random:
    """Return the same chance for the same seed."""
    return Random(seed)  # noqa: S311 - the point is that it can be repeated


@pytest.fixture
def on_bench() -> Iterator[Bench]:
    """Give a broker in this process."""
    with bench() as given_bench:
        yield given_bench


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Give the valid sessions."""
    return Recorded()


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chance=st.randoms(use_true_random=False))
def test_in_process(on_bench: Bench, recorded: Recorded, chance: Random) -> None:
    """Whatever a client sends, the broker says nothing but AMQP and serves its neighbour."""
    pieces = make_input(chance, recorded)
    note(repr(pieces))
    on_bench.try_out(pieces, chance)


def test_over_tcp(tmp_path: Path, recorded: Recorded) -> None:
    """Whatever comes over TCP, the process lives, logs no mistake and serves its neighbour."""
    with (tmp_path / "log").open("w+") as log, attack(log) as under_attack:
        for seed in range(OVER_TCP):
            chance = chance_of(seed)
            under_attack.try_out(make_input(chance, recorded), chance)


@pytest.mark.parametrize("number", range(4))
def test_recorded_sessions_are_valid(on_bench: Bench, recorded: Recorded, number: int) -> None:
    """Before anything is spoiled the broker takes every session to its end."""
    pieces = recorded.handshake + recorded.conversations[number] + recorded.goodbye
    said = on_bench.try_out(pieces, chance_of(1))
    assert isinstance(said_in_order(said)[-1], wire.ConnectionCloseOk)


def fail_on_get(session: Session, *_: object) -> None:
    """Make a mistake of the broker's own."""
    raise ValueError(f"a mistake on {session.name}")


def break_the_framing(session: Session, *_: object) -> None:
    """Write what is no frame."""
    session._put(b"no frame at all")


def speak_after_the_end(session: Session, *_: object) -> None:
    """Say something on a channel when the connection has been closed in order."""
    for said, channel in ((wire.ConnectionCloseOk(), 0), (wire.BasicAck(1), 1)):
        session._put(wire.encode_method_frame(channel, said))


def forget_to_hang_up(*_: object) -> None:
    """Keep a client that has gone."""


def drop_the_neighbour(client: Client, *_: object) -> None:
    """End another connection than the one that spoke."""
    next(iter(client._node.clients.values())).abort()


@pytest.mark.parametrize(
    ("failure", "sees"),
    [
        ((Session, "translate", fail_on_get), "a mistake on"),
        ((Session, "translate", break_the_framing), "breaks the framing"),
        ((Session, "translate", speak_after_the_end), "goes on after"),
        ((Client, "connection_lost", forget_to_hang_up), "still known"),
        ((Client, "data_received", drop_the_neighbour), "neighbour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_failures_are_seen(
    on_bench: Bench,
    recorded: Recorded,
    monkeypatch: pytest.MonkeyPatch,
    failure: tuple[type, str, Callable[..., Any]],
    sees: str,
) -> None:
    """A broker that fails is caught, whichever way it fails."""
    monkeypatch.setattr(*failure)
    pieces: Pieces = recorded.handshake + recorded.goodbye
    with pytest.raises(BrokerFailedError, match=sees):
        on_bench.try_out(pieces, chance_of(1))
