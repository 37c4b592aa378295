"""How answers of the management API look: compressed or not, in the words of errors, and by release."""

from __future__ import annotations

import sys

import pytest
import requests

from tests.simulator.tcp.embedded import PASSWORD, Embedded


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("deflate, gzip", True),
        ("deflate", False),
        ("gzip;q=0, *", False),
        ("", False),
    ],
)
def test_gzip(broker: Embedded, accepted: str, compressed: bool) -> None:
    """A long answer is compressed for who takes that, a short one never; both say the same as without."""
    headers = {"Accept-Encoding": accepted}
    plain = broker.api("GET", "overview", headers={"Accept-Encoding": "identity"})
    answer = broker.api("GET", "overview", headers=headers)
    assert (answer.headers.get("Content-Encoding") == "gzip") is compressed
    assert "accept-encoding" in answer.headers["Vary"]
    assert answer.json().keys() == plain.json().keys()
    assert (int(answer.headers["Content-Length"]) < len(plain.content)) is compressed
    short = broker.api("GET", "whoami", headers=headers)
    assert "Content-Encoding" not in short.headers
    assert short.text == '{"name":"guest","tags":["administrator"],"is_internal_user":true}'


def test_words_of_refusals(broker: Embedded) -> None:
    """What AMQP refuses is said in RabbitMQ's words for HTTP."""
    broker.api("PUT", "queues/%2F/words", json={"durable": True})
    asked = {
        ("PUT", "queues/%2F/words", '{"durable":true,"auto_delete":true}'): (
            400,
            "bad_request",
            (
                "inequivalent arg 'auto_delete' for queue 'words' in vhost '/': received 'true' but "
                "current is 'false'"
            ),
        ),
        ("PUT", "queues/%2F/amq.words", "{}"): (401, "not_authorised", "Access refused."),
        ("POST", "bindings/%2F/e/none/q/words", "{}"): (
            404,
            "not_found",
            "no exchange 'none' in vhost '/'",
        ),
    }
    for (method, path, body), (status, error, reason) in asked.items():
        answer = broker.api(method, path, data=body)
        assert (answer.status_code, answer.json()) == (status, {"error": error, "reason": reason})


def test_limits_that_are_none(broker: Embedded) -> None:
    """What is no limit is 400, in RabbitMQ's words."""
    nonsense = 'Validation failed\n\nUnrecognised terms [{<<"nonsense">>,1}] in limits\n'
    word = 'max-channels should be a number, actually was <<"x">>'
    for path, value, reason in (
        ("vhost-limits/%2F/nonsense", 1, nonsense),
        ("user-limits/guest/max-channels", "x", word),
    ):
        answer = broker.api("PUT", path, json={"value": value})
        assert (answer.status_code, answer.json()["reason"]) == (400, reason)


ABSENT = {
    "3.10": ("is_internal_user", "protected_from_deletion", "explanation", "crypto_lib_version"),
    "4.0": ("protected_from_deletion", "crypto_lib_version"),
    "4.3": (),
}
STATUSES = {
    "3.10": {"deprecated-features": 404, "auth": 200, "node-is-mirror-sync-critical": 200},
    "4.0": {"deprecated-features": 200, "auth": 200, "node-is-mirror-sync-critical": 404},
    "4.3": {"deprecated-features": 200, "auth": 404, "node-is-mirror-sync-critical": 404},
}


@pytest.mark.parametrize("release", ["3.10", "4.0", "4.3"])
def test_releases(release: str) -> None:
    """What a release does not know is not in its answers; what it does not have is 404."""
    with Embedded.start(f"--semantics={release}", stderr=sys.stderr) as broker:
        documents = [
            broker.api("GET", path).json() for path in ("whoami", "overview", "definitions")
        ]
        documents += broker.api("GET", "vhosts").json()
        told = {key for each in documents for key in each}
        keys = {"is_internal_user", "protected_from_deletion", "explanation", "crypto_lib_version"}
        assert keys - told == {*ABSENT[release]}
        for path, status in STATUSES[release].items():
            full = f"health/checks/{path}" if path.startswith("node") else path
            assert broker.api("GET", full).status_code == status
        protocol = broker.api("GET", "health/checks/protocol-listener/amqp").json()
        assert ("protocols" in protocol) is (release == "4.3")


def test_definitions_of_3_10_are_taken_by_4_3() -> None:
    """What one release exports the next one imports."""
    with Embedded.start("--semantics=3.10") as broker:
        broker.api("PUT", "queues/%2F/mine", json={"durable": True})
        exported = broker.api("GET", "definitions").json()
    with Embedded.start("--semantics=4.3") as broker:
        url = f"http://127.0.0.1:{broker.ready['management_port']}/api/definitions"
        answer = requests.post(url, json=exported, auth=("guest", PASSWORD), timeout=20)
        assert answer.status_code == 204
        assert broker.api("GET", "queues/%2F/mine").status_code == 200


def test_what_tools_need_of_a_connection(broker: Embedded) -> None:
    """Rabbitmqadmin of 4.3 takes no list of connections without the time when each came."""
    connection = broker.connect()
    shown = broker.api("GET", "connections").json()[0]
    assert type(shown["connected_at"]) is int
    assert (shown["ssl"], shown["ssl_cipher"], shown["peer_cert_subject"]) == (False, None, None)
    assert broker.api("POST", "rebalance/queues").status_code == 204
    connection.close()
