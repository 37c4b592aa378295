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

CONTAINER: Final = "container"
"""The kind of entry in a run's journal that says that it has started one."""
_SHARES: Final = {True: 0.0, False: 0.4}
"""Of the machine's memory, what a RabbitMQ may take with the alarm and without it; the latter is 3.10's default."""
_DISK_LIMITS: Final = {True: 1 << 60, False: 50_000_000}
"""Octets that are to be free on its disk, with the alarm and without it; the latter is RabbitMQ's default."""
_ACK_TIMEOUT: Final = 1_800_000
"""Milliseconds that a RabbitMQ waits for acks by default. A channel reads that when it is opened."""
_OFTEN: Final = 200
"""Milliseconds after which a channel looks for late ones again; it reads that each time."""


RESTART: Final = "rabbit:stop(), rabbit:start()"
"""What has a RabbitMQ stop in order and start again.

It is `stop_app` and `start_app` in one: connections are closed with 320, the port is shut, and what is durable is read
from disk again. Its Erlang machine stays, whose start costs more than all of that: 8 of 10 s of processor time on 3.10.
"""

_EVALUATE: Final = r"""
if ! command -v erl_call > /dev/null; then exec "$1" eval "$2."; fi
said=$(printf "%s.\n" "$2" | erl_call -r -sname "${RABBITMQ_NODENAME:-rabbit}" -e 2>&1)
if [ "$said" != "{ok, ok}" ]; then printf "%s" "$said"; exit 1; fi
"""
"""Has a node evaluate what gives `ok`.

rabbitmqctl starts an Erlang machine for each command, which takes 0.6 to 0.8 s of processor time. erl_call, which comes
with Erlang, takes 0.02 s. Both read the cookie from the home folder.
"""


def evaluate_command(tool: str, code: str) -> list[str]:
    """Give the command by which a RabbitMQ evaluates Erlang code that gives `ok`; `tool` is its rabbitmqctl."""
    return ["sh", "-c", _EVALUATE, "sh", tool, code]


def memory_code(is_short: bool) -> str:
    """Say in Erlang that a RabbitMQ is short of memory, or no longer."""
    return f"vm_memory_monitor:set_vm_memory_high_watermark({_SHARES[is_short]})"


def disk_limit(is_low: bool) -> int:
    """Give the octets that a broker wants to be free on its disk: more than there are, or RabbitMQ's default."""
    return _DISK_LIMITS[is_low]


def disk_code(is_low: bool) -> str:
    """Say in Erlang that a RabbitMQ is short of disk, or no longer."""
    return f"rabbit_disk_monitor:set_disk_free_limit({disk_limit(is_low)})"


def ack_timeout(seconds: float | None) -> int:
    """Give the milliseconds that a broker is to wait for acks; None is RabbitMQ's default."""
    return _ACK_TIMEOUT if seconds is None else int(seconds * 1000)


def ack_timeout_code(seconds: float | None) -> str:
    """Say in Erlang how long new channels of a RabbitMQ wait for acks, and that they look for late ones often.

    From 4.3 on it is new consumers, of quorum queues alone, and they look for nothing: their queues have timers.
    """
    settings = {"consumer_timeout": ack_timeout(seconds), "channel_tick_interval": _OFTEN}
    return ", ".join(
        f"ok = application:set_env(rabbit, {key}, {ms})" for key, ms in settings.items()
    )


def refused(said: str, where: str) -> BrokerUnavailable:
    """Say that a command did not work."""
    return BrokerUnavailable(
        f"a command to its node failed: {said}", where, "look into the broker's log"
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
