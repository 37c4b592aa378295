"""What the embedded broker can be told on its command line, checked at the edge.

What it does with it is in `server`.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from warren.simulator.model import CONSUMER_TIMEOUT, Version
from warren.simulator.tcp.faults import Fault, FaultError, check_together, parse_fault
from warren.simulator.tcp.machine import SHARE, memory_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOPBACK = ("127.0.0.1", "::1")
"""Where it listens by default; on the second alone where a machine has it."""
AMQP_PORT, MANAGEMENT_PORT = 5672, 15672
PASSWORD_VARIABLE = "WARREN_BROKER_PASSWORD"  # noqa: S105 - the name of a variable
_SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Options:
    """One embedded broker as its user wants it.

    Ports: 0 is any free one, None (management) is none. `memory_limit` in octets, None is none.
    `consumer_timeout` in milliseconds, None is none.
    `password_given` is False for one that we made up and have to tell.
    """

    hosts: tuple[str, ...] = LOOPBACK
    port: int = AMQP_PORT
    management_port: int | None = MANAGEMENT_PORT
    user: str = "guest"
    password: str = field(default="", repr=False)
    password_given: bool = True
    semantics: Version = "4.3"
    memory_limit: int | None = None
    consumer_timeout: int | None = CONSUMER_TIMEOUT
    tls_cert: Path | None = None
    tls_key: Path | None = None
    data: Path | None = None
    definitions: Path | None = None
    faults: tuple[Fault, ...] = ()


def parse(arguments: Sequence[str], program: str = "warren broker") -> Options:
    """Read a command line; argparse ends the process with status 2 where it is wrong."""
    parser = _parser(program)
    found = parser.parse_args(arguments)
    if (found.tls_cert is None) != (found.tls_key is None):
        parser.error("give --tls-cert and --tls-key together, or neither")
    try:
        check_together(found.fault)
    except FaultError as error:
        parser.error(str(error))
    password = found.password or os.environ.get(PASSWORD_VARIABLE, "")
    return Options(
        hosts=tuple(found.host or LOOPBACK),
        port=found.port,
        management_port=found.management_port,
        user=found.user,
        password=password or secrets.token_urlsafe(16),
        password_given=bool(password),
        semantics=found.semantics,
        memory_limit=found.memory_limit,
        consumer_timeout=found.consumer_timeout,
        tls_cert=found.tls_cert,
        tls_key=found.tls_key,
        data=found.data,
        definitions=found.definitions,
        faults=tuple(found.fault),
    )


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Run a RabbitMQ that fits in a process. It prints one line of JSON when it is "
        "ready, and ends in order at SIGTERM or SIGINT.",
    )
    add = parser.add_argument
    add(
        "--host",
        action="append",
        help="address to listen on; may be given again (default: 127.0.0.1, and ::1 where there is one)",
    )
    add("--port", type=_port, default=AMQP_PORT, help="0 is any free one (default: %(default)s)")
    add(
        "--management-port",
        type=_management_port,
        default=MANAGEMENT_PORT,
        metavar="PORT",
        help="of the management HTTP API; 0 is any free one, `none` is no API "
        "(default: %(default)s)",
    )
    add("--user", default="guest", help="an administrator (default: %(default)s)")
    add(
        "--password",
        help=f"default: what {PASSWORD_VARIABLE} holds, else a random one, told when it is ready",
    )
    add(
        "--semantics",
        choices=get_args(Version),
        default="4.3",
        help="whose answers it gives, RabbitMQ's of this version (default: %(default)s)",
    )
    add(
        "--memory-limit",
        type=_size,
        default=memory_limit(),
        metavar="SIZE",
        help="octets of messages above which publishers are blocked, e.g. 64M; `none` is no limit "
        f"(default: {SHARE:.0%} of the memory)".replace("%", "%%"),
    )
    add(
        "--consumer-timeout",
        type=_seconds,
        default=CONSUMER_TIMEOUT,
        metavar="SECONDS",
        help="how long a delivery may go without an ack; `none` is for ever (default: 1800)",
    )
    add("--tls-cert", type=Path, metavar="FILE", help="PEM certificate: the AMQP port speaks TLS")
    add("--tls-key", type=Path, metavar="FILE", help="its key")
    add(
        "--data",
        type=Path,
        metavar="FILE",
        help="keep what survives a restart there from one run to the next",
    )
    add(
        "--definitions",
        type=Path,
        metavar="FILE",
        help="import this definitions.json at the start: users, vhosts, queues, policies and more",
    )
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="FAULT",
        help="disconnect-ack:N, half-open-ack:N or delay:SECONDS; may be given again",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to {_LAST_PORT}")
    return int(text)


def _management_port(text: str) -> int | None:
    return None if text == "none" else _port(text)


def _size(text: str) -> int | None:
    if text == "none":
        return None
    found = re.fullmatch(r"(\d+)([kmg]?)(i?b)?", text.lower())
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size: give octets, or 64M, or 1G, or `none`"
        )
    return int(found[1]) * _SIZES[found[2]]


def _seconds(text: str) -> int | None:
    """Return milliseconds, None for `none`."""
    if text == "none":
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text) is None or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds above 0, or `none`")
    return round(float(text) * 1000)


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except FaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
