"""What the management API shows of a node, in RabbitMQ's words; nothing is changed here."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from warren.simulator.model.quorum import QuorumQueue
from warren.simulator.model.tables import freeze
from warren.simulator.model.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.exchange import Binding, Exchange
    from warren.simulator.model.policies import Policy
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.vhost import VHost
    from warren.simulator.session import Session
    from warren.simulator.tcp.node import Node

NODE = "warren@localhost"


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
        "single_active_consumer_tag": _tag(_single_active(each)),
        "messages": each.message_count + each.unacked_count,
        "messages_ready": each.message_count,
        "messages_unacknowledged": each.unacked_count,
        "message_bytes_ready": each.ready_bytes,
        **queue_stats(each.traffic),
    }


_DELIVERED = (
    *("ack", "deliver", "deliver_get", "deliver_no_ack", "get", "get_empty", "get_no_ack"),
    "redeliver",
)
_PUBLISHED = ("confirm", "drop_unroutable", "publish", "return_unroutable")


def queue_stats(traffic: Traffic) -> dict[str, dict[str, int]]:
    """Tell what went in and out of a queue; nothing where nothing did."""
    published = {"publish": traffic.publish} if traffic.publish else {}
    stats = {**published, **_told(traffic, _DELIVERED)}
    return {"message_stats": stats} if stats else {}


def total_stats(vhosts: Iterable[VHost]) -> dict[str, int]:
    """Tell what went in and out of all queues of some virtual hosts, also of those that are gone."""
    total = Traffic()
    for vhost in vhosts:
        total.add_publishes(vhost.traffic)
        for each in (vhost.traffic, *(queue.traffic for queue in vhost.queues.values())):
            total.add_deliveries(each)
    return _told(total, _PUBLISHED) | _told(total, _DELIVERED)


def _told(traffic: Traffic, names: tuple[str, ...]) -> dict[str, int]:
    counts = {name: getattr(traffic, name) for name in names}
    return counts if any(counts.values()) else {}


def _tag(consumer: Consumer | None) -> str | None:
    return None if consumer is None else consumer.tag


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


_OF_CERTIFICATES = (
    *(f"peer_cert_{fact}" for fact in ("issuer", "subject", "validity")),
    *(f"ssl_{fact}" for fact in ("cipher", "hash", "key_exchange", "protocol")),
)
"""What is said of a connection's encryption and is not known here."""


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
        "connected_at": round(session.opened_at * 1000),
        "ssl": node.options.tls_cert is not None,
        **dict.fromkeys(_OF_CERTIFICATES),
        "channel_max": limits.channel_max,
        "frame_max": limits.frame_max,
        "timeout": limits.heartbeat,
        "client_properties": plain(session.wire.client_properties),
        **_user_provided_name(session),
        "recv_oct": session.octets_in,
        "send_oct": session.octets_out,
    }


def channel(node: Node, each: Channel) -> dict[str, Any] | None:
    """Describe a channel; None when its connection is none of a client's."""
    session = node.hub.sessions.get(each.connection.number)
    if session is None:
        return None
    return {
        "name": f"{session.name} ({each.number})",
        "number": each.number,
        "node": NODE,
        "connection_details": _peer(session, "name"),
        "user": each.connection.user.name,
        "user_who_performed_action": each.connection.user.name,
        "vhost": each.vhost.name,
        "state": "running",
        "confirm": each.confirming,
        "transactional": each.tx is not None,
        "consumer_count": len(each.consumers),
        "prefetch_count": each.prefetch,
        "global_prefetch_count": each.global_prefetch,
        "messages_unacknowledged": len(each.unacked),
        "messages_unconfirmed": 0,
        "messages_uncommitted": 0,
        "acks_uncommitted": 0,
        "pending_raft_commands": 0,
        "cached_segments": 0,
    }


def consumer(node: Node, each: Consumer) -> dict[str, Any]:
    """Describe a consumer."""
    session = node.hub.sessions.get(each.channel.connection.number)
    name = "" if session is None else session.name
    place = {} if session is None else _peer(session, "connection_name")
    status = _activity(each)
    return {
        "consumer_tag": each.tag,
        "queue": {"name": each.queue.name, "vhost": each.queue.vhost.name},
        "channel_details": {
            **place,
            "name": f"{name} ({each.channel.number})",
            "number": each.channel.number,
            "node": NODE,
            "user": each.channel.connection.user.name,
        },
        "ack_required": not each.no_ack,
        "exclusive": each.exclusive,
        "prefetch_count": each.prefetch,
        "active": status in {"up", "single_active"},
        "activity_status": status,
        "consumer_timeout": each.timeout_of_node,
        "arguments": plain(each.arguments),
    }


def _activity(consumer: Consumer) -> str:
    if not consumer.queue.policy.single_active_consumer:
        return "up"
    return "single_active" if consumer is _single_active(consumer.queue) else "waiting"


def _single_active(queue: Queue) -> Consumer | None:
    """Return who gets all messages of a queue that gives them to one consumer; None for any other queue."""
    if not queue.policy.single_active_consumer:
        return None
    return queue.single.active if isinstance(queue, QuorumQueue) else queue.active_consumer


def _peer(session: Session, called: str) -> dict[str, Any]:
    host, port = session.name.split(" -> ")[0].rsplit(":", 1)
    return {called: session.name, "peer_host": host, "peer_port": int(port)}


def plain(value: Any) -> Any:
    """Make field values fit for JSON, as RabbitMQ does."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | int | float):
        return value
    return _word(value)


def _word(value: Any) -> str | float:
    if value is None:
        return "undefined"
    if isinstance(value, Decimal):  # its places and its digits, which is not what it is worth
        _, digits, exponent = value.as_tuple()
        return float(f"{-int(exponent)}.{''.join(map(str, digits))}")
    return _text(value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape"))


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return f"Not UTF-8, base64 is: {b64encode(octets).decode()}"


def _user_provided_name(session: Session) -> dict[str, str]:
    """Return what the client calls its connection, if it does."""
    name = session.wire.client_properties.get("connection_name")
    return {"user_provided_name": name} if isinstance(name, str) else {}
