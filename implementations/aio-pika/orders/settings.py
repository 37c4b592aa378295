"""What the environment says, read once."""

import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Settings:
    """One instance's addresses and numbers."""

    amqp_url: str
    amqp_ca: str | None
    database_url: str
    heartbeat: int
    prefetch: int
    second: float
    bound: int
    timeout: float
    port: int

    @classmethod
    def from_environment(cls) -> Self:
        """Take every value from its variable; a missing one is an error that names it."""
        env = os.environ
        return cls(
            amqp_url=env["WARREN_AMQP_URL"],
            amqp_ca=env.get("WARREN_AMQP_CA"),
            database_url=env["WARREN_DATABASE_URL"],
            heartbeat=int(env["WARREN_HEARTBEAT"]),
            prefetch=int(env["WARREN_PREFETCH"]),
            second=float(env["WARREN_SECOND"]),
            bound=int(env["WARREN_MAX_MESSAGES"]),
            timeout=float(env["WARREN_TIMEOUT"]),
            port=int(env.get("WARREN_HTTP_PORT", "0")),
        )
