"""The same requests to RabbitMQ's management API and to the embedded broker's: where status or form differ.

    python -m tests.simulator.tcp.compare_management http://guest:guest@127.0.0.1:15672 http://guest:PW@127.0.0.1:15673

Both brokers must be of one release and of nobody else: vhosts and users named `compare…` are made and
deleted. A form is the keys of an object, the form of a list's items together, and the type of a value.
Statistics that the embedded broker does not keep are left out (`STATISTICS`). Exits with 1 when anything
differs.
"""

from __future__ import annotations

import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 20.0
V = "compare"
STATISTICS = frozenset(
    {
        # what RabbitMQ's statistics, its nodes' operating system and its clustering say
        "backing_queue_status", "churn_rates", "cluster_links", "cluster_state", "context_switches",
        "db_dir", "config_files", "log_files", "enabled_plugins", "applications", "auth_mechanisms",
        "effective_policy_definition", "garbage_collection", "idle_since", "incoming", "outgoing",
        "deliveries", "message_stats", "metrics_gc_queue_length", "rates_mode", "reductions",
        "ra_open_file_metrics", "sample_retention_policies", "sockets_total", "sockets_used",
        "statistics_db_event_queue", "statistics", "storage_version", "head_message_timestamp",
        "consumer_capacity", "consumer_utilisation", "exclusive_consumer_tag", "single_active_consumer_tag",
        "message_bytes", "message_bytes_persistent", "message_bytes_ram", "message_bytes_unacknowledged",
        "message_bytes_paged_out", "messages_paged_out", "messages_persistent", "messages_ram",
        "messages_ready_ram", "messages_unacknowledged_ram", "memory", "recoverable_slaves",
        "slave_nodes", "synchronised_slave_nodes", "socket_opts", "product_version_of_definitions",
        "messages", "messages_ready", "messages_unacknowledged", "message_bytes_ready", "consumers",
        "recv_oct", "send_oct", "internal", "internal_owner", "cluster_tags", "node_tags",
        "password_hash", "topic_permissions_of_plugins", "state", "leader", "members", "online",
        "open_files", "message_bytes_dlx", "messages_dlx", "delivery_limit", "policy", "operator_policy",
        "user_who_performed_action", "reason",  # a text, or now and then a list of texts
    }
)  # fmt: skip
DETAILS = "_details"
"""How the names of rates end."""

Step = tuple[str, str, Any]
_Q, _X = f"queues/{V}/q", f"exchanges/{V}/x"
_MESSAGE = {"routing_key": "q", "payload": "hello", "payload_encoding": "string", "properties": {}}
_GET = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
_PERMISSIONS = {"configure": ".*", "write": ".*", "read": ".*"}
_POLICY = {"pattern": "^q", "definition": {"max-length": 9}}
_DEFINITIONS = {
    "vhosts": [{"name": "compare-2"}],
    "queues": [
        {"name": "d", "vhost": "compare-2", "durable": True, "auto_delete": False, "arguments": {}}
    ],
}
STEPS: tuple[Step, ...] = (
    ("DELETE", f"vhosts/{V}", None),
    ("PUT", f"vhosts/{V}", {"description": "here", "tags": "a,b"}),
    ("PUT", f"vhosts/{V}", {}),
    ("GET", "vhosts", None),
    ("GET", f"vhosts/{V}", None),
    ("GET", "vhosts/none", None),
    ("POST", f"vhosts/{V}", {}),
    ("GET", f"vhosts/{V}/permissions", None),
    ("GET", f"vhosts/{V}/topic-permissions", None),
    ("GET", f"vhosts/{V}/connections", None),
    ("GET", f"vhosts/{V}/channels", None),
    ("PUT", "users/compare-u", {"password": "pw", "tags": "management"}),
    ("PUT", "users/compare-u", {"password": "pw", "tags": ["management"]}),
    ("PUT", "users/compare-v", {"password_hash": "", "tags": ""}),
    ("PUT", "users/compare-w", {"tags": ""}),
    ("PUT", "users/compare-w", {"password": "pw"}),
    ("GET", "users", None),
    ("GET", "users/compare-u", None),
    ("GET", "users/none", None),
    ("GET", "users/without-permissions", None),
    ("GET", "users/compare-u/permissions", None),
    ("GET", "users/compare-u/topic-permissions", None),
    ("PUT", f"permissions/{V}/compare-u", _PERMISSIONS),
    ("PUT", f"permissions/{V}/compare-u", _PERMISSIONS),
    ("PUT", f"permissions/{V}/compare-u", {"configure": ".*"}),
    ("PUT", f"permissions/{V}/none", _PERMISSIONS),
    ("PUT", "permissions/none/compare-u", _PERMISSIONS),
    ("GET", f"permissions/{V}/compare-u", None),
    ("GET", "permissions", None),
    ("GET", "users/compare-u/permissions", None),
    ("PUT", f"topic-permissions/{V}/compare-u", {"exchange": "x", "write": "a", "read": "b"}),
    ("GET", f"topic-permissions/{V}/compare-u", None),
    ("GET", "topic-permissions", None),
    ("GET", "users/compare-u/topic-permissions", None),
    ("DELETE", f"topic-permissions/{V}/compare-u", None),
    ("DELETE", f"permissions/{V}/compare-u", None),
    ("DELETE", f"permissions/{V}/compare-u", None),
    ("PUT", "user-limits/compare-u/max-connections", {"value": 5}),
    ("PUT", "user-limits/compare-u/none", {"value": 5}),
    ("GET", "user-limits", None),
    ("GET", "user-limits/compare-u", None),
    ("DELETE", "user-limits/compare-u/max-connections", None),
    ("PUT", f"vhost-limits/{V}/max-queues", {"value": 50}),
    ("PUT", f"vhost-limits/{V}/max-queues", {}),
    ("GET", "vhost-limits", None),
    ("GET", f"vhost-limits/{V}", None),
    ("DELETE", f"vhost-limits/{V}/max-queues", None),
    ("PUT", _Q, {"durable": True, "arguments": {"x-expires": 1000000}}),
    ("PUT", _Q, {"durable": True, "arguments": {"x-expires": 1000000}}),
    ("PUT", _Q, {"durable": True}),
    ("PUT", f"queues/{V}/r", {"durable": True, "arguments": {"x-queue-type": "quorum"}}),
    ("PUT", "queues/none/q", {}),
    ("GET", "queues?disable_stats=true", None),
    ("GET", f"queues/{V}?disable_stats=true&enable_queue_totals=true", None),
    ("GET", f"{_Q}?disable_stats=true", None),
    ("GET", f"queues/{V}/none", None),
    ("GET", "queues/none", None),
    ("GET", "queues?page=1&page_size=1&disable_stats=true", None),
    ("GET", "queues?page=0", None),
    ("GET", "queues?page=77", None),
    ("GET", "queues?page=1&name=q&use_regex=true&disable_stats=true", None),
    ("GET", "queues?page=x", None),
    ("GET", "queues?sort=name&columns=name,vhost", None),
    ("GET", f"{_Q}/bindings", None),
    ("PUT", _X, {"type": "topic", "durable": True}),
    ("PUT", _X, {"type": "topic", "durable": True}),
    ("PUT", _X, {"type": "direct", "durable": True}),
    ("PUT", f"exchanges/{V}/amq.mine", {"type": "topic"}),
    ("PUT", f"exchanges/{V}/y", {"type": "nothing"}),
    ("GET", "exchanges?disable_stats=true", None),
    ("GET", f"exchanges/{V}?disable_stats=true", None),
    ("GET", f"{_X}?disable_stats=true", None),
    ("GET", f"exchanges/{V}/none", None),
    ("GET", f"exchanges/{V}?page=1&page_size=2&disable_stats=true", None),
    ("POST", f"bindings/{V}/e/x/q/q", {"routing_key": "a.b", "arguments": {"n": 1}}),
    ("POST", f"bindings/{V}/e/x/q/q", {"routing_key": "a"}),
    ("POST", f"bindings/{V}/e/x/q/none", {"routing_key": "a"}),
    ("POST", f"bindings/{V}/e/none/q/q", {"routing_key": "a"}),
    ("POST", f"bindings/{V}/e/x/e/amq.fanout", {"routing_key": "a"}),
    ("GET", "bindings", None),
    ("GET", f"bindings/{V}", None),
    ("GET", f"bindings/{V}/e/x/q/q", None),
    ("GET", f"bindings/{V}/e/x/q/none", None),
    ("GET", f"bindings/{V}/e/x/q/q/a", None),
    ("GET", f"bindings/{V}/e/x/e/amq.fanout", None),
    ("GET", f"{_X}/bindings/source", None),
    ("GET", f"exchanges/{V}/amq.fanout/bindings/destination", None),
    ("DELETE", f"bindings/{V}/e/x/q/q/a", None),
    ("DELETE", f"bindings/{V}/e/x/q/q/a", None),
    ("DELETE", f"bindings/{V}/e/x/e/amq.fanout/a", None),
    ("POST", f"exchanges/{V}/amq.default/publish", _MESSAGE),
    ("POST", f"exchanges/{V}/amq.default/publish", _MESSAGE | {"routing_key": "no"}),
    ("POST", f"exchanges/{V}/amq.default/publish", {}),
    ("POST", f"exchanges/{V}/none/publish", _MESSAGE),
    ("POST", f"exchanges/{V}/amq.default/publish", _MESSAGE | {"payload_encoding": "x"}),
    ("POST", f"{_Q}/get", _GET),
    ("POST", f"{_Q}/get", _GET | {"count": 0}),
    ("POST", f"{_Q}/get", _GET | {"count": "x"}),
    ("POST", f"{_Q}/get", _GET | {"ackmode": []}),
    ("POST", f"{_Q}/get", {}),
    ("POST", f"queues/{V}/none/get", _GET),
    ("POST", f"{_Q}/actions", {"action": "sync"}),
    ("POST", f"{_Q}/actions", {"action": "none"}),
    ("DELETE", f"{_Q}/contents", None),
    ("DELETE", f"queues/{V}/none/contents", None),
    ("DELETE", f"{_Q}?if-empty=true", None),
    ("PUT", f"policies/{V}/p", _POLICY),
    ("PUT", f"policies/{V}/p", {"pattern": "("}),
    ("GET", "policies", None),
    ("GET", f"policies/{V}", None),
    ("GET", f"policies/{V}/p", None),
    ("GET", f"policies/{V}/none", None),
    ("DELETE", f"policies/{V}/none", None),
    ("PUT", f"operator-policies/{V}/p", _POLICY),
    ("GET", "operator-policies", None),
    ("POST", f"policies/{V}/p", _POLICY),
    ("GET", "definitions", None),
    ("GET", f"definitions/{V}", None),
    ("GET", "definitions/none", None),
    ("POST", "definitions", _DEFINITIONS),
    ("POST", "definitions", {"queues": [{"name": "d", "vhost": "none"}]}),
    ("POST", f"definitions/{V}", {"queues": [{"name": "d2", "durable": True, "arguments": {}}]}),
    ("POST", "definitions/none", {}),
    ("GET", f"queues/{V}/d2?disable_stats=true", None),
    ("DELETE", "vhosts/compare-2", None),
    ("GET", f"aliveness-test/{V}", None),
    ("GET", "aliveness-test/none", None),
    ("PUT", f"aliveness-test/{V}", {}),
    ("GET", "parameters", None),
    ("GET", "parameters/none", None),
    ("PUT", f"parameters/none/{V}/p", {"value": 1}),
    ("GET", "global-parameters", None),
    ("PUT", "global-parameters/compare", {"value": {"a": 1}}),
    ("GET", "global-parameters/compare", None),
    ("DELETE", "global-parameters/compare", None),
    ("DELETE", "global-parameters/compare", None),
    ("GET", "overview", None),
    ("GET", "whoami", None),
    ("GET", "nodes", None),
    ("GET", "nodes/none", None),
    ("GET", "cluster-name", None),
    ("PUT", "cluster-name", {"name": "compare"}),
    ("GET", "extensions", None),
    ("GET", "auth", None),
    ("GET", "auth/attempts/none", None),
    ("GET", "connections", None),
    ("GET", "connections/none", None),
    ("DELETE", "connections/none", None),
    ("GET", "connections/username/guest", None),
    ("GET", "channels", None),
    ("GET", "channels/none", None),
    ("GET", "consumers", None),
    ("GET", f"consumers/{V}", None),
    ("GET", "consumers/none", None),
    ("GET", "feature-flags", None),
    ("GET", "deprecated-features", None),
    ("GET", "health/checks/alarms", None),
    ("GET", "health/checks/local-alarms", None),
    ("GET", "health/checks/virtual-hosts", None),
    ("GET", "health/checks/node-is-mirror-sync-critical", None),
    ("GET", "health/checks/node-is-quorum-critical", None),
    ("GET", "health/checks/port-listener/1", None),
    ("GET", "health/checks/port-listener/x", None),
    ("GET", "health/checks/protocol-listener/amqp", None),
    ("GET", "health/checks/protocol-listener/none", None),
    ("GET", "health/checks/certificate-expiration/1/months", None),
    ("GET", "health/checks/none", None),
    ("GET", "none", None),
    ("OPTIONS", "queues", None),
    ("POST", "users/bulk-delete", {"users": ["compare-u", "compare-v"]}),
    ("POST", "users/bulk-delete", {}),
    ("DELETE", "users/compare-w", None),
    ("DELETE", "users/compare-w", None),
    ("DELETE", f"vhosts/{V}", None),
)

PAGED = (
    *("users", "vhosts", "permissions", "policies", "parameters", "nodes", "consumers", "bindings"),
    *(
        "overview",
        "whoami",
        "cluster-name",
        "global-parameters",
        "topic-permissions",
        "vhost-limits",
    ),
)
"""What may be asked for in pages, in some order, or with some columns."""
QUERIES = (
    "page=1&page_size=1",
    "sort=name&sort_reverse=true",
    "columns=name,vhost",
    "columns=none",
)
STRANGERS: tuple[Step, ...] = tuple(
    (method, path, None)
    for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE")
    for path in ("whoami", "queues", "vhosts/none", "none", "auth", "health/checks/alarms", "")
)
"""What is asked for without a password, and with a wrong one."""


def form(value: Any) -> Any:
    """Return what a value looks like, without what it says."""
    if isinstance(value, dict):
        return {
            key: form(each)
            for key, each in sorted(value.items())
            if key not in STATISTICS and not key.endswith(DETAILS)
        }
    if isinstance(value, list):
        items: list[Any] = []
        for each in map(form, value):
            if each not in items:
                items.append(each)
        return sorted(items, key=repr)
    return "float" if type(value) is int else type(value).__name__


def ask(session: requests.Session, url: str, step: Step) -> tuple[int, Any, Any]:
    """Send one request; return the status, the form of the answer, and the answer."""
    method, path, body = step
    try:
        answer = session.request(method, f"{url}/api/{path}", json=body, timeout=TIMEOUT)
    except requests.ConnectionError as error:
        return 0, "no answer", str(error)
    is_json = "json" in answer.headers.get("Content-Type", "")
    said = answer.json() if answer.content and is_json else answer.text[:200] or None
    return answer.status_code, form(said), said


def all_steps() -> Iterator[tuple[Step, str]]:
    """Yield the steps, and who takes them: "" is whom the address names."""
    for step in STEPS[:-1]:
        yield step, ""
    for path, query in product(PAGED, QUERIES):
        yield ("GET", f"{path}?{query}", None), ""
    for step, who in product(STRANGERS, ("nobody", "guest:wrong")):
        yield step, who
    yield STEPS[-1], ""


def as_who(url: str, who: str) -> str:
    """Return the address of a broker for somebody else."""
    if not who:
        return url
    scheme, _, rest = url.partition("://")
    place = rest.rpartition("@")[2]
    return f"{scheme}://{place}" if who == "nobody" else f"{scheme}://{who}@{place}"


def main(first: str, second: str) -> int:
    """Send all requests to both; print what differs, and return how many requests did."""
    session, differing, asked = requests.Session(), 0, 0
    session.trust_env = False
    for step, who in all_steps():
        asked += 1
        left, right = (ask(session, as_who(url.rstrip("/"), who), step) for url in (first, second))
        if left[:2] != right[:2]:
            differing += 1
            print(f"{who} {step[0]} {step[1]}: {left[0]} {left[1]}\n    but {right[0]} {right[1]}")  # noqa: T201
            if left[0] != right[0]:
                print(f"    said {str(left[2])[:200]}\n    but  {str(right[2])[:200]}")  # noqa: T201
    print(f"{differing} of {asked} requests differ")  # noqa: T201
    return differing


if __name__ == "__main__":
    sys.exit(int(main(*sys.argv[1:3]) > 0))
