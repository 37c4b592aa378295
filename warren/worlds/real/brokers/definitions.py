"""A user's own RabbitMQ definitions, of which a case's vhost gets exchanges, queues, bindings and policies.

Users, permissions and parameters are never imported: they are the whole broker's, or lead to others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from warren.errors import SetupError

if TYPE_CHECKING:
    from warren.claims.surroundings import Definitions

_PARTS: Final = ("policies", "queues", "exchanges", "bindings")


def document_for_vhost(definitions: Definitions) -> dict[str, list[dict[str, Any]]]:
    """Give what of a file goes into one vhost, as the management API takes it. Raises `SetupError`."""
    try:
        whole = json.loads(definitions.path.read_text("utf-8"))
        return {part: _of_vhost(whole.get(part) or [], definitions.vhost) for part in _PARTS}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise SetupError(
            f"these are no definitions: {error}",
            str(definitions.path),
            "name a file that RabbitMQ has exported",
        ) from error


def _of_vhost(described: list[dict[str, Any]], vhost: str) -> list[dict[str, Any]]:
    """Leave out what is another vhost's, the name of the vhost, and bindings to the default exchange."""
    return [
        {key: value for key, value in each.items() if key != "vhost"}
        for each in described
        if not vhost or each.get("vhost", vhost) == vhost
        if each.get("source", "amq.") != ""
    ]
