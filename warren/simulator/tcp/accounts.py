"""Users as the management API knows them. What they may do over AMQP is the model's to judge."""

from __future__ import annotations

from dataclasses import dataclass, field

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Account:
    """A user's password and tags; only an administrator may use the API."""

    password: str = field(repr=False)
    tags: tuple[str, ...] = ()

    @property
    def is_administrator(self) -> bool:
        """Whether the management API is open to this user."""
        return ADMINISTRATOR in self.tags
