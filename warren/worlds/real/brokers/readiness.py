"""When a broker is ready: AMQP shakes hands and the management API answers."""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pika
import pika.exceptions

from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers.address import BrokerAddress
from warren.worlds.real.brokers.management import Management
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

_HANDSHAKE_TIMEOUT = 5.0
START_TIMEOUT = 90.0  # seconds; a busy machine with two cores needs about 15 for RabbitMQ 3.10


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a broker as its administrator, before its version is known."""

    host: str
    port: int
    management_url: str
    user: str
    password: str
    vhost: str = "/"

    @property
    def management_port(self) -> int:
        """The port of the management API, which its URL names."""
        port = urlsplit(self.management_url).port
        assert port is not None, "a management URL without a port"
        return port

    def with_cases(self, case_user: str, version: str, description: str) -> BrokerAddress:
        """Give what workers need to know, with a new password for the user of the cases."""
        return BrokerAddress(
            host=self.host,
            port=self.port,
            management_url=self.management_url,
            user=self.user,
            password=self.password,
            case_user=case_user,
            case_password=secrets.token_hex(16),
            version=version,
            description=description,
        )


def shake_hands(access: Access) -> None:
    """Open and close one AMQP connection. Raises BrokerUnavailable with the reason."""
    where = f"broker {access.host}:{access.port}"
    parameters = pika.ConnectionParameters(
        host=access.host,
        port=access.port,
        virtual_host=access.vhost,
        credentials=pika.PlainCredentials(access.user, access.password),
        socket_timeout=_HANDSHAKE_TIMEOUT,
        stack_timeout=_HANDSHAKE_TIMEOUT,
        blocked_connection_timeout=_HANDSHAKE_TIMEOUT,
    )
    try:
        pika.BlockingConnection(parameters).close()
    except (
        pika.exceptions.ProbableAuthenticationError,
        pika.exceptions.AuthenticationError,
    ) as error:
        raise BrokerUnavailable(
            f"user {access.user!r} or its password was refused", where, "give the right ones"
        ) from error
    except pika.exceptions.ProbableAccessDeniedError as error:
        raise BrokerUnavailable(
            f"user {access.user!r} may not use vhost {access.vhost!r}, or there is none",
            where,
            "name a vhost that exists, or none",
        ) from error
    except (pika.exceptions.AMQPError, OSError) as error:
        raise BrokerUnavailable(
            f"AMQP did not answer ({type(error).__name__})", where, "check that a broker runs there"
        ) from error


def wait_until_ready(access: Access, still_alive: Callable[[], bool], interval: float = 0.1) -> str:
    """Wait until the broker takes AMQP and HTTP, looking every `interval` s; return its version.

    Raises BrokerUnavailable after 90 s, or at once when `still_alive` says that it ended; the
    caller adds the end of the broker's log.
    """
    started = time.monotonic()
    version = ""

    def answers() -> bool:
        nonlocal version
        with contextlib.suppress(BrokerUnavailable), management(access) as client:
            version = client.version()
            shake_hands(access)
            return True
        return not still_alive()

    if wait_until(answers, timeout=START_TIMEOUT, interval=interval) and still_alive():
        return version
    what = "did not answer" if still_alive() else "ended"
    seconds = time.monotonic() - started
    raise BrokerUnavailable(
        f"the broker {what} in its first {seconds:.0f} s", f"{access.host}:{access.port}"
    )


def management(access: Access) -> Management:
    """Return the administrator's client of the management API."""
    return Management(access.management_url, access.user, access.password)
