"""How much one connection may have done in a turn, counted in commands and what they cause."""

import json
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, Socket, bench
from tests.simulator.tcp.embedded import PASSWORD
from tests.simulator.tcp.pouring import PUBLISH, come, pour, read, work
from warren.simulator import wire
from warren.simulator.model import commands
from warren.simulator.model.broker import DEAD_LETTER_WORK
from warren.simulator.tcp.client import ENOUGH, LEAST_OCTETS, MOST_OCTETS, portion_after
from warren.simulator.tcp.management.definitions import PORTION as MADE_AT_ONCE
from warren.simulator.tcp.management.http import EVENTS_OF_A_TURN, HttpClient
from warren.simulator.tcp.management.listing import PORTION

LONG = 500
"""The work of a turn that no neighbour minds: a few milliseconds."""


def test_a_flood_of_small_publishes_is_done_in_small_turns() -> None:
    """However much a publisher writes, no turn does more than a turn is for, and nothing is left out."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        done = pour(on_bench, client, socket, PUBLISH * 5000)
        assert sum(done) >= 5000
        assert max(done) <= LONG
        body = b"".join(sessions.publish("", "q", b"x" * 100_000))
        done = pour(on_bench, client, socket, body * 100)
        assert len(done) < 100 * len(body) / MOST_OCTETS + 100
        done = pour(on_bench, client, socket, PUBLISH * 20_000)
        assert max(done) <= LONG
        assert on_bench.node.broker.vhosts[sessions.VHOST].queues["q"].message_count == 25_100


def test_a_crowd_of_floods_has_one_round_together() -> None:
    """Sixty publishers do no more between two looks at the sockets than a few do, and each gets on."""
    with bench() as on_bench:
        crowd = [come(on_bench) for _ in range(60)]
        rest = dict.fromkeys(crowd, PUBLISH * 300)
        worst = 0
        while any(rest.values()) or on_bench.clock.is_soon:
            before = work(on_bench)
            on_bench.clock.run_once()
            for client, socket in crowd:
                if rest[client, socket] and not socket.paused:
                    rest[client, socket] = read(client, rest[client, socket])
            worst = max(worst, work(on_bench) - before)
        assert worst <= 60 * LONG / 10
        assert on_bench.node.broker.vhosts[sessions.VHOST].queues["q"].message_count == 60 * 300


def test_who_comes_new_is_heard_beside_floods() -> None:
    """A newcomer's command is done when it is read, however many publishers wait for their turn."""
    with bench() as on_bench:
        crowd = [come(on_bench) for _ in range(20)]
        for client, _socket in crowd:
            read(client, PUBLISH * 300)
        newcomer, socket = on_bench.node.new_client(), Socket(on_bench.clock)
        socket.connect(newcomer)
        for piece in sessions.handshake():
            read(newcomer, piece)
        before = len(socket.heard)
        read(newcomer, sessions.method(wire.QueueDeclare("new")))
        assert len(socket.heard) > before


def test_consumers_keep_pace_with_floods() -> None:
    """Four publishers without an end are taken no faster than the consumer beside them gets its turns."""
    with bench() as on_bench:
        crowd = [come(on_bench) for _ in range(4)]
        _consumer, listening = come(on_bench)
        listening.feed(sessions.method(wire.BasicConsume("q", "tag", no_ack=True)))
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        rest, most = dict.fromkeys(crowd, PUBLISH * 5000), 0
        while any(rest.values()) or on_bench.clock.is_soon:
            on_bench.clock.run_once()
            for client, socket in crowd:
                if rest[client, socket] and not socket.paused:
                    rest[client, socket] = read(client, rest[client, socket])
            most = max(most, queue.message_count)
        assert most <= LONG
        assert listening.heard.count(b"\x03tag") == 1 + 4 * 5000


@pytest.mark.parametrize(
    ("portion", "octets", "heard", "next_portion"),
    [
        (MOST_OCTETS, MOST_OCTETS, 10 * ENOUGH, MOST_OCTETS // 10),
        (LEAST_OCTETS, LEAST_OCTETS, 1, 2 * LEAST_OCTETS),
        (LEAST_OCTETS, 8, 1, LEAST_OCTETS),
        (LEAST_OCTETS, LEAST_OCTETS, 10 * ENOUGH, LEAST_OCTETS),
        (MOST_OCTETS, MOST_OCTETS, 1, MOST_OCTETS),
    ],
)
def test_portions(portion: int, octets: int, heard: int, next_portion: int) -> None:
    """Too many commands make the next portion smaller, a whole portion with few of them a larger one."""
    assert portion_after(portion, octets, heard) == next_portion


def request(line: bytes, body: bytes = b"") -> bytes:
    """Return a request of the management API."""
    credentials = b64encode(f"guest:{PASSWORD}".encode())
    head = b"%b HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %b\r\nContent-Length: %d\r\n\r\n%b"
    return head % (line, credentials, len(body), body)


def begin_to_ask(on_bench: Bench, asked: bytes, times: int = 1) -> Socket:
    """Ask the management API; return the socket, which has what can be said at once."""
    client, socket = HttpClient(on_bench.node), Socket(on_bench.clock)
    socket.connect(client)
    client.data_received(request(b"GET /api/" + asked) * times)
    return socket


def ask(on_bench: Bench, asked: bytes, times: int = 1) -> tuple[Socket, list[int]]:
    """Ask it; return the socket, and how many octets it had each time the loop had gone round."""
    socket = begin_to_ask(on_bench, asked, times)
    heard = [len(socket.heard)]
    while on_bench.clock.is_soon:
        on_bench.clock.run_once()
        heard.append(len(socket.heard))
    return socket, heard


def post(
    on_bench: Bench, line: bytes, body: bytes, count: Callable[[], int]
) -> tuple[bytes, list[int]]:
    """Have a request done; return the answer, and by how much `count` grew each time the loop had gone round."""
    client, socket = HttpClient(on_bench.node), Socket(on_bench.clock)
    socket.connect(client)
    counted = [count()]
    client.data_received(request(line, body))
    counted.append(count())
    while on_bench.clock.is_soon:
        on_bench.clock.run_once()
        counted.append(count())
    return bytes(socket.heard), [b - a for a, b in pairwise(counted)]


IN_VHOST = quote(sessions.VHOST, safe="").encode()
GET_ALL = b'{"count": -1, "ackmode": "ack_requeue_true", "encoding": "auto"}'


def test_many_messages_are_got_in_portions() -> None:
    """A get of a thousand messages takes them, and gives them back, in turns, and has them all in order."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        octets = [b"".join(sessions.publish("", "q", b"%d" % number)) for number in range(1000)]
        pour(on_bench, client, socket, b"".join(octets))
        line = b"POST /api/queues/" + IN_VHOST + b"/q/get"
        answer, done = post(on_bench, line, GET_ALL, lambda: work(on_bench))
        assert max(done) <= 4 * PORTION
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert [int(each["payload"]) for each in told] == [*range(1000)]
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        assert (queue.unacked_count, queue.message_count) == (0, 1000)


def test_who_gets_and_goes_gives_back() -> None:
    """What a get has taken goes to a consumer when its client has gone between two portions."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 1000)
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        asking, link = HttpClient(on_bench.node), Socket(on_bench.clock)
        link.connect(asking)
        asking.data_received(request(b"POST /api/queues/" + IN_VHOST + b"/q/get", GET_ALL))
        assert queue.unacked_count == PORTION
        _consumer, listening = come(on_bench)
        listening.feed(sessions.method(wire.BasicConsume("q", "tag", no_ack=True)))
        link.hang_up()
        assert (queue.unacked_count, queue.message_count) == (0, 0)
        assert listening.heard.count(b"\x03tag") == 1 + 1000


@pytest.mark.parametrize("path", [b"definitions", b"definitions/" + IN_VHOST])
def test_definitions_are_imported_in_portions(path: bytes) -> None:
    """A thousand queues and bindings are made in turns, each of so many, and are all there in the end."""
    where = {"vhost": sessions.VHOST}
    queues = [{"name": f"q{number}", **where} for number in range(1000)]
    bindings = [
        {
            "source": "amq.topic",
            "destination_type": "queue",
            "destination": each["name"],
            "routing_key": "key",
            **where,
        }
        for each in queues
    ]
    with bench() as on_bench:
        host = on_bench.node.broker.vhosts[sessions.VHOST]
        body = json.dumps({"queues": queues, "bindings": bindings}).encode()
        exchange = host.exchanges["amq.topic"]
        answer, done = post(
            on_bench, b"POST /api/" + path, body, lambda: len(host.queues) + len(exchange.outgoing)
        )
        assert answer.startswith(b"HTTP/1.1 204")
        assert (sum(done), max(done)) == (2000, MADE_AT_ONCE)


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_policy_comes_to_many_queues_in_turns(*, is_kept: bool) -> None:
    """No turn gives more queues a new policy than dead letters may be work; a command that restarts waits for none."""
    with bench() as on_bench:
        come(on_bench)[1].feed(sessions.method(wire.QueueDelete("q")))
        host = on_bench.node.broker.vhosts[sessions.VHOST]
        _client, socket = come(on_bench)
        for number in range(1500):
            socket.feed(sessions.method(wire.QueueDeclare(f"q{number}", durable=True)))
        body = b'{"pattern": "", "definition": {"max-length": 7}}'
        line = b"PUT /api/policies/" + IN_VHOST + b"/short"

        def taken_up() -> int:
            return sum(each.policy.max_length == 7 for each in host.queues.values())

        if is_kept:
            answer, done = post(on_bench, line, body, taken_up)
            assert answer.startswith(b"HTTP/1.1 201")
            assert (sum(done), max(done)) == (1501, DEAD_LETTER_WORK)
        else:
            link = Socket(on_bench.clock)
            client = HttpClient(on_bench.node)
            link.connect(client)
            client.data_received(request(line, body))
            with on_bench.node.turn():
                on_bench.node.do(commands.Restart())
            assert taken_up() == len(host.queues) == 1500


@pytest.mark.parametrize("path", ["queues", "bindings", "queues?sort=name&columns=name"])
def test_a_long_list_is_made_in_portions(path: str) -> None:
    """A list of a thousand queues takes as many turns as there are portions, and is whole."""
    with bench() as on_bench:
        _client, socket = come(on_bench)
        for number in range(1000):
            socket.feed(sessions.method(wire.QueueDeclare(f"q{number}")))
        answered, heard = ask(on_bench, path.encode())
        assert len(heard) >= 1000 // PORTION
        assert heard[-2] == 0 < heard[-1]
        head, _, body = bytes(answered.heard).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert {f"q{number}" for number in range(1000)} <= {
            each.get("name", each.get("destination")) for each in json.loads(body)
        }


@pytest.mark.parametrize(
    "path",
    [
        "definitions",
        "definitions/{}",
        "exchanges/{}/amq.topic/bindings/source",
        "queues/{}/q/bindings",
        "bindings/{}/e/amq.topic/q/q",
    ],
)
def test_a_thousand_bindings_are_told_in_portions(path: str) -> None:
    """What one exchange and one queue have between them takes as many turns as there are portions, and is whole."""
    with bench() as on_bench:
        _client, socket = come(on_bench)
        keys = {f"key {number}" for number in range(1000)}
        for key in keys:
            socket.feed(sessions.method(wire.QueueBind("q", "amq.topic", key)))
        answered, heard = ask(on_bench, path.format(quote(sessions.VHOST, safe="")).encode())
        assert len(heard) >= 1000 // PORTION
        assert heard[-2] == 0 < heard[-1]
        told = json.loads(bytes(answered.heard).partition(b"\r\n\r\n")[2])
        bindings = told["bindings"] if isinstance(told, dict) else told
        assert keys <= {each["routing_key"] for each in bindings}


def test_the_management_api_is_heard_beside_floods() -> None:
    """Twenty publishers without an end: one request is heard at once, a list in no more rounds than without them."""
    with bench() as on_bench:
        crowd = [come(on_bench) for _ in range(20)]
        for number in range(1000):
            crowd[0][1].feed(sessions.method(wire.QueueDeclare(f"q{number}")))
        _socket, alone = ask(on_bench, b"queues")
        rest = {client: read(client, PUBLISH * 5000) for client, _socket in crowd}
        assert bytes(begin_to_ask(on_bench, b"whoami").heard).startswith(b"HTTP/1.1 200")
        listed, rounds, worst = begin_to_ask(on_bench, b"queues"), 0, 0
        while not listed.heard:
            before, rounds = work(on_bench), rounds + 1
            on_bench.clock.run_once()
            worst = max(worst, work(on_bench) - before)
            for client, socket in crowd:
                if not socket.paused:
                    rest[client] = read(client, rest[client])
        assert rounds <= len(alone)
        assert worst <= 60 * LONG / 10
        assert all(rest.values()), "the floods were over before the list was there"


def test_many_requests_at_once_are_answered_in_several_turns() -> None:
    """Who pipelines its requests waits for the others between some of them."""
    with bench() as on_bench:
        socket, heard = ask(on_bench, b"whoami", times=100)
        assert socket.heard.count(b"HTTP/1.1 200") == 100
        assert len(heard) >= 100 / EVENTS_OF_A_TURN
        assert heard[0] <= heard[-1] * EVENTS_OF_A_TURN / 100
