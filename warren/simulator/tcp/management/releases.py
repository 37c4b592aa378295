"""What one release's management API says that another's does not, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model import Version
    from warren.simulator.tcp.node import Node

_NEW_IN_4_3 = {
    "overview": {"crypto_lib_version", "require_definition_json_extension"},
    "node": {"crypto_lib_version"},
    "listener": {"tls"},
    "vhost": {"protected_from_deletion"},
}
_NEW_IN_4_0 = {
    "overview": {"is_op_policy_updating_enabled"},
    "whoami": {"is_internal_user"},
    "definitions": {"explanation", "original_cluster_name", "rabbitmq_definition_format"},
    "definitions of a vhost": {
        "description",
        "explanation",
        "limits",
        "metadata",
        "original_vhost_name",
        "product_name",
        "product_version",
        "rabbitmq_definition_format",
        "rabbitmq_version",
    },
    "defined queue": {"type"},
    "defined vhost": {"limits", "metadata"},
}
_UNKNOWN: Mapping[Version, tuple[Mapping[str, set[str]], ...]] = {
    "3.10": (_NEW_IN_4_0, _NEW_IN_4_3),
    "4.0": (_NEW_IN_4_3,),
    "4.3": (),
}
"""By kind of document, the keys that a release does not know."""


def as_told(node: Node, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document of this kind with what the node's release says."""
    unknown = {key for each in _UNKNOWN[node.options.semantics] for key in each.get(kind, ())}
    return {key: value for key, value in document.items() if key not in unknown}


def is_one_of(node: Node, *releases: Version) -> bool:
    """Tell whether the node is as one of these."""
    return node.options.semantics in releases
