"""What must be so and is not, or must end otherwise, is an AssertionError. No broker is needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from warren.rigs.brokers.expecting import Expecting

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel


def refuse(error: Exception) -> None:
    """Close, as a broker does."""
    raise error


@pytest.fixture
def expect() -> Expecting:
    """Expect of a broker that has no message, and refuses what it is asked to answer for."""
    channel = SimpleNamespace(basic_get=lambda *_: (None, None, None))
    wait = SimpleNamespace(answered=lambda _: refuse(ChannelClosedByBroker(406, "late")))
    return Expecting(cast("Any", SimpleNamespace(confirmed=channel)), cast("Any", wait))


def test_no_message(expect: Expecting) -> None:
    """A message that is not ready is missed at once."""
    with pytest.raises(AssertionError, match="nothing is ready in orders"):
        expect.message("orders")
    with pytest.raises(AssertionError, match="nothing is ready in orders"):
        expect.held("orders", cast("Any", SimpleNamespace(basic_get=lambda *_: (None,) * 3)))


@pytest.mark.parametrize(
    "error", [ChannelClosedByBroker(406, ""), ConnectionClosedByBroker(530, "")]
)
def test_refusal(
    expect: Expecting, error: ChannelClosedByBroker | ConnectionClosedByBroker
) -> None:
    """A refusal with the right code, of what the code is about, is as expected."""
    with expect.refusal(error.reply_code):
        refuse(error)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ChannelClosedByBroker(404, ""), "406 was expected"),
        (ConnectionClosedByBroker(406, ""), "ChannelClosedByBroker was expected"),
    ],
)
def test_another_refusal(expect: Expecting, error: Exception, words: str) -> None:
    """Another code is not what was expected, nor is the connection's end where a channel's is due."""
    with pytest.raises(AssertionError, match=words), expect.refusal(406):
        refuse(error)


def test_no_refusal(expect: Expecting) -> None:
    """What was taken and should not have been is named."""
    with (
        pytest.raises(AssertionError, match="ChannelClosedByBroker was expected, not None"),
        expect.refusal(406),
    ):
        pass


def test_refusal_of_what_is_not_answered(expect: Expecting) -> None:
    """The refusal of a method without an answer is waited for on the channel that is named."""
    with expect.refusal(406, on=cast("BlockingChannel", object())):
        pass


def test_at_least(expect: Expecting) -> None:
    """What takes less than it must is named with both times."""
    with expect.at_least(0.0):
        pass
    with (
        pytest.raises(AssertionError, match=r"expected were at least 5\.000 s"),
        expect.at_least(5),
    ):
        pass
