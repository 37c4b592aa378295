"""What operators wrote down that does nothing to messages: descriptions, limits, topic permissions, parameters.

It is kept to be shown, exported and imported again; nothing here is enforced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Records:
    """By the name of the virtual host, or of what it is."""

    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    vhost_limits: dict[str, dict[str, int]] = field(default_factory=dict)
    topic_permissions: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)
    global_parameters: dict[str, Any] = field(default_factory=dict)

    def forget_vhost(self, vhost: str) -> None:
        """Forget what was about a virtual host."""
        self.metadata.pop(vhost, None)
        self.vhost_limits.pop(vhost, None)
        self._forget_topics(1, vhost)

    def forget_user(self, user: str) -> None:
        """Forget what was about a user."""
        self._forget_topics(0, user)

    def _forget_topics(self, place: int, name: str) -> None:
        for key in [key for key in self.topic_permissions if key[place] == name]:
            del self.topic_permissions[key]
