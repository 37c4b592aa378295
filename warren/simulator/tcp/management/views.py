"""What the management API shows of a node, in RabbitMQ's words; nothing is changed here."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from warren.simulator.model.tables import freeze

if TYPE_CHECKING:
    from warren.simulator.model.exchange import Binding, Exchange
    from warren.simulator.model.policies import Policy
    from warren.simulator.model.queue import Queue
    from warren.simulator.session import Session
    from warren.simulator.tcp.node import Node

NODE = "warren@localhost"


def overview(node: Node) -> dict[str, Any]:
    """Describe the broker as a whole."""
    broker = node.broker
    queues = [queue for vhost in broker.vhosts.values() for queue in vhost.queues.values()]
    ready = sum(queue.message_count for queue in queues)
    unacked = sum(queue.unacked_count for queue in queues)
    channels = [each for client in broker.connections.values() for each in client.channels.values()]
    return {
        "product_name": "RabbitMQ",
        "product_version": node.version,
        "rabbitmq_version": node.version,
        "management_version": node.version,
        "node": NODE,
        "cluster_name": NODE,
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


def queue(each: Queue) -> dict[str, Any]:
    """Describe a queue with its counts of now."""
    return {
        "name": each.name,
        "vhost": each.vhost.name,
        "type": each.kind.name,
        "durable": each.durable,
        "auto_delete": each.auto_delete,
        "exclusive": each.exclusive,
        "arguments": plain(each.arguments),
        "node": NODE,
        "state": "running",
        "policy": _name(each.matched.own),
        "operator_policy": _name(each.matched.operator),
        "effective_policy_definition": plain(each.matched.definition),
        "consumers": each.consumer_count,
        "messages": each.message_count + each.unacked_count,
        "messages_ready": each.message_count,
        "messages_unacknowledged": each.unacked_count,
        "message_bytes_ready": each.ready_bytes,
    }


def _name(policy: Policy | None) -> str | None:
    return None if policy is None else policy.name


def exchange(each: Exchange) -> dict[str, Any]:
    """Describe an exchange."""
    shown = {
        "name": each.name,
        "vhost": each.vhost.name,
        "type": each.type,
        "durable": each.durable,
        "auto_delete": each.auto_delete,
        "internal": each.internal,
        "arguments": plain(each.arguments),
    }
    if each.matched.own is not None:
        shown["policy"] = each.matched.own.name
    return shown


def binding(each: Binding) -> dict[str, Any]:
    """Describe a binding."""
    return {
        "source": each.source.name,
        "vhost": each.source.vhost.name,
        "destination": each.destination.name,
        "destination_type": "exchange" if hasattr(each.destination, "router") else "queue",
        "routing_key": each.routing_key,
        "arguments": plain(each.arguments),
        "properties_key": properties_key(each.routing_key, each.arguments),
    }


def default_binding(queue: Queue) -> dict[str, Any]:
    """Describe that a queue gets what is published to the exchange without a name, by its own."""
    return {
        "source": "",
        "vhost": queue.vhost.name,
        "destination": queue.name,
        "destination_type": "queue",
        "routing_key": queue.name,
        "arguments": {},
        "properties_key": queue.name,
    }


def properties_key(routing_key: str, arguments: Mapping[str, object]) -> str:
    """Return what paths call a binding among those of the same two ends."""
    key = quote_plus(routing_key).replace("~", "%7E")
    if not arguments:
        return key or "~"
    digest = sha256(repr(freeze(arguments)).encode()).digest()
    return f"{key}~{urlsafe_b64encode(digest[:4]).decode().rstrip('=')}"


def connection(node: Node, session: Session) -> dict[str, Any] | None:
    """Describe an open connection; None when it is not open (yet, or any more)."""
    known = node.broker.connections.get(session.number)
    if known is None or known.vhost is None:
        return None
    limits = session.wire.limits
    peer, here = (place.rsplit(":", 1) for place in session.name.split(" -> "))
    return {
        "name": session.name,
        "node": NODE,
        "type": "network",
        "protocol": "AMQP 0-9-1",
        "state": "blocked" if session.blocked else "running",
        "user": known.user.name,
        "user_who_performed_action": known.user.name,
        "vhost": known.vhost.name,
        "channels": len(known.channels),
        "peer_host": peer[0],
        "peer_port": int(peer[1]),
        "host": here[0],
        "port": int(here[1]),
        "ssl": node.options.tls_cert is not None,
        "channel_max": limits.channel_max,
        "frame_max": limits.frame_max,
        "timeout": limits.heartbeat,
        "client_properties": plain(session.wire.client_properties),
        "recv_oct": session.octets_in,
        "send_oct": session.octets_out,
    }


def plain(value: Any) -> Any:
    """Make field values fit for JSON: octets that are no text become base64."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value).encode("utf-8", "replace").decode()
