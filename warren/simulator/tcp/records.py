"""What operators wrote down that does nothing to messages: descriptions and global parameters.

It is kept to be shown, exported and imported again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Records:
    """By the name of the virtual host, or of what it is."""

    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    global_parameters: dict[str, Any] = field(default_factory=dict)

    def forget_vhost(self, vhost: str) -> None:
        """Forget what was about a virtual host."""
        self.metadata.pop(vhost, None)
