"""A message: what a publisher hands over, and consumers get unchanged. It is never copied.

Its place in each of its queues is a `ready.Enqueued`. Properties are read and written by the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from warren.simulator.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Table = "Mapping[str, object]"
"""A field table. Values: None, bool, int, float, str, bytes, datetime, Decimal, list, dict."""

PERSISTENT = 2
"""The delivery mode that survives a restart in a durable queue."""
OVERHEAD = 512
"""Octets that every message takes beside its body and properties."""


class Properties(Protocol):
    """What the model reads of a message's properties; everything else passes through it unseen.

    An implementation may keep the encoded bytes and decode on first use. `headers` is None when
    absent.
    """

    @property
    def size(self) -> int:
        """How many octets they take."""

    @property
    def headers(self) -> Mapping[str, object] | None:
        """The headers; None when absent."""

    @property
    def delivery_mode(self) -> int | None:
        """2 for persistent."""

    @property
    def priority(self) -> int | None:
        """0 to 255; None counts as 0."""

    @property
    def reply_to(self) -> str | None:
        """Where a reply is to go."""

    @property
    def expiration(self) -> str | None:
        """Milliseconds to live, in decimal."""

    @property
    def user_id(self) -> str | None:
        """Who claims to have published it."""

    def replace(
        self,
        *,
        headers: Mapping[str, object] | None = ...,
        expiration: str | None = ...,
        reply_to: str | None = ...,
        delivery_mode: int | None = ...,
    ) -> Self:
        """Return the same properties with these changed; a property left out keeps its value."""


@fact
class Message:
    """A message as published; nobody looks into its `body`.

    The other fields are the model's own. `copies` are the routing keys of the CC header when it was
    published, `blind_copies` those of BCC, `deaths` the x-death tables, latest first. `failures`
    counts failed deliveries: see `Semantics.counts_failed_deliveries`.
    """

    exchange: str
    routing_key: str
    properties: Properties
    body: bytes
    copies: tuple[str, ...] = ()
    blind_copies: tuple[str, ...] = ()
    deaths: Collection[Mapping[str, object]] = ()
    failures: int = 0

    @property
    def routing_keys(self) -> tuple[str, ...]:
        """Every key the message is routed by: its own, then CC, then BCC."""
        return (self.routing_key, *self.copies, *self.blind_copies)

    @property
    def size(self) -> int:
        """How many octets it takes, as far as credit and the memory alarm are concerned."""
        return OVERHEAD + self.properties.size + len(self.body)
