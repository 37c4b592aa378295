"""The embedded broker as clients see it: who gets in, what comes back, and how it ends."""

import socket
from typing import Any

import pika
import pika.exceptions
import psutil
import pytest

from tests.requisites import missing
from tests.simulator.tcp.embedded import PASSWORD, Embedded, Raw, refused, until
from warren.simulator import wire
from warren.simulator.tcp.options import parse

LAYERS = 17
"""Of queues that dead letters go through, twice as many in each as before: seconds of work."""


def test_publish_get_ack(broker: Embedded) -> None:
    """What goes in comes out: body, exchange, key and properties."""
    with broker.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("round", durable=True)
        sent = pika.BasicProperties(
            content_type="text/plain", headers={"a": [1, "b", None]}, correlation_id="7"
        )
        channel.basic_publish("", "round", b"\x00body", sent)
        method, properties, body = channel.basic_get("round")
        channel.basic_ack(method.delivery_tag)
    assert (body, method.routing_key, method.exchange) == (b"\x00body", "round", "")
    assert (properties.headers, properties.correlation_id) == (sent.headers, "7")


def test_consumer_timeout() -> None:
    """A delivery that is not acknowledged in the time that the broker was given closes its channel with 406."""
    with (
        Embedded.start("--consumer-timeout=0.5", "--semantics=3.10") as broker,
        broker.connect() as connection,
        Raw(broker) as client,
    ):
        connection.channel().queue_declare("slow", durable=True)
        client.send(wire.BasicConsume(queue="slow", consumer_tag="c"))
        client.expect(wire.BasicConsumeOk)
        connection.channel().basic_publish("", "slow", b"")
        client.expect(wire.BasicDeliver)
        client.said()  # its content header; there is no body
        closed = client.expect(wire.ChannelClose)
    assert (closed.reply_code, "timed out" in closed.reply_text) == (406, True)


@pytest.mark.parametrize("size", [0, 1, 131_064, 131_065, 1 << 20])
def test_body_sizes(broker: Embedded, size: int) -> None:
    """Bodies of any size come back whole, in frames no larger than was agreed."""
    body = bytes(range(256)) * (size // 256 + 1)
    with broker.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("sizes", durable=True)
        channel.basic_publish("", "sizes", body[:size])
        assert channel.basic_get("sizes", auto_ack=True)[2] == body[:size]


def test_wrong_password(broker: Embedded) -> None:
    """A wrong password is 403, told because pika can be told."""
    with pytest.raises(pika.exceptions.ProbableAuthenticationError, match="ACCESS_REFUSED"):
        broker.connect(password="wrong")  # noqa: S106 - nobody's


def test_pipelined_handshake(broker: Embedded) -> None:
    """A client may say all of the handshake at once, and the first methods with it."""
    said = [
        (0, wire.ConnectionStartOk({}, "PLAIN", b"\0guest\0" + PASSWORD.encode())),
        (0, wire.ConnectionTuneOk(2047, 131_072, 0)),
        (0, wire.ConnectionOpen("/")),
        (1, wire.ChannelOpen()),
    ]
    octets = b"".join(wire.encode_method_frame(channel, method) for channel, method in said)
    with socket.create_connection(("127.0.0.1", broker.port), 20) as client:
        client.sendall(wire.PROTOCOL_HEADER + octets)
        parser, heard = wire.FrameParser(), list[wire.Content]()
        while len(heard) < 4 and (octets := client.recv(1 << 16)):
            heard += [wire.decode_frame(frame) for frame in parser.feed(octets)]
    assert [type(each) for each in heard] == [
        wire.ConnectionStart,
        wire.ConnectionTune,
        wire.ConnectionOpenOk,
        wire.ChannelOpenOk,
    ]


@pytest.mark.parametrize(
    ("response", "mechanism"),
    [
        (b"\0guest\0\xff", "PLAIN"),
        (b"\0\xff\0x", "PLAIN"),
        (wire.encode_table({"LOGIN": "guest", "PASSWORD": b"\xff"})[4:], "AMQPLAIN"),
        (wire.encode_table({"LOGIN": "guest", "PASSWORD": 5})[4:], "AMQPLAIN"),
        (b"\0nopass\0", "PLAIN"),
    ],
)
def test_refused_login(broker: Embedded, response: bytes, mechanism: str) -> None:
    """A name or password that is no UTF-8 is a wrong one, 403; so is an empty password, if it is the user's too."""
    broker.api("PUT", "users/nopass", json={"password": "", "tags": "administrator"})
    capable = {"capabilities": {"authentication_failure_close": True}}
    with socket.create_connection(("127.0.0.1", broker.port), 20) as client:
        start_ok = wire.ConnectionStartOk(capable, mechanism, response)
        client.sendall(wire.PROTOCOL_HEADER + wire.encode_method_frame(0, start_ok))
        parser, heard = wire.FrameParser(), list[wire.Content]()
        while len(heard) < 2 and (octets := client.recv(1 << 16)):
            heard += [wire.decode_frame(frame) for frame in parser.feed(octets)]
    assert isinstance(heard[-1], wire.ConnectionClose)
    assert heard[-1].reply_code == 403


def test_unknown_vhost(broker: Embedded) -> None:
    """A vhost that does not exist is 530."""
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError, match="NOT_ALLOWED"):
        broker.connect(virtual_host="nowhere")


def test_client_sends_what_only_brokers_send(broker: Embedded) -> None:
    """A method that no client may send is 503 for the connection."""
    with Raw(broker) as client:
        client.send(wire.BasicGetEmpty())
        assert client.expect(wire.ConnectionClose).reply_code == 503
        client.send(wire.ConnectionCloseOk(), 0)
        assert client.frame() is None


def test_update_secret(broker: Embedded) -> None:
    """A new secret is taken, as RabbitMQ takes it from its own users: they do not expire."""
    with broker.connect() as connection:
        connection.update_secret("new", "because")
        assert connection.channel().is_open


def test_channel_that_is_not_open(broker: Embedded) -> None:
    """A method on a channel that is not open is 504."""
    with Raw(broker) as client:
        client.send(wire.BasicGet("q"), 9)
        assert client.expect(wire.ConnectionClose).reply_code == 504


def test_channel_being_closed(broker: Embedded) -> None:
    """On a channel the broker closes only close and close-ok are heard; then it can be opened again."""
    with Raw(broker) as client:
        client.send(wire.BasicGet("none"))
        client.publish("none", b"body", mandatory=True)
        client.send(wire.ChannelClose())
        client.send(wire.BasicGet("none"))
        client.send(wire.ChannelCloseOk())
        client.send(wire.ChannelOpen())
        for said in (wire.ChannelClose, wire.ChannelCloseOk, wire.ChannelOpenOk):
            client.expect(said)


def test_bad_properties(broker: Embedded) -> None:
    """Properties that cannot be decoded close the connection, and leave the broker alive."""
    with Raw(broker) as client:
        header = wire.encode_frame(
            wire.FrameKind.HEADER, 1, wire.join_header(60, 0, b"\x20\x00\x00\x00\x00\x09")
        )
        client.socket.sendall(
            wire.encode_method_frame(1, wire.BasicPublish("", "nowhere")) + header
        )
        assert client.expect(wire.ConnectionClose).reply_code == 541
    broker.connect().close()


def test_confirms_are_joined(broker: Embedded) -> None:
    """Many publishes in one piece are confirmed with few frames, all of them."""
    publish = wire.encode_message(1, wire.BasicPublish("", "none"), wire.ContentHeader(60, 0), b"")
    with Raw(broker) as client:
        client.send(wire.ConfirmSelect())
        client.expect(wire.ConfirmSelectOk)
        client.socket.sendall(publish * 50)
        frames = 0
        while True:
            ack = client.expect(wire.BasicAck)
            frames += 1
            if ack.delivery_tag == 50:
                break
    assert ack.multiple
    assert frames < 25


def test_return_comes_before_its_confirm(broker: Embedded) -> None:
    """A mandatory message that no queue takes comes back first, then it is confirmed."""
    with Raw(broker) as client:
        client.send(wire.ConfirmSelect())
        client.expect(wire.ConfirmSelectOk)
        client.publish("none")
        client.publish("none", b"back", mandatory=True)
        said = [client.said() for _ in range(4)]
        if isinstance(said[0], wire.BasicAck) and said[0].delivery_tag == 1:
            said = [*said[1:], client.said()]
    assert isinstance(said[0], wire.BasicReturn)
    assert said[2] == b"back"
    assert isinstance(said[3], wire.BasicAck)
    assert said[3].delivery_tag == 2


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        (wire.ConnectionClose(), wire.ConnectionCloseOk),
        (wire.ConnectionOpen("/"), wire.ConnectionClose),  # which it is already
        (wire.ConnectionTune(), wire.ConnectionClose),  # which only brokers send
    ],
    ids=["closes", "breaks the order", "is no broker"],
)
def test_confirm_comes_before_the_end(
    broker: Embedded, last: wire.Method, answer: type[wire.Method]
) -> None:
    """A client that publishes and ends the connection in one breath hears of its message first."""
    publish = wire.encode_message(1, wire.BasicPublish("", "none"), wire.ContentHeader(60, 0), b"")
    with Raw(broker) as client:
        client.send(wire.ConfirmSelect())
        client.expect(wire.ConfirmSelectOk)
        client.socket.sendall(publish + wire.encode_method_frame(0, last))
        assert client.expect(wire.BasicAck).delivery_tag == 1
        client.expect(answer)


def test_close_with_writes_under_way(broker: Embedded) -> None:
    """What a client still writes after its close is read and thrown away: close-ok comes, and no reset."""
    publish = wire.encode_message(
        1, wire.BasicPublish("", "none"), wire.ContentHeader(60, 9), b"under way"
    )
    with Raw(broker) as client:
        client.send(wire.ConnectionClose(200, "bye"), 0)
        for _ in range(100):
            client.socket.sendall(publish * 1000)
        client.expect(wire.ConnectionCloseOk)
        client.send(wire.ConnectionCloseOk(), 0)
        assert client.socket.recv(1) == b""


def test_end_in_order() -> None:
    """SIGTERM closes connections with 320 and ends the process with status 0."""
    with Embedded.start() as broker, Raw(broker) as client:
        assert broker.end() == 0
        assert client.expect(wire.ConnectionClose).reply_code == 320


def test_end_while_dead_letters_go_on() -> None:
    """SIGTERM is heard between two portions of dead letters: the goodbye comes before the last of them."""
    with Embedded.start() as broker, Raw(broker) as client:
        with broker.connect() as connection:
            _double_dead_letters(connection.channel())
        client.send(wire.BasicConsume("last", no_ack=True))
        client.expect(wire.BasicConsumeOk)
        client.send(wire.ConfirmSelect())
        client.expect(wire.ConfirmSelectOk)
        client.publish("0 a", b"one of many")
        client.expect(wire.BasicAck)
        assert broker.end() == 0
        arrived = 0
        while not isinstance(said := client.said(), wire.ConnectionClose):
            arrived += isinstance(said, wire.BasicDeliver)
        assert (said.reply_code, arrived < 2**LAYERS) == (320, True)


def _double_dead_letters(channel: Any) -> None:
    """Have every message in "0 a" become twice as many in each layer, and all of them arrive in "last"."""
    for layer in range(LAYERS):
        channel.exchange_declare(f"{layer + 1}", "fanout")
        expires = {"x-message-ttl": 0, "x-dead-letter-exchange": f"{layer + 1}"}
        for name in (f"{layer} a", f"{layer} b"):
            channel.queue_declare(name, durable=True, arguments=expires)
            if layer:
                channel.queue_bind(name, f"{layer}")
    channel.queue_declare("last", durable=True)
    channel.queue_bind("last", f"{LAYERS}")


def test_port_taken(broker: Embedded) -> None:
    """A taken port is one line and status 2."""
    line = refused(f"--port={broker.port}")
    assert f"127.0.0.1:{broker.port}: address already in use; choose another port" in line


def test_taken_management_port(broker: Embedded) -> None:
    """The management port's line names that port."""
    port = broker.ready["management_port"]
    assert f":{port}: address already in use" in refused(f"--management-port={port}")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("nowhere.invalid", "nowhere.invalid is no host that can be found"),
        ("x" * 70, "is no host that can be found"),
        ("192.0.2.1", "192.0.2.1:5672: cannot assign requested address"),
    ],
)
def test_bad_host(host: str, reason: str) -> None:
    """A host that is none, or not of this machine, is named as the trouble; the port is not."""
    line = refused(f"--host={host}", "--port=5672")
    assert reason in line
    assert "unknown error" not in line
    assert line.endswith("choose another host")


def test_two_faults_at_one_ack(capsys: pytest.CaptureFixture[str]) -> None:
    """Two faults cannot happen at the same ack, and neither is left out in silence."""
    faults = "--fault=disconnect-ack:3", "--fault=half-open-ack:3"
    with pytest.raises(SystemExit, match="2"):
        parse(["--fault=disconnect-ack:2", *faults])
    assert "disconnect-ack:3 and half-open-ack:3" in capsys.readouterr().err.splitlines()[-1]


def test_random_password() -> None:
    """Without a password the broker makes one up, and tells it when it is ready."""
    with Embedded.start(password="") as broker:
        password = broker.ready["password"]
        assert len(password) >= 16
        broker.connect(password=password).close()


def test_given_password_is_not_told(broker: Embedded) -> None:
    """A password that was given is in no output."""
    assert PASSWORD not in str(broker.ready)


def test_both_loopback_addresses(broker: Embedded) -> None:
    """It listens on 127.0.0.1 and on ::1, on the same ports."""
    for port in (broker.port, broker.ready["management_port"]):
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), 5).close()
    parameters = pika.ConnectionParameters(
        "::1", broker.port, credentials=pika.PlainCredentials("guest", PASSWORD)
    )
    with pika.BlockingConnection(parameters):
        names = [each["name"] for each in broker.api("GET", "connections").json()]
    assert any(name.endswith(f" -> [::1]:{broker.port}") for name in names)


def test_hosts() -> None:
    """It listens on every host that is given, and on no other; the first one stands in the ready line."""
    with Embedded.start("--host=127.0.0.3", "--host=127.0.0.2") as broker:
        assert broker.ready["host"] == "127.0.0.3"
        for host in ("127.0.0.2", "127.0.0.3"):
            socket.create_connection((host, broker.port), 5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", broker.port), 5).close()


def test_loopback_alone(broker: Embedded) -> None:
    """Nothing listens but on the loopback address."""
    addresses = [
        a.address
        for of_one in psutil.net_if_addrs().values()
        for a in of_one
        if a.family == socket.AF_INET
    ]
    others = [address for address in addresses if not address.startswith("127.")]
    for address in others or missing("this machine has no other address"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, broker.port), 1).close()


def test_many_connections(broker: Embedded) -> None:
    """Two hundred connections at once all work."""
    clients = [Raw(broker) for _ in range(200)]
    for number, client in enumerate(clients):
        client.send(wire.QueueDeclare(f"many-{number}", exclusive=True))
    for client in clients:
        client.expect(wire.QueueDeclareOk)
        client.socket.close()
    until(lambda: broker.api("GET", "connections").json() == [])


def test_dropped_connection_gives_back(broker: Embedded) -> None:
    """What a vanished client held is ready again."""
    with broker.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("held", durable=True)
        channel.basic_publish("", "held", b"x")
        with Raw(broker) as client:
            client.send(wire.BasicGet("held"))
            client.expect(wire.BasicGetOk)
            assert broker.queue("held")["messages_unacknowledged"] == 1
        until(lambda: broker.queue("held")["messages_ready"] == 1)
        assert channel.basic_get("held", auto_ack=True)[0].redelivered
