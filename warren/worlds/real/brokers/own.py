"""What every broker that Warren starts is given: ports and a password of its own, and the user of the cases."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers.management import Management
from warren.worlds.real.brokers.readiness import Access
from warren.worlds.real.brokers.vhosts import name_prefix
from warren.worlds.real.runs.ports import LOOPBACK

if TYPE_CHECKING:
    from warren.worlds.real.brokers.address import BrokerAddress
    from warren.worlds.real.runs.ports import Ports
    from warren.worlds.real.runs.run import Run


_SHARES: Final = {True: "0", False: "0.4"}
"""Of the machine's memory, what a RabbitMQ may take with the alarm and without it; the latter is 3.10's default."""


def memory_command(tool: str, is_short: bool) -> list[str]:
    """Give the command by which a RabbitMQ is short of memory, or no longer; `tool` is its rabbitmqctl."""
    return [tool, "set_vm_memory_high_watermark", _SHARES[is_short]]


def memory_error(said: str, where: str) -> BrokerUnavailable:
    """Say that it did not work."""
    return BrokerUnavailable(
        f"its memory alarm cannot be rung: {said}", where, "look into the broker's log"
    )


def new_access(
    ports: Ports, port: int | None = None, user: str = "warren", password: str | None = None
) -> Access:
    """Take free ports of the loopback address and choose a password, where none is given."""
    return Access(
        host=LOOPBACK,
        port=port or ports.free(),
        management_url=f"http://{LOOPBACK}:{ports.free()}",
        user=user,
        password=password or secrets.token_hex(16),
    )


def admit_cases(access: Access, run: Run, version: str, description: str) -> BrokerAddress:
    """Make the case user on a broker that is ready; give what workers need to know of it."""
    address = access.with_cases(f"{name_prefix(run.id)}{access.port}", version, description)
    with Management.at(address) as management:
        management.create_user(address.case_user, address.case_password)
    return address
