"""Listening, and a life in order: from the ready line to the last goodbye."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import resource
import signal
import socket
import ssl
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.management import serve_management
from warren.simulator.tcp.management.definitions import DefinitionsError, load_file
from warren.simulator.tcp.node import Node
from warren.simulator.tcp.options import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from warren.simulator.tcp.options import Options

GOODBYE_TIMEOUT = 0.3
"""Seconds that clients have at the end to answer connection.close."""

_IN_MEMORY = "all is in memory, and gone at the end; --data FILE keeps what is durable"
_LARGER_THAN_A_READ = 1 << 19


class StartError(Exception):
    """The broker cannot start; the text is a sentence for a person."""


def run(options: Options) -> int:
    """Run a broker until it is asked to end; return the exit status of the process."""
    # What exists now stays, and a queue is many small objects that are no garbage: looking through
    # all of them as often as Python does by itself costs a sixth of the time per message.
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 50)
    _keep_memory_for_reading()
    # Every connection is an open file, and many systems let a process have 1024 unless it asks.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        asyncio.run(serve(options))
    except (StartError, DataError) as error:
        sys.stderr.write(f"warren broker: {error}\n")
        return 2 if isinstance(error, StartError) else 1
    return 0


def _keep_memory_for_reading() -> None:
    """Have the C library keep the memory that asyncio reads into.

    asyncio asks for 256 KiB for every read. glibc asks the system for so much each time, and gives it
    back: a fifth of the time per message where each comes alone. Once a larger block was freed, it
    keeps blocks of such sizes for the next time. Other C libraries do not mind.
    """
    bytearray(_LARGER_THAN_A_READ)


async def serve(options: Options) -> None:
    """Listen, print the ready line, and serve until SIGTERM or SIGINT; SIGUSR1 rings the memory alarm, SIGUSR2 ends it.

    Raises StartError, and DataError when what survives cannot be kept any more.
    """
    loop = asyncio.get_running_loop()
    node = Node(loop, options)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, node.ended.set)
    loop.add_signal_handler(signal.SIGUSR1, node.set_memory_alarm, True)
    loop.add_signal_handler(signal.SIGUSR2, node.set_memory_alarm, False)
    try:
        _take_up(node)
        await _listen_until_the_end(node)
        if node.failure is None:
            await _say_goodbye(node)
    finally:
        if node.keeper is not None and node.failure is None:
            node.keeper.close()
    if node.failure is not None:
        raise node.failure


async def _listen_until_the_end(node: Node) -> None:
    amqp, management = list[asyncio.Server](), list[asyncio.Server]()
    options, loop = node.options, node.loop
    try:
        tls = _tls(options)
        await _listen(
            options,
            options.port,
            amqp,
            lambda host, port: loop.create_server(
                node.new_client, host, port, ssl=tls, backlog=1024
            ),
        )
        node.listeners["amqp" if tls is None else "amqp/ssl"] = _port_of(amqp[0])
        if options.management_port is not None:
            await _listen(
                options,
                options.management_port,
                management,
                lambda host, port: serve_management(node, host, port),
            )
            node.listeners["http"] = _port_of(management[0])
        if options.data is None:
            sys.stderr.write(f"warren broker: {_IN_MEMORY}\n")
        print(_ready_line(node, amqp, management), flush=True)  # noqa: T201 - whoever started us reads it
        await node.ended.wait()
    finally:
        for listener in (*amqp, *management):
            listener.close()


def _take_up(node: Node) -> None:
    """Begin with what an earlier broker left and what a file of definitions says. Raises StartError."""
    data, definitions = node.options.data, node.options.definitions
    try:
        if data is not None:
            # A broker that keeps nothing needs no SQLite, which takes its time to load.
            from warren.simulator.tcp.data.keeper import Keeper  # noqa: PLC0415

            node.keeper = Keeper(node, data)
        if definitions is not None:
            load_file(node, definitions)
    except (DataError, DefinitionsError) as error:
        raise StartError(str(error)) from error


async def _listen(
    options: Options,
    port: int,
    listeners: list[asyncio.Server],
    make: Callable[[str, int], Awaitable[asyncio.Server]],
) -> None:
    """Listen on every host, on the port that the first one got; raises StartError.

    Of the addresses that nobody asked for the first one will do: a machine may have no `::1`.
    """
    asked = port
    for host in options.hosts:
        try:
            listeners.append(await make(host, port))
        except (
            OSError,
            UnicodeError,
        ) as error:  # the latter from a host no name server is asked for
            if options.hosts == LOOPBACK and listeners and not _is_taken(error, asked):
                continue
            raise StartError(_trouble(error, host, port)) from error
        port = _port_of(listeners[0])


def _is_taken(error: OSError | UnicodeError, asked: int) -> bool:
    """Tell whether somebody else has the very port that was asked for."""
    return asked != 0 and isinstance(error, OSError) and error.errno == errno.EADDRINUSE


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise StartError(
            f"{options.tls_cert} and {options.tls_key} are no certificate and its key ({error})"
        ) from error
    return context


def _trouble(error: OSError | UnicodeError, host: str, port: int | None) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"cannot listen: {host} is no host that can be found; choose another host"
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    of_the_port = error.errno in {errno.EADDRINUSE, errno.EACCES}
    advice = "choose another port, or 0 for any free one" if of_the_port else "choose another host"
    return f"cannot listen on {host}:{port}: {reason}; {advice}"


def _ready_line(node: Node, amqp: list[asyncio.Server], management: list[asyncio.Server]) -> str:
    """Say where the broker is, as one line of JSON; a password only when we made it up."""
    options = node.options
    facts = {
        "ready": True,
        "host": options.hosts[0],
        "port": _port_of(amqp[0]),
        "management_port": _port_of(management[0]) if management else None,
        "user": options.user,
        "version": node.version,
        "pid": os.getpid(),
    }
    if not options.password_given:
        facts["password"] = options.password
    return json.dumps(facts)


def _port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _say_goodbye(node: Node) -> None:
    """Close every connection with 320; wait for the clients' answers, but not for long."""
    with node.turn():
        node.do(commands.Restart())
    with suppress(TimeoutError):
        await asyncio.wait_for(node.deserted.wait(), GOODBYE_TIMEOUT)
    for client in [*node.clients.values()]:
        client.abort()
    for http_client in [*node.http_clients]:
        http_client.close()
