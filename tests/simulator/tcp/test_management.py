"""The management API of the embedded broker."""

from typing import Any

import pika
import pika.exceptions
import pytest

from tests.simulator.tcp.embedded import TIMEOUT, Embedded, until

ALL = {"configure": ".*", "write": ".*", "read": ".*"}


def test_overview(broker: Embedded) -> None:
    """The overview has the version that scripts look for."""
    shown = broker.api("GET", "overview").json()
    assert shown["rabbitmq_version"] == shown["product_version"] == "4.3.6"


@pytest.mark.parametrize(("semantics", "version"), [("3.10", "3.10.8"), ("4.0", "4.0.5")])
def test_version_is_the_measured_one(semantics: str, version: str) -> None:
    """Each semantics calls itself what it was compared with, release for release."""
    with Embedded.start(f"--semantics={semantics}") as older:
        assert older.ready["version"] == version
        assert older.api("GET", "overview").json()["rabbitmq_version"] == version


def test_default_queue_type(broker: Embedded) -> None:
    """Queues of a virtual host are of its default type when they name none; a type that is none is 400."""
    broker.api("PUT", "vhosts/quorum", json={"default_queue_type": "quorum"})
    assert broker.api("GET", "vhosts/quorum").json()["default_queue_type"] == "quorum"
    broker.api("PUT", "queues/quorum/q", json={"durable": True})
    assert broker.api("GET", "queues/quorum/q").json()["type"] == "quorum"
    assert broker.api("PUT", "vhosts/x", json={"default_queue_type": "x"}).status_code == 400


@pytest.mark.parametrize("semantics", ["3.10", "4.0", "4.3"])
def test_default_queue_type_by_its_old_name(semantics: str) -> None:
    """3.10 knows the default type by its old name alone, and gives it to what lasts; later ones name a type always."""
    is_old = semantics == "3.10"
    with Embedded.start(f"--semantics={semantics}") as broker:
        asked = {"new": "default_queue_type", "old": "defaultqueuetype"}
        for vhost, key in asked.items():
            broker.api("PUT", f"vhosts/{vhost}", json={key: "quorum"})
            broker.api("PUT", f"queues/{vhost}/lasts", json={"durable": True})
            broker.api("PUT", f"queues/{vhost}/goes", json={"durable": True, "auto_delete": True})
        shown = [broker.api("GET", f"vhosts/{v}").json()["default_queue_type"] for v in asked]
        assert shown == ["undefined" if is_old else "quorum", "quorum"]
        assert broker.api("GET", "queues/old/lasts").json()["arguments"] == {
            "x-queue-type": "quorum"
        }
        by_default = {} if is_old else {"x-queue-type": "classic"}
        assert broker.api("GET", "queues/old/goes").json()["arguments"] == by_default
        assert broker.api("GET", "queues/new/lasts").json()["arguments"] == (
            {} if is_old else {"x-queue-type": "quorum"}
        )
        document = {
            "queues": [{"name": name, "durable": name == "kept"} for name in ("kept", "not")]
        }
        broker.api("POST", "definitions/old", json=document)
        kinds = {
            name: broker.api("GET", f"queues/old/{name}").json()["type"] for name in ("kept", "not")
        }
        assert kinds == {"kept": "classic" if is_old else "quorum", "not": "classic"}


@pytest.mark.parametrize("semantics", ["3.10", "4.0", "4.3"])
def test_authentication(semantics: str) -> None:
    """Who shows no password has 401 without a body; a wrong one is told in the words of the release."""
    realm = {"WWW-Authenticate": 'Basic realm="RabbitMQ Management"'}
    is_old = semantics == "3.10"
    with Embedded.start(f"--semantics={semantics}") as broker:
        asked = broker.api("GET", "overview", auth=None)
        assert (asked.status_code, asked.content, asked.headers["Content-Length"]) == (
            401,
            b"",
            "0",
        )
        assert realm.items() <= asked.headers.items()
        assert "Content-Type" not in asked.headers
        refused = broker.api("POST", "overview", auth=None)
        assert (refused.status_code, refused.content) == (405, b"")
        assert broker.api("OPTIONS", "overview", auth=None).headers["Allow"] == "HEAD, GET, OPTIONS"
        login = broker.api("GET", "auth", auth=None).status_code
        assert login == (404 if semantics == "4.3" else 200)
        for auth in (("guest", "wrong"), ("nobody", "secret")):
            wrong = broker.api("GET", "overview", auth=auth)
            reason = "Login failed" if is_old else "Not_Authorized"
            assert (wrong.status_code, wrong.json()) == (
                401,
                {"error": "not_authorized", "reason": reason},
            )
            assert (realm.items() <= wrong.headers.items()) == is_old
        for header, status in {"Bearer abc": 401, "Basic ???": 400, "Basic Zm9v": 400}.items():
            odd = broker.api("GET", "overview", auth=None, headers={"Authorization": header})
            assert (odd.status_code, bool(odd.content)) == (status, status == 401)
        assert broker.api("GET", "nothing", auth=None).status_code == 404


def test_empty_password(broker: Embedded) -> None:
    """Who has an empty password does not get in by it."""
    broker.api("PUT", "users/empty", json={"password": "", "tags": "administrator"})
    assert broker.api("GET", "whoami", auth=("empty", "")).status_code == 401
    broker.api("DELETE", "users/empty")


def test_user_without_a_tag(broker: Embedded) -> None:
    """A user who is no administrator may use AMQP alone."""
    broker.api("PUT", "users/plain", json={"password": "pw", "tags": ""})
    refused = broker.api("GET", "overview", auth=("plain", "pw"))
    said = {"error": "not_authorised", "reason": "Not management user"}
    assert (refused.status_code, refused.json()) == (401, said)


def test_aliveness(broker: Embedded) -> None:
    """The test that a virtual host is alive says ok and nothing else, makes no queue, and knows which there are."""
    before = {queue["name"] for queue in broker.api("GET", "queues").json()}
    alive = broker.api("GET", "aliveness-test/%2F")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert {queue["name"] for queue in broker.api("GET", "queues").json()} == before
    assert broker.api("GET", "aliveness-test/none").status_code == 404
    assert broker.api("PUT", "aliveness-test/%2F", json={}).status_code == 405


def test_vhost_and_user(broker: Embedded) -> None:
    """A user gets into a vhost with permissions, and out of it when the vhost goes."""
    assert broker.api("PUT", "vhosts/a%2Fb", json={}).status_code == 201
    assert broker.api("PUT", "users/eva", json={"password": "pw", "tags": ""}).status_code == 201
    parameters = pika.ConnectionParameters(
        "127.0.0.1",
        broker.port,
        "a/b",
        pika.PlainCredentials("eva", "pw"),
        blocked_connection_timeout=TIMEOUT,
    )
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError):
        pika.BlockingConnection(parameters)
    assert broker.api("PUT", "permissions/a%2Fb/eva", json=ALL).status_code == 201
    connection = pika.BlockingConnection(parameters)
    (shown,) = broker.api("GET", "vhosts/a%2Fb/connections").json()
    assert (shown["user"], shown["client_properties"]["product"]) == (
        "eva",
        "Pika Python Client Library",
    )
    assert broker.api("DELETE", "vhosts/a%2Fb").status_code == 204
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="CONNECTION_FORCED"):
        connection.channel()
    assert broker.api("DELETE", "vhosts/a%2Fb").status_code == 404
    assert broker.api("DELETE", "users/eva").status_code == 204


def test_permissions(broker: Embedded) -> None:
    """What a user may do in a vhost is shown once it is given, and no more when it is taken."""
    path = "permissions/%2F/fay"
    broker.api("PUT", "users/fay", json={"password": "pw", "tags": ""})
    assert broker.api("GET", path).status_code == 404
    assert broker.api("PUT", path, json={**ALL, "write": "^a"}).status_code == 201
    shown = broker.api("GET", path).json()
    assert shown == {"user": "fay", "vhost": "/", **ALL, "write": "^a"}
    assert broker.api("DELETE", path).status_code == 204
    assert broker.api("GET", path).status_code == 404


@pytest.mark.parametrize(
    "pattern",
    ["(", "[", "*", "(" * 3000, "(" * 3000 + ")" * 3000, "a{99999999999999999999}", r"(a)\1"],
)
def test_pattern_that_is_none(broker: Embedded, pattern: str) -> None:
    """A pattern that cannot be used is 400 and changes nothing: nobody comes in by it, nobody is put out."""
    broker.api("PUT", "users/gil", json={"password": "pw", "tags": ""})
    path = "permissions/%2F/gil"
    for before in (404, 200):
        assert broker.api("PUT", path, json={**ALL, "read": pattern}).status_code == 400
        assert broker.api("GET", path).status_code == before
        broker.api("PUT", path, json={**ALL, "write": "^a"})
    assert broker.api("GET", path).json()["write"] == "^a"
    broker.api("DELETE", "users/gil")


def test_close_connection_with_reason(broker: Embedded) -> None:
    """A connection is closed by its name, and told why."""
    connection = broker.connect()
    names = [each["name"] for each in broker.api("GET", "connections").json()]
    (name,) = names
    answer = broker.api("DELETE", f"connections/{name}", headers={"X-Reason": "because"})
    assert answer.status_code == 204
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="because"):
        connection.channel()
    until(lambda: broker.api("DELETE", f"connections/{name}").status_code == 404)


def test_queue_counts_publish_get_purge(broker: Embedded) -> None:
    """Queues are made, filled, looked into, counted, purged and deleted over HTTP."""
    path = "queues/%2F/http"
    assert broker.api("PUT", path, json={"durable": True}).status_code == 201
    assert broker.api("PUT", path, json={"durable": True}).status_code == 204
    assert broker.api("PUT", path, json={"auto_delete": True}).status_code == 400
    message: dict[str, Any] = {
        "routing_key": "http",
        "payload": "aGk=",
        "payload_encoding": "base64",
    }
    message |= {"properties": {"headers": {"n": 1}, "delivery_mode": 2}}
    for _ in range(2):
        answer = broker.api("POST", "exchanges/%2F/amq.default/publish", json=message)
        assert answer.json() == {"routed": True}
    message["routing_key"] = "nowhere"
    assert broker.api("POST", "exchanges/%2F/amq.default/publish", json=message).json() == {
        "routed": False
    }
    ask: dict[str, Any] = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
    (got,) = broker.api("POST", f"{path}/get", json=ask).json()
    assert (got["payload"], got["properties"]["headers"]) == ("hi", {"n": 1})
    ask["ackmode"] = "ack_requeue_false"
    (got,) = broker.api("POST", f"{path}/get", json=ask).json()
    assert got["redelivered"]
    shown = broker.queue("http")
    assert (shown["messages_ready"], shown["messages_unacknowledged"]) == (1, 0)
    assert broker.api("DELETE", f"{path}/contents").status_code == 204
    assert broker.queue("http")["messages"] == 0
    assert broker.api("DELETE", path).status_code == 204
    assert broker.api("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", b"", 404),
        ("PUT", "users/x", b"{", 400),
        ("PUT", "users/x", b"[]", 400),
        ("PUT", "users/x", b'{"password": "x"}', 400),
        ("PUT", "users/x", b'{"password": "\\ud800"}', 400),
        ("PUT", "permissions/%2F/guest", b'{"configure": "", "read": ""}', 400),
        ("PUT", "permissions/%2F/guest", b'{"configure": "(", "write": "", "read": ""}', 400),
        ("PUT", "queues/%2F/" + "q" * 256, b"{}", 400),
        ("PUT", "queues/%2F/q", b'{"arguments": {"x": 1e999}}', 400),
        ("PUT", "permissions/%2F/nobody", b"{}", 400),
        ("POST", "queues/%2F/none/get", b'{"count": 1, "ackmode": "x"}', 400),
        ("POST", "queues/%2F/none/get", b'{"count": 1, "ackmode": []}', 400),
        ("POST", "queues/%2F/none/get", b'{"count": true, "ackmode": "ack_requeue_true"}', 400),
        pytest.param("PUT", "users/x", b"[" * 20_000, 400, id="deep"),
        pytest.param("PUT", "users/x", b'{"a":' * 20_000, 400, id="deep objects"),
        ("DELETE", "queues/%2F/none/contents", b"", 404),
        ("PUT", "queues/%2F/q", b'{"arguments": {"x": [null]}}', 400),
        ("PUT", "permissions/%2F/guest", b'{"configure": null, "write": "", "read": ""}', 400),
        ("PUT", "users/x", b'{"password": null, "tags": ""}', 400),
        ("PUT", "users/x", b'{"password": "x", "password_hash": "", "tags": ""}', 400),
        ("PUT", "users/x", b'{"password_hash": "***", "tags": ""}', 400),
        ("PUT", "vhosts/x", b'{"tags": 5}', 400),
    ],
)
def test_errors(broker: Embedded, method: str, path: str, body: bytes, status: int) -> None:
    """What is asked wrongly is answered with an error in JSON."""
    answer = broker.api(method, path, data=body)
    assert (answer.status_code, {"error", "reason"} <= answer.json().keys()) == (status, True)


@pytest.mark.parametrize("kind", ["queues", "exchanges"])
def test_flag_that_is_none(broker: Embedded, kind: str) -> None:
    """What is neither yes nor no, in JSON or by the word, is 400."""
    path = f"{kind}/%2F/flags"
    wrongs: tuple[object, ...] = ([], 1, None, "yes")
    for wrong in wrongs:
        answer = broker.api("PUT", path, json={"durable": wrong})
        assert (answer.status_code, answer.json()["reason"]) == (400, ["not_boolean", wrong])
    assert broker.api("PUT", path, json={"durable": "true", "arguments": []}).status_code == 201
    assert broker.api("GET", path).json()["durable"] is True
    assert broker.api("DELETE", path).status_code == 204
