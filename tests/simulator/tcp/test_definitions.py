"""Definitions at the embedded broker: what cases on brokers cannot see, because it is outside their virtual host."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.tcp.embedded import Embedded, refused

HASH = "W4jzn/hH8+Ek2kVCkWpIRiGVpkn6/y+f0sStD2iMMwB+epPH"
"""What RabbitMQ 4.3.6 made of the password `pw`."""
DOCUMENT: dict[str, Any] = {
    "vhosts": [{"name": "shop", "metadata": {"description": "sells", "tags": ["a"]}}],
    "users": [{"name": "eva", "password_hash": HASH, "tags": ["administrator"], "limits": {}}],
    "permissions": [
        {"user": "eva", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"}
    ],
    "queues": [
        {
            "name": "orders",
            "vhost": "shop",
            "durable": True,
            "auto_delete": False,
            "arguments": {"x-max-length": 7},
        }
    ],
    "global_parameters": [{"name": "cluster_name", "value": "warren"}],
}


def test_file_at_the_start(tmp_path: Path) -> None:
    """`--definitions` makes what a file describes; a user logs in with the password that RabbitMQ has hashed."""
    file = tmp_path / "definitions.json"
    file.write_text(json.dumps(DOCUMENT), "utf-8")
    with Embedded.start(f"--definitions={file}") as broker:
        shown = broker.api("GET", "queues/shop/orders", auth=("eva", "pw"))
        assert shown.json()["arguments"] == {"x-max-length": 7, "x-queue-type": "classic"}
        assert broker.api("GET", "queues", auth=("eva", "wrong")).status_code == 401
        assert broker.api("GET", "vhosts/shop").json()["description"] == "sells"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"queues": 1}', '{"users": [{"name": "x"}]}'])
def test_file_of_nonsense(tmp_path: Path, text: str) -> None:
    """A file that is no definitions is one sentence that names it, and status 2."""
    file = tmp_path / "definitions.json"
    file.write_text(text, "utf-8")
    assert str(file) in refused(f"--definitions={file}")


def test_there_and_back(broker: Embedded) -> None:
    """What one broker exports another one imports: users with their passwords, virtual hosts, permissions, queues."""
    assert broker.api("POST", "definitions", json=DOCUMENT).status_code == 204
    exported = broker.api("GET", "definitions").json()
    with Embedded.start(password="another one") as other:  # noqa: S106 - of a broker of this test
        auth = ("guest", "another one")
        assert other.api("POST", "definitions", json=exported, auth=auth).status_code == 204
        again = other.api("GET", "definitions").json()  # guest has the exported password now
        assert again == exported


def test_file_of_a_form(broker: Embedded) -> None:
    """An import may come as a browser's form sends a file."""
    files = {"file": ("definitions.json", json.dumps({"vhosts": [{"name": "formed"}]}))}
    assert broker.api("POST", "definitions", files=files).status_code == 204
    assert broker.api("GET", "vhosts/formed").status_code == 200
