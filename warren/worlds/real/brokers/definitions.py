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
    return {part: _of_vhost(all_, definitions.vhost) for part, all_ in _parts(definitions).items()}


def names_vhost(definitions: Definitions, vhost: str) -> bool:
    """Whether a file has something for the vhost of that name. Raises `SetupError`."""
    parts = _parts(definitions).values()
    return any(each.get("vhost") == vhost for described in parts for each in described)


def _parts(definitions: Definitions) -> dict[str, list[dict[str, Any]]]:
    try:
        whole = json.loads(definitions.path.read_text("utf-8"))
        return {part: [dict(each) for each in whole.get(part) or []] for part in _PARTS}
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
