"""`broker.operate`: what an operator does, over the management API as an administrator, or to the broker itself."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from warren.worlds.real import Place

_OK = 300


class Operating:
    """Operates on the case's own vhost. What the broker refuses is an AssertionError, unless it is expected."""

    def __init__(self, place: Place) -> None:
        """Change nothing yet."""
        self._place = place

    def policy(
        self,
        pattern: str,
        definition: Mapping[str, Any],
        *,
        name: str = "policy",
        operator: bool = False,
        **more: Any,
    ) -> None:
        """Make a policy, or an operator's; `more` are its other fields, with an underscore for a hyphen."""
        status, said = self.try_policy(pattern, definition, name=name, operator=operator, **more)
        assert status < _OK, f"the policy was answered {status} {said}"

    def try_policy(
        self,
        pattern: str,
        definition: Mapping[str, Any],
        *,
        name: str = "policy",
        operator: bool = False,
        **more: Any,
    ) -> tuple[int, Any]:
        """Ask for a policy; give the status and the document of the answer."""
        fields = {key.replace("_", "-"): value for key, value in more.items()}
        body = {"pattern": pattern, "definition": dict(definition), **fields}
        return self.send("PUT", _kind(operator), self._place.vhost, name, json=body)

    def clear_policy(self, name: str = "policy", *, operator: bool = False) -> None:
        """Delete a policy that there is."""
        status, said = self.send("DELETE", _kind(operator), self._place.vhost, name)
        assert status < _OK, f"{status} {said}"

    @contextlib.contextmanager
    def short_of_memory(self) -> Iterator[None]:
        """Have the broker be short of memory in the block; the case needs the mark `restarts_broker`."""
        self._place.set_memory_alarm(True)
        try:
            yield
        finally:
            self._place.set_memory_alarm(False)

    @contextlib.contextmanager
    def short_of_disk(self) -> Iterator[None]:
        """Have the broker be short of disk space in the block; the case needs the mark `restarts_broker`."""
        self._place.set_disk_alarm(True)
        try:
            yield
        finally:
            self._place.set_disk_alarm(False)

    @contextlib.contextmanager
    def short_ack_timeout(self, seconds: float) -> Iterator[None]:
        """Have channels and consumers that begin in the block lose what they ack later; needs `restarts_broker`."""
        self._place.set_ack_timeout(seconds)
        try:
            yield
        finally:
            self._place.set_ack_timeout(None)

    def send(self, method: str, *path: str, json: object = None) -> tuple[int, Any]:
        """Send a request to the management API; give the status and the document of the answer."""
        return self._place.management.send(method, *path, json=json)


def _kind(operator: bool) -> str:
    return "operator-policies" if operator else "policies"
