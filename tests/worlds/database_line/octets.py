"""Messages of PostgreSQL's protocol, as either side sends them. No test lives here."""

from __future__ import annotations

import struct


def message(kind: str, body: bytes = b"") -> bytes:
    """Write a message with its type."""
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def start() -> bytes:
    """Write the first message of a connection."""
    return struct.pack("!ii", 9, 196608) + b"\0"


def encryption(code: int) -> bytes:
    """Ask for encryption."""
    return struct.pack("!ii", 8, code)


def query(text: str) -> bytes:
    """Ask simply."""
    return message("Q", text.encode() + b"\0")


def extended(text: str, *, name: str = "") -> bytes:
    """Parse, bind and execute a statement, without a Sync."""
    return message("P", f"{name}\0{text}\0".encode() + b"\0\0") + execute(name=name)


def execute(*, name: str = "") -> bytes:
    """Bind and execute what was parsed before."""
    bind = message("B", f"\0{name}\0".encode() + b"\0" * 6)
    return bind + message("E", b"\0" + b"\0" * 4)


def complete(tag: str) -> bytes:
    """Tell that a statement is done."""
    return message("C", f"{tag}\0".encode())


def ready(status: str) -> bytes:
    """Tell the state of the transaction: I, T or E."""
    return message("Z", status.encode())


SYNC = message("S")
