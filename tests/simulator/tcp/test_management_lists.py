"""Lists of the management API, what is shown in them, and the forms of values."""

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.tcp.embedded import Embedded

KINDS = ("configure", "write", "read")


def test_pages(broker: Embedded) -> None:
    """A list comes page by page where one is asked for, sorted and with the columns that are asked for."""
    for name in ("b", "a", "c"):
        broker.api("PUT", f"queues/%2F/{name}", json={"durable": True})
    page = broker.api("GET", "queues?page=2&page_size=2&sort=name&columns=name").json()
    assert page["items"] == [{"name": "c"}]
    counts = ("item_count", "filtered_count", "total_count", "page", "page_count", "page_size")
    assert [page[each] for each in counts] == [1, 3, 3, 2, 2, 2]
    named = broker.api("GET", "queues?page=1&name=^[ab]$&use_regex=true").json()
    assert sorted(each["name"] for each in named["items"]) == ["a", "b"]
    assert broker.api("GET", "queues?page=9").json()["error"] == "page_out_of_range"
    assert broker.api("GET", "queues?page=x").status_code == 400


def test_channels_and_consumers(broker: Embedded) -> None:
    """A consumer is shown with its channel, queue and connection, which has the name that its client gave."""
    client_properties = {"connection_name": "shop"}
    with broker.connect(client_properties=client_properties) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=3)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.basic_consume(queue, lambda *_: None, consumer_tag="till")
        (shown,) = broker.api("GET", "connections").json()
        assert shown["user_provided_name"] == "shop"
        (of_channel,) = broker.api("GET", "channels").json()
        assert of_channel["name"] == f"{shown['name']} (1)"
        assert (of_channel["consumer_count"], of_channel["number"]) == (1, 1)
        (consumer,) = broker.api("GET", "consumers/%2F").json()
        assert (consumer["consumer_tag"], consumer["prefetch_count"]) == ("till", 3)
        assert consumer["queue"] == {"name": queue, "vhost": "/"}
        assert consumer["channel_details"]["connection_name"] == shown["name"]
        assert broker.queue(queue)["consumer_details"] == [consumer]
        assert broker.api("GET", f"channels/{of_channel['name']}").json()["user"] == "guest"


def test_single_binding(broker: Embedded) -> None:
    """A binding is found and deleted by its key, which tells apart those that differ in arguments alone."""
    broker.api("PUT", "queues/%2F/q", json={"durable": True})
    pair = "bindings/%2F/e/amq.headers/q/q"
    made = [
        broker.api("POST", pair, json={"routing_key": "a b", "arguments": arguments})
        for arguments in ({}, {"n": 1}, {"n": "1"})
    ]
    assert made[0].headers["Location"] == "q/a%2Bb"
    keys = [each["properties_key"] for each in broker.api("GET", pair).json()]
    assert len(set(keys)) == 3
    assert broker.api("DELETE", f"{pair}/{keys[1]}").status_code == 204
    assert broker.api("GET", f"{pair}/{keys[1]}").status_code == 404
    left = [each["arguments"] for each in broker.api("GET", pair).json()]
    assert left == [{}, {"n": "1"}]


def test_values_that_json_has_not(broker: Embedded) -> None:
    """Void, octets that are no text and decimals are shown as RabbitMQ shows them."""
    arguments = {"void": None, "octets": b"\xff", "text": b"abc", "price": Decimal("1.25")}
    with broker.connect() as connection:
        connection.channel().queue_declare("odd", arguments=arguments, durable=True)
    shown = broker.queue("odd")["arguments"]
    assert shown["void"] == "undefined"
    assert shown["octets"] == "Not UTF-8, base64 is: /w=="
    assert (shown["text"], shown["price"]) == ("abc", 2.125)


def test_count_as_a_text(broker: Embedded) -> None:
    """The number of messages to get may be a text, as rabbitmqadmin of 3.10 sends it; a list is no mode: 400."""
    broker.api("PUT", "queues/%2F/q", json={"durable": True})
    asked = {"count": "1", "ackmode": "ack_requeue_true", "encoding": "auto"}
    assert broker.api("POST", "queues/%2F/q/get", json=asked).json() == []
    wrong = {**asked, "ackmode": []}
    assert broker.api("POST", "queues/%2F/q/get", json=wrong).status_code == 400


def test_health(broker: Embedded) -> None:
    """Checks say whether the node listens where it is asked for, and that it is well."""
    overview = broker.api("GET", "overview").json()
    ports = {each["protocol"]: each["port"] for each in overview["listeners"]}
    assert ports["amqp"] == broker.port
    checks = "health/checks"
    assert broker.api("GET", f"{checks}/port-listener/{broker.port}").status_code == 200
    assert broker.api("GET", f"{checks}/port-listener/1").status_code == 503
    assert broker.api("GET", f"{checks}/protocol-listener/amqp").status_code == 200
    assert broker.api("GET", f"{checks}/local-alarms").json() == {"status": "ok"}
    for old, status in {"": 200, "/": 200, f"/{overview['node']}": 200, "/other@host": 404}.items():
        assert broker.api("GET", f"healthchecks/node{old}").status_code == status


def test_a_full_disk(broker: Embedded) -> None:
    """A limit that leaves too little free is an alarm of the node until another one is set."""
    for octets, is_low in ((1 << 60, True), (0, False)):
        assert broker.api("PUT", "disk-free-limit", json={"octets": octets}).status_code == 204
        (node,) = broker.api("GET", "nodes").json()
        assert (node["disk_free_alarm"], node["mem_alarm"]) == (is_low, False)
        assert node["disk_free_limit"] == octets
        status = broker.api("GET", "health/checks/alarms").status_code
        assert status == (503 if is_low else 200)


@pytest.mark.parametrize(("semantics", "status"), [("4.0", 404), ("4.3", 200)])
def test_health_checks_of_4_3(semantics: str, status: int) -> None:
    """What probes of later releases ask is there as 4.3."""
    with Embedded.start("--semantics", semantics) as broker:
        for check in ("ready-to-serve-clients", "is-in-service", "metadata-store/initialized"):
            assert broker.api("GET", f"health/checks/{check}").status_code == status


def test_topic_permissions_and_limits(broker: Embedded) -> None:
    """Topic permissions and limits are kept, shown, and gone with their user and virtual host."""
    broker.api("PUT", "vhosts/shop", json={})
    broker.api("PUT", "users/eva", json={"password": "pw", "tags": ""})
    topic = {"exchange": "amq.topic", "write": "^a", "read": "^b"}
    assert broker.api("PUT", "topic-permissions/shop/eva", json=topic).status_code == 201
    whole = {"user": "eva", "vhost": "shop", **topic}
    assert broker.api("GET", "users/eva/topic-permissions").json() == [whole]
    broker.api("PUT", "user-limits/eva/max-channels", json={"value": 5})
    broker.api("PUT", "vhost-limits/shop/max-queues", json={"value": 9})
    assert broker.api("GET", "users/eva").json()["limits"] == {"max-channels": 5}
    assert broker.api("GET", "vhost-limits").json() == [
        {"vhost": "shop", "value": {"max-queues": 9}}
    ]
    broker.api("POST", "users/bulk-delete", json={"users": ["eva"]})
    broker.api("DELETE", "vhosts/shop")
    assert broker.api("GET", "topic-permissions").json() == []
    assert broker.api("GET", "vhost-limits").json() == []


def test_what_went_in_and_out(broker: Embedded) -> None:
    """A queue and its virtual host count messages as RabbitMQ does, the latter also when the queue is gone."""
    publishes = {"confirm": 6, "drop_unroutable": 1, "publish": 6, "return_unroutable": 0}
    sent = {"deliver": 3, "deliver_get": 6, "deliver_no_ack": 0, "get": 2, "get_no_ack": 1}
    deliveries = {**sent, "ack": 2, "get_empty": 1, "redeliver": 1}
    broker.api("PUT", "vhosts/counted", json={})
    broker.api("PUT", "permissions/counted/guest", json=dict.fromkeys(KINDS, ".*"))

    def told(path: str) -> object:
        return broker.api("GET", path).json().get("message_stats")

    before = told("overview")
    assert told("vhosts/counted") is None
    with broker.connect(virtual_host="counted") as connection:
        channel = connection.channel()
        channel.queue_declare("q", durable=True)
        assert told("queues/counted/q") is None
        channel.confirm_delivery()
        for key in ("q", "q", "q", "q", "q", "nowhere"):
            channel.basic_publish("", key, b"m")
        assert told("queues/counted/q") == {"publish": 5}
        assert told("vhosts/counted") == publishes
        channel.basic_get("q", auto_ack=True)
        channel.basic_get("q")
        channel.basic_nack(2)
        channel.basic_get("q")
        channel.basic_ack(3)
        channel.basic_consume("q", lambda *_: None, consumer_tag="c")
        channel.basic_ack(4)
        channel.basic_reject(5, requeue=False)
        channel.basic_get("q")
        assert told("queues/counted/q") == {"publish": 5, **deliveries}
        channel.queue_delete("q")
        assert told("vhosts/counted") == publishes | deliveries
    after = told("overview")
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["publish"] == before.get("publish", 0) + 6
    assert after["ack"] == before.get("ack", 0) + 2


def test_lists_go_by_names(broker: Embedded) -> None:
    """Lists come by virtual hosts and names, however old what they list is; patterns do not mind capitals."""
    for name in ("zeta", "Alpha", "beta"):
        broker.api("PUT", f"queues/%2F/by-{name}", json={})
    shown = [each["name"] for each in broker.api("GET", "queues/%2F").json()]
    assert shown == sorted(shown)
    found = broker.api("GET", "queues?page=1&name=^BY-A&use_regex=true").json()
    assert [each["name"] for each in found["items"]] == ["by-Alpha"]
    nothing = broker.api("GET", "queues?page=1&name=(&use_regex=true").json()
    assert (nothing["items"], nothing["page_count"]) == ([], 0)
    assert broker.api("GET", "queues?page=").status_code == 400


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_who_is_the_single_active_consumer(broker: Embedded, kind: str) -> None:
    """A single active consumer is told from those that wait."""
    arguments = {"x-single-active-consumer": True, "x-queue-type": kind}
    with broker.connect() as connection:
        channel = connection.channel()
        channel.queue_declare(f"one-{kind}", durable=True, arguments=arguments)
        for tag in ("first", "second"):
            channel.basic_consume(f"one-{kind}", lambda *_: None, consumer_tag=tag)
        consumers = broker.api("GET", "consumers/%2F").json()
        shown = broker.queue(f"one-{kind}")
    told = {each["consumer_tag"]: (each["active"], each["activity_status"]) for each in consumers}
    assert told == {"first": (True, "single_active"), "second": (False, "waiting")}
    assert shown["single_active_consumer_tag"] == "first"


def _shown(broker: Embedded, path: str) -> Any:
    return broker.api("GET", path).json()


@pytest.mark.parametrize("semantics", ["3.10", "4.0", "4.3"])
def test_which_lists_have_pages(semantics: str) -> None:
    """Users come in pages from 4.0 on; what belongs to one virtual host, consumers and policies never do."""
    is_old = semantics == "3.10"
    with Embedded.start(f"--semantics={semantics}") as broker:
        for name in ("zed", "amy"):
            broker.api("PUT", f"users/{name}", json={"password": "pw", "tags": ""})
        for path in ("users", "users/without-permissions"):
            assert isinstance(_shown(broker, f"{path}?page=1"), list if is_old else dict)
        for path in ("vhosts", "queues/%2F", "exchanges/%2F", "connections", "channels"):
            assert _shown(broker, f"{path}?page=1")["page"] == 1
        for path in ("consumers", "vhosts/%2F/channels", "vhosts/%2F/connections", "policies"):
            assert _shown(broker, f"{path}?page=1") == []
        names = [each["name"] for each in _shown(broker, "users?sort=name&sort_reverse=true")]
        assert names == ["zed", "guest", "amy"]
        columns = _shown(broker, "vhosts?columns=name")[0]
        assert (list(columns) == ["name"]) == is_old
        columns = _shown(broker, "definitions?columns=policies")
        assert (columns == {"policies": []}) == (semantics != "4.3")


def test_columns_and_order_of_all(broker: Embedded) -> None:
    """What is shown is cut down to its columns, an empty list for none; lists without pages are cut, then sorted."""
    broker.api("PUT", "vhosts/columns", json={})
    broker.api("PUT", "queues/columns/q", json={})
    for key in ("z", "a"):
        broker.api("POST", "bindings/columns/e/amq.direct/q/q", json={"routing_key": key})
    keys = "bindings/columns/e/amq.direct/q/q?columns=routing_key"
    assert _shown(broker, keys) == [{"routing_key": "a"}, {"routing_key": "z"}]
    descending = f"{keys}&sort=routing_key&sort_reverse=true"
    assert _shown(broker, descending) == [{"routing_key": "z"}, {"routing_key": "a"}]
    assert _shown(broker, "vhosts/columns/permissions?columns=user") == [{"user": "guest"}]
    by_what_is_cut_off = "permissions?columns=vhost&sort=user&sort_reverse=true"
    assert [each["vhost"] for each in _shown(broker, by_what_is_cut_off)][-1] == "/"
    assert _shown(broker, "whoami?columns=name") == {"name": "guest"}
    assert _shown(broker, "overview?columns=nothing") == []
    assert _shown(broker, "queues/columns?columns=nothing") == [[]]
    broker.api("DELETE", "vhosts/columns")
