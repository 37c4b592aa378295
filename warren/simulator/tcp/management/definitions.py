"""Definitions: all that a broker or a virtual host is but its messages, as a document, out and in.

The document is RabbitMQ's `definitions.json`. What is there already stays as it is; an import that
fails leaves what came before the failure, as RabbitMQ's does.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from warren.simulator.errors import AmqpError
from warren.simulator.model import commands
from warren.simulator.model.arguments import check_queue_arguments
from warren.simulator.model.methods.exchange import check_binding
from warren.simulator.model.methods.queue import default_type
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.releases import as_told
from warren.simulator.tcp.management.request import Refused, arguments_of, bad_request
from warren.simulator.tcp.management.resources import parameters, policies, users, vhosts
from warren.simulator.tcp.management.views import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from warren.simulator.model.exchange import Binding, Exchange
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.vhost import VHost
    from warren.simulator.tcp.node import Node

Document = dict[str, Any]
PORTION = 100
"""Things that are made in one turn."""


class DefinitionsError(Exception):
    """The file cannot be read or imported; the text is a sentence for a person."""


# Out


def export(node: Node) -> Document:
    """Describe the whole broker; what may be long is an iterator."""
    hosts = [*node.broker.vhosts.values()]
    settings = export_settings(node)
    document = {
        **_about(node),
        "explanation": f"Definitions of cluster '{views.NODE}'",
        "rabbitmq_definition_format": "cluster",
        "original_cluster_name": views.NODE,
        **settings,
        "vhosts": [as_told(node, "defined vhost", each) for each in settings["vhosts"]],
        **_things(node, hosts),
    }
    return as_told(node, "definitions", document)


def export_settings(node: Node) -> dict[str, list[Document]]:
    """Describe what operators have set: all but queues, exchanges and bindings."""
    hosts = [*node.broker.vhosts.values()]
    return {
        "users": [users.describe(*each) for each in node.accounts.items()],
        "vhosts": [_vhost(node, host) for host in hosts],
        "permissions": [*node.permissions()],
        "topic_permissions": users.topic_permissions(node),
        "global_parameters": parameters.global_ones(node),
        **_rules(node, hosts),
    }


def export_vhost(node: Node, vhost: VHost) -> Document:
    """Describe one virtual host as `export` does; nothing in it names the host."""
    kinds = {**_rules(node, [vhost]), **_things(node, [vhost])}
    document = {name: map(_without_vhost, each) for name, each in kinds.items()}
    described = _vhost(node, vhost)
    whole = {
        **_about(node),
        "explanation": f"Definitions of virtual host '{vhost.name}'",
        "rabbitmq_definition_format": "single_virtual_host",
        "original_vhost_name": vhost.name,
        "description": described["metadata"]["description"],
        "metadata": described["metadata"],
        "limits": described["limits"],
        **document,
    }
    return as_told(node, "definitions of a vhost", whole)


def _without_vhost(described: Document) -> Document:
    return {key: value for key, value in described.items() if key != "vhost"}


def _about(node: Node) -> Document:
    return {
        "rabbit_version": node.version,
        "rabbitmq_version": node.version,
        "product_name": "RabbitMQ",
        "product_version": node.version,
    }


def _vhost(node: Node, vhost: VHost) -> Document:
    described: Document = {
        "name": vhost.name,
        "limits": dict(vhost.limits or {}),
        "metadata": vhosts.metadata(node, vhost),
    }
    return described


def _rules(node: Node, hosts: list[VHost]) -> dict[str, list[Document]]:
    names = {host.name for host in hosts}
    return {
        "parameters": [each for each in parameters.described(node) if each["vhost"] in names],
        "policies": [
            policies.describe(host.name, each)
            for host in hosts
            for each in host.policies.own.values()
        ],
    }


def _things(node: Node, hosts: list[VHost]) -> dict[str, Iterator[Document]]:
    """Describe what may be many, one after another: whoever writes it has time."""
    queues = [each for host in hosts for each in host.queues.values() if not each.exclusive]
    exchanges = [each for host in hosts for each in host.exchanges.values()]
    named = [each for each in exchanges if each.name and not each.name.startswith("amq.")]
    bindings = [
        each
        for exchange in exchanges
        for each in exchange.bindings()
        if not getattr(each.destination, "exclusive", False)
    ]
    return {
        "queues": (as_told(node, "defined queue", _queue(each)) for each in queues),
        "exchanges": map(_exchange, named),
        "bindings": map(_binding, bindings),
    }


def _binding(binding: Binding) -> Document:
    described = views.binding(binding)
    return {key: value for key, value in described.items() if key != "properties_key"}


def _queue(queue: Queue) -> Document:
    return {
        "name": queue.name,
        "vhost": queue.vhost.name,
        "type": queue.kind.name,
        "durable": queue.durable,
        "auto_delete": queue.auto_delete,
        "arguments": plain(queue.arguments),
    }


def _exchange(exchange: Exchange) -> Document:
    described = views.exchange(exchange)
    described.pop("policy", None)
    return described


# In


def load_file(node: Node, path: Path) -> None:
    """Import the file at `path`. Raises DefinitionsError."""
    try:
        document = json.loads(path.read_text("utf-8"))
        with node.turn():
            import_at_once(node, document)
    except (OSError, ValueError, RecursionError) as error:
        raise DefinitionsError(
            f"{path} cannot be read ({error}); name a file of definitions"
        ) from error
    except Refused as refused:
        raise DefinitionsError(f"{path} cannot be imported: {refused}") from refused


def import_at_once(node: Node, document: Any) -> None:
    """Make what a document of a whole broker describes, within a turn. Raises Refused."""
    for _ in import_all(node, document):
        pass


def import_all(node: Node, document: Any) -> Generator[None, None, None]:
    """Make what a document of a whole broker describes, portion by portion. Raises Refused."""
    return _in_portions(_all(node, document))


def import_into(node: Node, vhost: str, document: Any) -> Generator[None, None, None]:
    """Make in `vhost` what a document of one virtual host describes, as `import_all` does. Raises Refused."""
    return _in_portions(_resources(node, document, vhost))


def _in_portions(steps: Iterator[None]) -> Generator[None, None, None]:
    for done, _ in enumerate(steps, start=1):
        if not done % PORTION:
            yield


def _all(node: Node, document: Any) -> Iterator[None]:
    """Yield after each thing that is made."""
    for each in _items(document, "users"):
        users.take(node, _need(each, "name"), each)
        yield
    for each in _items(document, "vhosts"):
        vhosts.take(node, _need(each, "name"), each)
        for limit, value in dict(each.get("limits") or {}).items():
            parameters.set_limit(node, each["name"], limit, value)
        yield
    for each in _items(document, "permissions"):
        users.grant(node, _need(each, "vhost"), _need(each, "user"), each)
        yield
    for each in _items(document, "global_parameters"):
        node.records.global_parameters[_need(each, "name")] = each.get("value")
        yield
    yield from _resources(node, document, None)
    for each in _items(document, "topic_permissions"):
        users.grant_topic(node, _need(each, "vhost"), _need(each, "user"), each)
        yield


def _resources(node: Node, document: Any, vhost: str | None) -> Iterator[None]:
    kinds: dict[str, Callable[[VHost, Document], None]] = {
        "parameters": partial(_take_parameter, node),
        "policies": partial(_take_policy, node),
        "queues": _take_queue,
        "exchanges": _take_exchange,
        "bindings": _take_binding,
    }
    for kind, take in kinds.items():
        for each in _items(document, kind):
            yield take(_host(node, _need(each, "vhost") if vhost is None else vhost), each)


def _items(document: Any, kind: str) -> Iterator[Document]:
    if not isinstance(document, dict) or not isinstance(document.get(kind, []), list):
        raise bad_request("failed_to_parse_json")
    for each in document.get(kind, []):
        if not isinstance(each, dict):
            raise bad_request(f"{kind} are objects")
        yield each


def _need(described: Document, key: str) -> str:
    value = described.get(key)
    if not isinstance(value, str):
        raise bad_request(f"{key}_not_present")
    return value


def _host(node: Node, name: str) -> VHost:
    if name not in node.broker.vhosts:
        raise bad_request(f'Please create virtual host "{name}" prior to importing definitions.')
    return node.broker.vhosts[name]


def _take_parameter(node: Node, vhost: VHost, described: Document) -> None:
    component, name = _need(described, "component"), _need(described, "name")
    parameters.take(node, component, vhost.name, name, described.get("value"))


def _take_policy(node: Node, vhost: VHost, described: Document) -> None:
    name = _need(described, "name")
    policy = policies.read(node, name, described, operator=False)
    node.do(commands.SetPolicy(vhost.name, name, policy))


def _take_queue(vhost: VHost, described: Document) -> None:
    name, arguments = _need(described, "name"), arguments_of(described)
    if name in vhost.queues:
        return
    for flag in ("durable", "auto_delete"):
        if not isinstance(described.get(flag, False), bool):
            raise bad_request("badarg")
    if vhost.semantics.names_default_type:  # 3.10 gives what is imported no type
        lasts = described.get("durable") is True and described.get("auto_delete") is not True
        given = described.get("type") or default_type(vhost, lasts=lasts)
        arguments = {"x-queue-type": str(given), **arguments}
    try:
        kind = check_queue_arguments(arguments, vhost.describe("queue", name), vhost.semantics)
    except AmqpError as error:
        raise bad_request(f"precondition_failed: {error.text}") from error
    vhost.make_queue(
        name,
        kind,
        durable=described.get("durable") is True or kind.replicated,
        auto_delete=described.get("auto_delete") is True,
        owner=None,
        arguments=arguments,
    )


def _take_exchange(vhost: VHost, described: Document) -> None:
    name, kind = _need(described, "name"), described.get("type", "undefined")
    if name in vhost.exchanges:
        return
    if kind not in vhost.semantics.exchange_types:
        raise bad_request(f"precondition_failed: invalid exchange type '{kind}'")
    vhost.make_exchange(
        name,
        kind,
        durable=described.get("durable") is True,
        auto_delete=described.get("auto_delete") is True,
        internal=described.get("internal") is True,
        arguments=arguments_of(described),
    )


def _take_binding(vhost: VHost, described: Document) -> None:
    kind, name = _need(described, "destination_type"), _need(described, "destination")
    source = vhost.exchanges.get(_need(described, "source"))
    destination = (vhost.queues if kind == "queue" else vhost.exchanges).get(name)
    for end, place, called in (
        (source, "exchange", described["source"]),
        (destination, kind, name),
    ):
        if end is None:
            resource = f'{{resource,<<"{vhost.name}">>,{place},<<"{called}">>}}'
            raise bad_request(f"{{resources_missing,[{{not_found,{resource}}}]}}")
    if source is not None and destination is not None and source.name:
        key, arguments = str(described.get("routing_key", "")), arguments_of(described)
        try:
            check_binding(source, None if kind != "queue" else vhost.queues[name], key, arguments)
        except AmqpError as error:
            raise bad_request(f"binding_invalid: {error.text}") from error
        vhost.bind(source, destination, key, arguments)
