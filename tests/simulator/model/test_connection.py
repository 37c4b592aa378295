"""Connections, channels, users: who may come in, and what ends what."""

import pytest

from tests.simulator.model.lab import PASSWORD, USER, Lab, closed
from warren.simulator.model import Version, commands, events


def test_a_wrong_password_is_403() -> None:
    """Nobody learns whether it was the user or the password."""
    lab = Lab()
    text = (
        "Login was refused using authentication mechanism PLAIN. "
        "For details see the broker logfile."
    )
    for user, password in ((USER, "wrong"), ("nobody", PASSWORD)):
        caused = lab.do(commands.ConnectionStartOk(1, user, password))
        assert closed(caused) == ("connection", 403, text)
    assert lab.broker.connections == {}


@pytest.mark.parametrize(
    ("vhost", "text"),
    [
        ("nowhere", "vhost nowhere not found"),
        ("locked", f"access to vhost 'locked' refused for user '{USER}'"),
    ],
)
def test_a_vhost_must_exist_and_be_allowed(vhost: str, text: str) -> None:
    """Anything else is 530."""
    lab = Lab()
    lab.do(commands.AddVhost("locked"))
    lab.do(commands.ConnectionStartOk(1, USER, PASSWORD))
    assert closed(lab.do(commands.ConnectionOpen(1, vhost))) == ("connection", 530, text)


def test_a_soft_error_closes_the_channel_only() -> None:
    """The connection goes on; the closed channel is deaf until the client answers."""
    lab = Lab()
    broken, sound = lab.channel(1, 1), lab.channel(1, 2)
    assert closed(broken.do(commands.BasicGet, "none"))[:2] == ("channel", 404)
    assert broken.declare("q") == []
    assert isinstance(sound.declare("q")[0], events.QueueDeclareOk)
    broken.do(commands.ChannelCloseOk)
    assert broken.do(commands.ChannelOpen) == [events.ChannelOpenOk(1, 1)]


def test_closes_that_cross() -> None:
    """A client that closes the channel that is being closed is answered, and still owes a close-ok."""
    client = Lab().channel()
    client.do(commands.BasicGet, "none")
    for _ in range(2):
        assert client.do(commands.ChannelClose) == [events.ChannelCloseOk(1, 1)]
        assert client.declare("q") == []
    assert client.do(commands.ChannelCloseOk) == []
    assert client.do(commands.ChannelOpen) == [events.ChannelOpenOk(1, 1)]


def test_close_ok_that_nobody_waits_for() -> None:
    """It is 503 on an open channel, 504 where there is none."""
    expected = ("connection", 503, "unimplemented method")
    assert closed(Lab().channel().do(commands.ChannelCloseOk)) == expected
    lab = Lab()
    lab.connect()
    expected = ("connection", 504, "expected 'channel.open'")
    assert closed(lab.do(commands.ChannelCloseOk(1, 5))) == expected


def test_a_hard_error_closes_the_connection() -> None:
    """Everything the connection had is released, and nothing it says is heard any more."""
    lab = Lab()
    client = lab.channel()
    client.declare("q", exclusive=True)
    scope, code, text = closed(client.do(commands.ChannelFlow, active=False))
    assert (scope, code, text) == ("connection", 540, "active=false")
    assert lab.broker.vhosts["/"].queues == {}
    assert client.declare("q") == []


def test_method_ids_name_the_culprit() -> None:
    """channel.close says which method was at fault."""
    (event,) = Lab().channel().do(commands.BasicGet, "none")
    assert (event.class_id, event.method_id) == (60, 70)


def test_wrong_order() -> None:
    """A method on a channel that is not open, and a second channel.open, are 504."""
    lab = Lab()
    lab.connect()
    expected = ("connection", 504, "expected 'channel.open'")
    assert closed(lab.do(commands.BasicGet(1, 5, "q"))) == expected
    client = lab.channel(2)
    expected = ("connection", 504, "second 'channel.open' seen")
    assert closed(client.do(commands.ChannelOpen)) == expected


def test_no_more_channels_than_negotiated() -> None:
    """One channel more than channel_max is 530."""
    lab = Lab()
    lab.do(commands.ConnectionStartOk(1, USER, PASSWORD))
    lab.do(commands.ConnectionOpen(1, "/", channel_max=1))
    lab.do(commands.ChannelOpen(1, 1))
    text = "number of channels opened (1) has reached the negotiated channel_max (1)"
    assert closed(lab.do(commands.ChannelOpen(1, 2))) == ("connection", 530, text)


def test_goodbye() -> None:
    """connection.close is answered, exclusive queues go, held messages go back."""
    lab = Lab()
    lab.channel(1).declare("q")
    lab.channel(1).publish("q", b"m")
    lab.channel(2).declare("own", exclusive=True)
    lab.channel(2).get("q")
    assert lab.do(commands.ConnectionClose(2)) == [events.ConnectionCloseOk(2)]
    assert (lab.ready("q"), [*lab.broker.vhosts["/"].queues]) == ([b"m"], ["q"])


def test_a_dying_connection_gets_nothing_back() -> None:
    """What one channel of a lost connection held is not delivered to another of its channels."""
    lab = Lab()
    lab.channel(1, 1).declare("q")
    lab.channel(1, 1).publish("q", b"m")
    lab.channel(2, 1).consume("q")
    lab.channel(2, 2).consume("q", no_ack=True)
    assert lab.do(commands.ConnectionLost(2)) == []
    assert lab.ready("q") == [b"m"]


def test_management_closes_with_320() -> None:
    """A connection closed from outside is told so."""
    lab = Lab()
    lab.connect()
    (event,) = lab.do(commands.ForceClose(1, "Closed via management plugin"))
    assert event.reply_text == "CONNECTION_FORCED - Closed via management plugin"
    assert event.reply_code == 320


@pytest.mark.parametrize("semantics", ["3.10", "4.3"])
def test_permissions(semantics: Version) -> None:
    """What a pattern does not cover is 403; 4.3 says which permission was missing."""
    lab = Lab(semantics)
    lab.do(commands.SetPermissions(USER, "/", configure="^mine", write="^mine", read=""))
    client = lab.channel()
    kind = "configure access" if semantics == "4.3" else "access"
    text = f"{kind} to queue 'yours' in vhost '/' refused for user '{USER}'"
    assert closed(client.declare("yours")) == ("channel", 403, text)
    client = lab.channel(1, 2)
    client.declare("mine")
    text = f"access to queue 'mine' in vhost '/' refused for user '{USER}'"
    scope, code, said = closed(client.do(commands.BasicGet, "mine"))
    assert (scope, code) == ("channel", 403)
    assert said.endswith(text)
    client = lab.channel(1, 3)
    scope, code, said = closed(client.publish("mine"))
    assert said.endswith(f"access to exchange 'amq.default' in vhost '/' refused for user '{USER}'")


def reply_name(lab: Lab) -> str:
    """Return the direct reply-to name of channel 1 of connection 1."""
    reply_consumer = lab.broker.connections[1].channels[1].reply_consumer
    assert reply_consumer is not None
    return reply_consumer[1]


def test_direct_reply_to() -> None:
    """A request names the pseudo-queue; its reply comes to the requester without any queue."""
    lab = Lab()
    asker, server = lab.channel(1), lab.channel(2)
    server.declare("rpc")
    asker.consume("amq.rabbitmq.reply-to", no_ack=True)
    asker.publish("rpc", b"?", reply_to="amq.rabbitmq.reply-to")
    request = server.get("rpc", no_ack=True).message
    (reply,) = server.publish(request.properties.reply_to, b"!")
    assert (reply.connection, reply.consumer_tag, reply.message.body) == (1, "c", b"!")
    asker.do(commands.ChannelClose)
    assert server.publish(request.properties.reply_to, b"late") == []


@pytest.mark.parametrize(("semantics", "returned"), [("3.10", 1), ("4.3", 0)])
def test_a_mandatory_direct_reply(semantics: Version, returned: int) -> None:
    """3.10 returns a mandatory direct reply as unroutable although it delivers it; 4.3 does not."""
    lab = Lab(semantics)
    asker = lab.channel(1)
    asker.consume("amq.rabbitmq.reply-to", no_ack=True)
    name = reply_name(lab)
    caused = lab.channel(2).publish(name, b"!", mandatory=True)
    assert sum(isinstance(event, events.BasicReturn) for event in caused) == returned
    assert sum(isinstance(event, events.BasicDeliver) for event in caused) == 1


@pytest.mark.parametrize(("semantics", "times"), [("3.10", 1), ("4.3", 0)])
def test_a_direct_reply_to_nobody(semantics: Version, times: int) -> None:
    """4.3 takes any name for routed that it could have given, also when its consumer has gone."""
    lab = Lab(semantics)
    asker, server = lab.channel(1), lab.channel(2)
    asker.consume("amq.rabbitmq.reply-to", no_ack=True)
    name = reply_name(lab)
    asker.do(commands.ChannelClose)
    assert len(server.publish(name, b"!", mandatory=True)) == times
    assert len(server.publish("amq.rabbitmq.reply-to.nobody", b"!", mandatory=True)) == 1


@pytest.mark.parametrize(
    ("semantics", "tags"), [("3.10", [1, 1, 1]), ("4.0", [1, 1, 1]), ("4.3", [1, 2, 3])]
)
def test_the_tags_of_direct_replies(semantics: Version, tags: list[int]) -> None:
    """As 4.3 replies count as deliveries; before, each has the tag of the delivery that comes next."""
    lab = Lab(semantics)
    asker, server = lab.channel(1), lab.channel(2)
    asker.declare("q")
    asker.publish("q")
    asker.consume("amq.rabbitmq.reply-to", no_ack=True)
    name = reply_name(lab)
    given = [reply.delivery_tag for _ in range(2) for reply in server.publish(name, b"!")]
    assert [*given, asker.get("q").delivery_tag] == tags


def test_a_second_reply_consumer() -> None:
    """It is 406, also by the tag of the first, which a queue's consumer may have as well."""
    lab = Lab()
    client = lab.channel(1)
    client.consume("amq.rabbitmq.reply-to", no_ack=True)
    again = client.consume("amq.rabbitmq.reply-to", no_ack=True)
    assert closed(again) == ("channel", 406, "reply consumer already set")
    other = lab.channel(2)
    other.declare("q")
    other.consume("amq.rabbitmq.reply-to", no_ack=True)
    (answer,) = other.consume("q")
    assert isinstance(answer, events.BasicConsumeOk)


def test_a_direct_reply_by_copy() -> None:
    """A reply-to name in CC or BCC is replied to as one in the routing key is."""
    lab = Lab()
    asker, server = lab.channel(1), lab.channel(2)
    asker.consume("amq.rabbitmq.reply-to", no_ack=True)
    server.declare("q")
    for header in ("CC", "BCC"):
        (reply,) = server.publish("q", b"!", headers={header: [reply_name(lab)]})
        assert (reply.connection, reply.consumer_tag) == (1, "c")
    assert server.get("q").message_count == 1


def test_rpc_queue_is_its_owners() -> None:
    """A second connection may not consume from an exclusive callback queue: 405."""
    lab = Lab()
    (declared,) = lab.channel(1).declare("", exclusive=True)
    scope, code, _ = closed(lab.channel(2).consume(declared.queue))
    assert (scope, code) == ("channel", 405)


def test_deleting_a_vhost_closes_its_connections() -> None:
    """Its connections are closed with 320 and all in it is gone."""
    lab = Lab()
    lab.channel().declare("q")
    (event,) = lab.do(commands.DeleteVhost("/"))
    assert event.reply_code == 320
    assert lab.broker.vhosts == {}
    assert lab.broker.connections == {}


def test_consumers_hear_that_their_vhost_is_deleted() -> None:
    """Each is cancelled, as by any end of its queue, before its connection is closed."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.consume("q")
    told = lab.do(commands.DeleteVhost("/"))
    assert [type(event) for event in told] == [events.BasicCancel, events.ConnectionClose]


def test_deleting_a_user_closes_its_connections() -> None:
    """Nobody works on under a name that is gone."""
    lab = Lab()
    lab.connect()
    assert [event.reply_code for event in lab.do(commands.DeleteUser(USER))] == [320]


def test_a_message_may_be_too_large() -> None:
    """More than the release's limit is 406."""
    client = Lab("4.3").channel()
    body = bytes(16 * 1024 * 1024 + 1)
    text = "message size 16777217 is larger than configured max size 16777216"
    assert closed(client.publish("q", body)) == ("channel", 406, text)
