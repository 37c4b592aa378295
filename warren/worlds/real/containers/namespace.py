"""Sockets in the network namespace of another process (network_namespaces(7))."""

from __future__ import annotations

import ctypes
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

_CLONE_NEWNET: Final = 0x4000_0000


def socket_in_network_of(process_id: int) -> socket.socket:
    """Make a TCP socket in the network of a process; it stays in that network, whoever uses it.

    Raises `OSError` where we may not enter the network, or the process has ended. A thread of its own enters it, and
    ends: nothing else in this process may leave our network.
    """
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(_made_there, process_id).result()


def _made_there(process_id: int) -> socket.socket:
    with Path(f"/proc/{process_id}/ns/net").open("rb") as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    return socket.socket()
