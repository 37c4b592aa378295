"""Users as the management API knows them. What they may do over AMQP is the model's to judge."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.simulator.model.access import SALT_OCTETS, hash_password

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADMINISTRATOR = "administrator"
HASHING = "rabbit_password_hashing_sha256"
"""The only way passwords are hashed here, and RabbitMQ's by default."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user's tags and limits, and the hash of its password, empty for none; only an administrator may use the API."""

    password_hash: str = field(repr=False)
    tags: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def with_password(cls, password: str, tags: Iterable[str] = ()) -> Account:
        """Make an account for who knows `password`; with an empty one nobody gets in."""
        salt = secrets.token_bytes(SALT_OCTETS)
        return cls(hash_password(password, salt) if password else "", tuple(tags))

    @property
    def is_administrator(self) -> bool:
        """Whether the management API is open to this user."""
        return ADMINISTRATOR in self.tags
