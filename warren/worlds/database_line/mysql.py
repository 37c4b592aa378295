"""Following the protocol of MySQL and MariaDB (MySQL's manual, "Client/Server Protocol").

The server's greeting offers TLS, compression and query attributes. These offers are taken out, so that what follows can
be read; a client that insists on TLS ends its connection. What cannot be read is passed on as it comes, and the
connection is not followed any more.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from warren.worlds.database_line.pieces import Failure, Moment, Piece
from warren.worlds.database_line.sql import Deed, deeds

_HEADER: Final = 4
_LONGEST: Final = 0xFFFFFF
"""Octets of a packet; one of that length goes on in the next."""
_TLS, _COMPRESSION, _ZSTD, _ATTRIBUTES = 1 << 11, 1 << 5, 1 << 26, 1 << 27
_NOT_OFFERED: Final = _TLS | _COMPRESSION | _ZSTD | _ATTRIBUTES
_QUERY, _PREPARE, _EXECUTE, _CLOSE = 0x03, 0x16, 0x17, 0x19
_UNANSWERED: Final = frozenset({_CLOSE, 0x01, 0x18})  # and COM_QUIT, COM_STMT_SEND_LONG_DATA
_OK, _EOF, _ERROR = 0x00, 0xFE, 0xFF
_EOF_LENGTH, _SHORT_EOF = 5, 9
_IN_TRANSACTION, _AUTOCOMMIT = 1, 2
_FAILURES: Final = {Failure.OUT_OF_SPACE: (1114, "The table is full")}  # ER_RECORD_FILE_FULL
_AUTOCOMMIT_ON: Final = re.compile(
    r"\s*SET\s+(?:@@)?(?:SESSION[\s.]+)?autocommit\s*=\s*(?:1|ON)\b", re.IGNORECASE
)


class MysqlFollower:
    """See `warren.worlds.database_line.pieces.Follower`."""

    def __init__(self) -> None:
        """Begin with a connection that has just been opened."""
        self.failure: Failure | None = None
        self._client, self._server = _Stream(), _Stream()
        self._is_greeted = self._is_let_in = False
        self._statements: dict[int, tuple[Deed, ...]] = {}
        self._last_prepared: tuple[Deed, ...] = ()
        self._command = 0
        self._does: tuple[Deed, ...] = ()
        self._is_first = True
        """Whether the next packet of the server begins its answer."""
        self._status = _AUTOCOMMIT
        self._has_written = False

    def client_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the instance sends."""
        return [
            self._asked(packet) if self._is_let_in and _is_command(packet) else Piece(packet)
            for packet in self._client.read(octets)
        ]

    def server_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the server sends."""
        return [self._said(packet) for packet in self._server.read(octets)]

    # --- what the instance asks --------------------------------------------------------------

    def _asked(self, packet: bytes) -> Piece:
        self._command, body = packet[_HEADER], packet[_HEADER + 1 :]
        self._does = self._deeds(body)
        if self._command not in _UNANSWERED:
            self._is_first = True
        if self._command not in (_QUERY, _EXECUTE):
            return Piece(packet)
        if self.failure is not None and Deed.WRITE in self._does:
            code, words = _FAILURES[self.failure]
            return Piece(b"", answer=_error(code, words), error=f"{code} {words}")
        return Piece(packet, Moment.BEFORE_COMMIT if self._commits() else None)

    def _deeds(self, body: bytes) -> tuple[Deed, ...]:
        if self._command == _EXECUTE:
            (number,) = struct.unpack_from("<I", body)
            return self._statements.get(number, self._last_prepared)  # MariaDB: -1 is the last
        if self._command not in (_QUERY, _PREPARE):
            return ()
        text = body.decode("utf-8", "replace")
        does = tuple(deeds(text, backslashes=True))
        if self._status & _IN_TRANSACTION and _AUTOCOMMIT_ON.match(text):
            does = (Deed.COMMIT,)
        if self._command == _PREPARE:
            self._last_prepared = does
        return does

    def _commits(self) -> bool:
        """Tell whether what is asked now commits something that was written."""
        if Deed.COMMIT in self._does:
            return self._has_written or Deed.WRITE in self._does
        is_alone = self._status & _AUTOCOMMIT and not self._status & _IN_TRANSACTION
        return bool(is_alone) and Deed.WRITE in self._does and Deed.BEGIN not in self._does

    # --- what the server says ----------------------------------------------------------------

    def _said(self, packet: bytes) -> Piece:
        body = packet[_HEADER:]
        if self._server.is_blind or not body:
            return Piece(packet)
        if not self._is_greeted:
            self._is_greeted = True
            return Piece(_without_offers(packet))
        if not self._is_let_in:
            self._is_let_in = body[0] == _OK
            return Piece(packet)
        is_first, self._is_first = self._is_first, False
        if body[0] == _ERROR:
            return Piece(packet, error=_error_words(body))
        if is_first and self._command == _PREPARE and body[0] == _OK:
            (number,) = struct.unpack_from("<I", body, 1)
            self._statements[number] = self._does
            return Piece(packet)
        return Piece(packet, self._after(body, is_first=is_first))

    def _after(self, body: bytes, *, is_first: bool) -> Moment | None:
        """Take the state of the transaction from the end of an answer; tell whether it has committed."""
        if is_first and body[0] == _OK:
            affected, status = _read_ok(body)
        elif not is_first and body[0] == _EOF and len(body) < _SHORT_EOF:
            affected, status = 0, _read_end(body)
        else:
            return None
        was_inside, self._status = self._status & _IN_TRANSACTION, status
        if Deed.ROLLBACK in self._does:
            self._has_written = False
            return None
        is_inside = bool(status & _IN_TRANSACTION) or not status & _AUTOCOMMIT
        if is_inside and Deed.COMMIT not in self._does:
            self._has_written = self._has_written or Deed.WRITE in self._does
            return None
        has_written, self._has_written = self._has_written, False
        if not was_inside and Deed.COMMIT not in self._does:
            has_written = affected > 0 and Deed.WRITE in self._does
        return Moment.AFTER_COMMIT if has_written else None


class _Stream:
    """One direction: octets to packets, with their headers."""

    def __init__(self) -> None:
        self.is_blind = False
        self._left = bytearray()

    def read(self, octets: bytes) -> list[bytes]:
        """Give the packets that are complete."""
        if self.is_blind:
            return [octets]
        self._left += octets
        packets = []
        while len(self._left) >= _HEADER:
            length = int.from_bytes(self._left[:3], "little")
            if length == _LONGEST:  # 16 MB in one packet is no statement of a consumer
                self.is_blind = True
                packets.append(bytes(self._left))
                self._left.clear()
                break
            if len(self._left) < _HEADER + length:
                break
            packets.append(bytes(self._left[: _HEADER + length]))
            del self._left[: _HEADER + length]
        return packets


def _is_command(packet: bytes) -> bool:
    """Whether a packet begins a command: those have number 0. Others go on with an exchange, such as a login."""
    return len(packet) > _HEADER and packet[3] == 0


def _without_offers(packet: bytes) -> bytes:
    """Give a greeting that offers nothing which would make the rest unreadable."""
    greeting = bytearray(packet)
    low = greeting.index(0, _HEADER + 1) + 1 + 4 + 8 + 1  # behind version, thread, data, filler
    high = low + 2 + 1 + 2  # behind character set and status
    offered = int.from_bytes(greeting[low : low + 2], "little")
    offered |= int.from_bytes(greeting[high : high + 2], "little") << 16
    offered &= ~_NOT_OFFERED
    greeting[low : low + 2] = (offered & 0xFFFF).to_bytes(2, "little")
    greeting[high : high + 2] = (offered >> 16).to_bytes(2, "little")
    return bytes(greeting)


def _read_ok(body: bytes) -> tuple[int, int]:
    """Read an OK packet: how many rows were changed, and the state of the session."""
    affected, at = _read_number(body, 1)
    _, at = _read_number(body, at)
    (status,) = struct.unpack_from("<H", body, at)
    return affected, int(status)


def _read_end(body: bytes) -> int:
    """Read the session's state at the end of a result set: from an EOF packet, or the OK packet in its place."""
    if len(body) == _EOF_LENGTH:
        return int(struct.unpack_from("<H", body, 3)[0])
    return _read_ok(body)[1]


def _read_number(body: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length; give it, and where the next field begins."""
    sizes = {0xFC: 2, 0xFD: 3, 0xFE: 8}
    size = sizes.get(body[at], 0)
    if not size:
        return body[at], at + 1
    return int.from_bytes(body[at + 1 : at + 1 + size], "little"), at + 1 + size


def _error(code: int, words: str) -> bytes:
    body = b"\xff" + struct.pack("<H", code) + b"#HY000" + words.encode()
    return len(body).to_bytes(3, "little") + b"\x01" + body


def _error_words(body: bytes) -> str:
    (code,) = struct.unpack_from("<H", body, 1)
    return f"{code} {body[3:].decode('utf-8', 'replace').removeprefix('#')}"
