"""The broker as a whole: what it is, its one node, who asks. Whether it is well: `health`."""

from __future__ import annotations

import os
import platform
import resource
from typing import TYPE_CHECKING, Any

from warren.simulator.model import SEMANTICS, commands
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.releases import as_told, is_one_of
from warren.simulator.tcp.management.request import Answer, Request, not_found, whole_number
from warren.simulator.tcp.management.routing import Routes, found, shown

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node

NAME = "cluster_name"


def listeners(node: Node) -> list[dict[str, Any]]:
    """Describe where the broker listens."""
    described = (
        {
            "node": views.NODE,
            "protocol": protocol,
            "ip_address": node.options.hosts[0],
            "port": port,
            "socket_opts": [],
            "tls": protocol.endswith("ssl"),
        }
        for protocol, port in node.listeners.items()
    )
    return [as_told(node, "listener", each) for each in described]


def _about(node: Node) -> dict[str, Any]:
    """Say what is said of the broker and of its node alike; it runs on no Erlang."""
    return {
        "rabbitmq_version": node.version,
        "erlang_version": platform.python_version(),
        "erlang_full_version": f"none: Python {platform.python_version()}",
        "crypto_lib_version": "none",
        "exchange_types": [
            {"name": name, "description": f"AMQP {name} exchange", "enabled": True}
            for name in sorted(SEMANTICS[node.options.semantics].exchange_types)
        ],
        "rates_mode": "none",
        "contexts": [
            {
                "node": views.NODE,
                "description": "RabbitMQ Management",
                "path": "/",
                "port": str(node.listeners.get("http", 0)),
                "cowboy_opts": "[]",
                "ssl_opts": [],
            }
        ],
    }


def overview(node: Node) -> dict[str, Any]:
    """Describe the broker as a whole."""
    broker = node.broker
    queues = [queue for vhost in broker.vhosts.values() for queue in vhost.queues.values()]
    ready = sum(queue.message_count for queue in queues)
    unacked = sum(queue.unacked_count for queue in queues)
    channels = [each for client in broker.connections.values() for each in client.channels.values()]
    shown_types = SEMANTICS[node.options.semantics].names_default_type
    return {
        **_about(node),
        "product_name": "RabbitMQ",
        "product_version": node.version,
        "management_version": node.version,
        "node": views.NODE,
        "cluster_name": _cluster_name(node),
        "cluster_tags": {},
        "node_tags": {},
        "disable_stats": False,
        "enable_queue_totals": False,
        "is_op_policy_updating_enabled": True,
        "require_definition_json_extension": False,
        **({"default_queue_type": "classic"} if shown_types else {}),
        "message_stats": views.total_stats(broker.vhosts.values()),
        "churn_rates": {},
        "statistics_db_event_queue": 0,
        "listeners": listeners(node),
        "queue_totals": {
            "messages": ready + unacked,
            "messages_ready": ready,
            "messages_unacknowledged": unacked,
        },
        "object_totals": {
            "connections": len(broker.connections),
            "channels": len(channels),
            "consumers": sum(len(channel.consumers) for channel in channels),
            "queues": len(queues),
            "exchanges": sum(len(vhost.exchanges) for vhost in broker.vhosts.values()),
        },
    }


def _cluster_name(node: Node) -> str:
    return str(node.records.global_parameters.get(NAME, views.NODE))


def _overview(node: Node, _request: Request) -> Answer:
    return shown(as_told(node, "overview", overview(node)))


def _whoami(node: Node, request: Request) -> Answer:
    tags = [*node.accounts[request.user].tags]
    said = {"name": request.user, "tags": tags, "is_internal_user": True}
    return shown(as_told(node, "whoami", said))


def _node(node: Node) -> dict[str, Any]:
    limit = node.options.memory_limit
    return {
        **_about(node),
        "name": views.NODE,
        "type": "disc",
        "running": True,
        "being_drained": False,
        "os_pid": str(os.getpid()),
        "processors": os.cpu_count() or 1,
        "uptime": round((node.loop.time() - node.started) * 1000),
        "run_queue": 0,
        "fd_total": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "fd_used": len(node.clients) + len(node.http_clients),
        "sockets_total": 0,
        "sockets_used": len(node.clients),
        "proc_total": 1,
        "proc_used": 1,
        "net_ticktime": 60,
        "mem_used": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "mem_calculation_strategy": "rss",
        "disk_free": node.disk_free,
        "disk_free_limit": node.disk_free_limit,
        "mem_alarm": node.hub.memory.is_short,
        "mem_limit": 0 if limit is None else limit,
        "disk_free_alarm": node.hub.memory.disk_is_low,
        "partitions": [],
        "enabled_plugins": ["rabbitmq_management"],
    }


def _nodes(node: Node, _request: Request) -> Answer:
    return shown([as_told(node, "node", _node(node))])


def _show_node(node: Node, _request: Request, name: str) -> Answer:
    return shown(found(as_told(node, "node", _node(node)) if name == views.NODE else None))


def _show_name(node: Node, _request: Request) -> Answer:
    return shown({"name": _cluster_name(node)})


def _put_name(node: Node, request: Request) -> Answer:
    node.records.global_parameters[NAME] = str(request.need("name"))
    return Answer()


def _put_timeout(node: Node, request: Request) -> Answer:
    """Set what RabbitMQ is told by its `application:set_env`: it has no request for that."""
    value = request.need("milliseconds")
    node.do(commands.SetConsumerTimeout(None if value is None else whole_number(value)))
    return Answer()


def _put_disk_limit(node: Node, request: Request) -> Answer:
    """Set what RabbitMQ is told by `rabbitmqctl set_disk_free_limit`: it has no request for that."""
    node.set_disk_free_limit(whole_number(request.need("octets")))
    return Answer()


def _extensions(_node: Node, _request: Request) -> Answer:
    return shown([{"javascript": "dispatcher.js"}])


def _none(_node: Node, _request: Request) -> Answer:
    return shown([])


def _deprecated(node: Node, _request: Request) -> Answer:
    if is_one_of(node, "3.10"):
        raise not_found()
    return shown([])


def _auth(node: Node, _request: Request) -> Answer:
    if is_one_of(node, "3.10"):
        return shown({"enable_uaa": False, "uaa_client_id": "", "uaa_location": ""})
    if is_one_of(node, "4.0"):
        return shown({"oauth_enabled": False})
    raise not_found()


ROUTES: Routes = {
    "overview": {"GET": _overview},
    "whoami": {"GET": _whoami},
    "nodes": {"GET": _nodes},
    "nodes/*": {"GET": _show_node},
    "cluster-name": {"GET": _show_name, "PUT": _put_name},
    "consumer-timeout": {"PUT": _put_timeout},
    "disk-free-limit": {"PUT": _put_disk_limit},
    "extensions": {"GET": _extensions},
    "feature-flags": {"GET": _none},
    "deprecated-features": {"GET": _deprecated},
    "auth": {"GET": _auth},
}
