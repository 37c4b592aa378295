"""Limits of virtual hosts and users, and topic permissions; the texts are RabbitMQ 3.10.8's, 4.0.5's and 4.3.6's."""

from typing import Any

import pytest

from tests.simulator.model.lab import PASSWORD, USER, Lab, closed
from warren.simulator.model import Version, commands, events
from warren.simulator.model.limits import SetTopicPermissions, SetUserLimits, SetVhostLimits

RELEASES = pytest.mark.parametrize("release", ["3.10", "4.0", "4.3"])


def connect(lab: Lab, number: int) -> list[Any]:
    """Open a connection; return what that causes."""
    lab.do(commands.ConnectionStartOk(number, USER, PASSWORD))
    return lab.do(commands.ConnectionOpen(number))


@RELEASES
def test_queues_of_a_vhost(release: Version) -> None:
    """One queue too many is 406, whatever it is; one that is there may be declared, and a negative limit is none."""
    lab = Lab(release)
    client = lab.channel()
    lab.do(SetVhostLimits("/", {"max-queues": 1}))
    client.declare("one")
    assert isinstance(client.declare("one")[0], events.QueueDeclareOk)
    refused = "cannot declare queue 'two': queue limit in vhost '/' (1) is reached"
    assert closed(client.declare("two")) == ("channel", 406, refused)
    client.do(commands.ChannelCloseOk)
    lab.do(SetVhostLimits("/", {"max-queues": -1}))
    assert isinstance(lab.channel().declare("two", exclusive=True)[0], events.QueueDeclareOk)


@RELEASES
def test_connections_of_a_vhost_and_of_a_user(release: Version) -> None:
    """One connection too many is 530, and which limit it was is said; 0 lets nobody in."""
    lab = Lab(release)
    lab.do(SetVhostLimits("/", {"max-connections": 1}))
    assert connect(lab, 1) == [events.ConnectionOpenOk(1)]
    refused = f"access to vhost '/' refused for user '{USER}': connection limit (1) is reached"
    assert closed(connect(lab, 2)) == ("connection", 530, refused)
    lab.do(SetVhostLimits("/", {}))
    assert connect(lab, 3) == [events.ConnectionOpenOk(3)]
    lab.do(SetUserLimits(USER, {"max-connections": 2}))
    refused = f"connection refused for user '{USER}': user connection limit (2) is reached"
    assert closed(connect(lab, 4)) == ("connection", 530, refused)
    lab.do(commands.ConnectionClose(3))
    assert connect(lab, 5) == [events.ConnectionOpenOk(5)]


@pytest.mark.parametrize(("release", "shown"), [("3.10", "(2)"), ("4.0", "(2)"), ("4.3", "2")])
def test_channels_of_a_user(release: Version, shown: str) -> None:
    """One channel too many of a user, counted over all connections, is 530 and ends the connection."""
    lab = Lab(release)
    lab.do(SetUserLimits(USER, {"max-channels": 2}))
    lab.channel(1)
    lab.channel(2)
    refused = (
        f"number of channels opened for user '{USER}' has reached the maximum allowed user "
        f"limit of {shown}"
    )
    assert closed(lab.do(commands.ChannelOpen(2, 7))) == ("connection", 530, refused)


@RELEASES
@pytest.mark.parametrize("way", ["publish", "tx", "bind", "unbind", "exchange bind", "copy"])
def test_topic_permissions(release: Version, way: str) -> None:
    """A key that the pattern does not match is 403 on a topic exchange; 3.10 does not look at copies."""
    lab = Lab(release)
    client = lab.channel()
    client.declare("q")
    lab.do(SetTopicPermissions(USER, "/", "amq.topic", ("^a", "^b")))
    lab.do(SetTopicPermissions(USER, "/", "amq.direct", ("", "")))
    calls: dict[str, tuple[str, Any]] = {
        "publish": ("write", lambda key: client.publish(key, exchange="amq.topic")),
        "tx": ("write", lambda key: client.publish(key, exchange="amq.topic")),
        "bind": ("read", lambda key: client.bind("q", "amq.topic", key)),
        "unbind": ("read", lambda key: client.do(commands.QueueUnbind, "q", "amq.topic", key)),
        "exchange bind": (
            "read",
            lambda key: client.do(commands.ExchangeBind, "amq.fanout", "amq.topic", key),
        ),
        "copy": (
            "write",
            lambda key: client.publish("a", exchange="amq.topic", headers={"CC": [key]}),
        ),
    }
    permission, call = calls[way]
    if way == "tx":
        client.do(commands.TxSelect)
    client.publish("any", exchange="amq.direct")
    assert not any(
        isinstance(each, events.ChannelClose)
        for each in call({"write": "a", "read": "b"}[permission])
    )
    refused = call("c")
    if (release, way) == ("3.10", "copy"):
        assert refused == []
        return
    access = "access" if release == "3.10" else f"{permission} access"
    text = f"{access} to topic 'c' in exchange 'amq.topic' in vhost '/' refused for user '{USER}'"
    assert closed(refused) == ("channel", 403, text)


def test_topic_permissions_with_names() -> None:
    """`{username}` and `{vhost}` stand for the names; the empty pattern matches the empty key; None is any key."""
    lab = Lab()
    client = lab.channel()
    lab.do(SetTopicPermissions(USER, "/", "amq.topic", ("^{username}-{vhost}$", "")))
    assert client.publish(f"{USER}-/", exchange="amq.topic") == []
    assert client.publish("other-/", exchange="amq.topic") != []
    client.do(commands.ChannelCloseOk)
    lab.do(SetTopicPermissions(USER, "/", "amq.topic", ("", "")))
    assert lab.channel().publish("", exchange="amq.topic") == []
    lab.do(SetTopicPermissions(USER, "/", "amq.topic", None))
    assert lab.channel().publish("any", exchange="amq.topic") == []


@pytest.mark.parametrize(("release", "refuses"), [("4.0", True), ("4.3", False)])
def test_topic_permissions_of_a_deleted_exchange(release: Version, refuses: bool) -> None:
    """On 4.3 they go with their exchange; before, they hold for the next one of its name."""
    lab = Lab(release)
    client = lab.channel()
    for _ in range(2):
        client.exchange("mine", "topic")
        refused = client.publish("x", exchange="mine") != []
        lab.do(SetTopicPermissions(USER, "/", "mine", ("^a", "")))
        client.do(commands.ExchangeDelete, "mine")
    assert refused is refuses
