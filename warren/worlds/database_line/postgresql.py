"""Following PostgreSQL's protocol, version 3 (PostgreSQL's manual, "Frontend/Backend Protocol").

A request for TLS or GSS encryption is answered by "no", so that what follows can be read; a client that insists on it
ends its connection. What cannot be read is passed on as it comes, and the connection is not followed any more.
"""

from __future__ import annotations

import struct
from typing import Final

from warren.worlds.database_line.pieces import Failure, Moment, Piece
from warren.worlds.database_line.sql import Deed, deeds

_ENCRYPTION: Final = (80877103, 80877104)  # SSLRequest, GSSENCRequest
_CANCEL: Final = 80877102
_NO: Final = b"N"
_WRITING_TAGS: Final = frozenset({b"INSERT", b"UPDATE", b"DELETE", b"MERGE", b"COPY"})
_FAILURES: Final = {
    Failure.OUT_OF_SPACE: ("53100", "could not extend file: No space left on device"),  # disk_full
}
_LONGEST: Final = 1 << 30
"""Octets of the longest message that PostgreSQL has."""
_LONGEST_START: Final = 10_000
"""Octets of the longest that begins a connection."""


class PostgresqlFollower:
    """See `warren.worlds.database_line.pieces.Follower`."""

    def __init__(self) -> None:
        """Begin with a connection that has just been opened."""
        self.failure: Failure | None = None
        self._client, self._server = _Stream(), _Stream()
        self._client.is_starting = True
        self._asking = _Asking()
        self._answering = _Answering()

    def client_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the instance sends."""
        pieces = []
        for message in self._client.read(octets):
            if self._client.is_blind:
                pieces.append(Piece(message))
            elif self._client.is_starting:
                pieces.append(self._started(message))
            else:
                pieces.append(self._asking.read(message, self.failure))
        return pieces

    def server_sent(self, octets: bytes) -> list[Piece]:
        """Read on in what the server sends."""
        if not self._client.is_followed:
            return [Piece(octets)]
        pieces = []
        for message in self._server.read(octets):
            if not self._server.is_blind and message[:1] == b"Z":
                self._asking.is_ready(message[5:6])
                if self._asking.owed is not None:
                    pieces.append(_failed(self._asking.owed))
                    self._asking.owed = None
                    message = _ready(b"I" if message[5:6] == b"I" else b"E")  # noqa: PLW2901 - what goes on instead
            pieces.append(
                Piece(message) if self._server.is_blind else self._answering.read(message)
            )
        return pieces

    def _started(self, message: bytes) -> Piece:
        """Read a message without a type: the first of a connection, and those that ask for encryption before it."""
        (code,) = struct.unpack_from("!i", message, 4)
        if code in _ENCRYPTION:
            return Piece(b"", answer=_NO)
        self._client.is_starting = False
        if code == _CANCEL:
            self._client.is_blind = True
        else:
            self._client.is_followed = True
            self._asking.is_starting()
        return Piece(message)


class _Stream:
    """One direction: octets to messages."""

    def __init__(self) -> None:
        self.is_starting = False
        """Whether the next message has no type."""
        self.is_blind = False
        self.is_followed = False
        self._left = bytearray()

    def read(self, octets: bytes) -> list[bytes]:
        """Give the messages that are complete; where there are none to be read, the octets as they are."""
        if self.is_blind:
            return [octets]
        self._left += octets
        messages = []
        while (length := self._length()) is not None and len(self._left) >= length:
            if self.is_blind:
                messages.append(bytes(self._left))
                self._left.clear()
                break
            messages.append(bytes(self._left[:length]))
            del self._left[:length]
            if self.is_starting:
                break  # what follows depends on it, and has not been sent before it is answered
        return messages

    def _length(self) -> int | None:
        """Give the octets of the next message, once that can be told."""
        before = 0 if self.is_starting else 1
        if len(self._left) < before + 4:
            return None
        (length,) = struct.unpack_from("!i", self._left, before)
        shortest, longest = (8, _LONGEST_START) if self.is_starting else (4, _LONGEST)
        if not shortest <= length <= longest:
            self.is_blind = True
            return len(self._left)
        return before + int(length)


class _Asking:
    """What an instance asks of its transaction, as its statements tell before they are answered."""

    def __init__(self) -> None:
        self.owed: Failure | None = None
        """The error that is due before the server's next ReadyForQuery."""
        self._statements: dict[bytes, tuple[Deed, ...]] = {}
        self._portals: dict[bytes, tuple[Deed, ...]] = {}
        self._unanswered = 0
        self._is_open = self._is_writing = self._has_failed = False

    def is_starting(self) -> None:
        """Await the first ReadyForQuery, which nobody asked for by a statement."""
        self._unanswered = 1

    def is_ready(self, status: bytes) -> None:
        """Take the server's word for the state of the transaction, once it has answered all."""
        self._unanswered = max(0, self._unanswered - 1)
        if self._unanswered == 0:
            self._is_open = status != b"I"
            self._is_writing = self._is_writing and status == b"T"
            self._has_failed = self._is_open and (self._has_failed or self.owed is not None)

    def read(self, message: bytes, failure: Failure | None) -> Piece:
        """Read a message with its type."""
        kind, body = message[:1], message[5:]
        match kind:
            case b"Q":
                return self._query(message, tuple(deeds(_text(body))), failure)
            case b"P":
                name, _, rest = body.partition(b"\0")
                self._statements[name] = tuple(deeds(_text(rest)))
            case b"B":
                portal, _, rest = body.partition(b"\0")
                self._portals[portal] = self._statements.get(rest.partition(b"\0")[0], ())
            case b"E":
                return self._execute(
                    message, self._portals.get(body.partition(b"\0")[0], ()), failure
                )
            case b"S":
                self._unanswered += 1
                return Piece(message, self._ends_alone())
        return Piece(message)

    def _query(self, message: bytes, does: tuple[Deed, ...], failure: Failure | None) -> Piece:
        """Read a simple query: without a transaction it is one of its own."""
        if failure is not None and Deed.WRITE in does:
            self._has_failed = self._is_open
            failed, status = _failed(failure), b"E" if self._is_open else b"I"
            return Piece(b"", answer=failed.octets + _ready(status), error=failed.error)
        self._unanswered += 1
        if self._has_failed and does == (Deed.COMMIT,):
            self._has_failed = False
            return Piece(_message(b"Q", b"ROLLBACK\0"))  # as a transaction that has failed ends
        begins = self._follow(does)
        return Piece(message, Moment.BEFORE_COMMIT if begins else self._ends_alone())

    def _execute(self, message: bytes, does: tuple[Deed, ...], failure: Failure | None) -> Piece:
        if failure is not None and Deed.WRITE in does:
            self.owed = failure
            return Piece(b"")
        return Piece(message, Moment.BEFORE_COMMIT if self._follow(does) else None)

    def _follow(self, does: tuple[Deed, ...]) -> bool:
        """Go on with the transaction; say whether a commit that writes begins."""
        begins = False
        for deed in does:
            if deed is Deed.WRITE:
                self._is_writing = True
                continue
            begins = begins or (deed is Deed.COMMIT and self._is_writing)
            if deed is not Deed.BEGIN:
                self._is_writing = False
            self._is_open = deed is Deed.BEGIN
        return begins

    def _ends_alone(self) -> Moment | None:
        """Tell whether what was written outside a transaction is committed by this message."""
        if self._is_open or not self._is_writing:
            return None
        self._is_writing = False
        return Moment.BEFORE_COMMIT


class _Answering:
    """What the server says of commits."""

    def __init__(self) -> None:
        self._has_written = self._has_rolled_back = False

    def read(self, message: bytes) -> Piece:
        """Read a message with its type."""
        match message[:1]:
            case b"C":
                return Piece(message, self._completed(message[5:].rstrip(b"\0").partition(b" ")[0]))
            case b"Z":
                return Piece(message, self._is_ready(message[5:6]))
            case b"E":
                return Piece(message, error=_error_words(message[5:]))
        return Piece(message)

    def _completed(self, tag: bytes) -> Moment | None:
        if tag == b"COMMIT":
            has_written, self._has_written = self._has_written, False
            return Moment.AFTER_COMMIT if has_written else None
        self._has_written = self._has_written or tag in _WRITING_TAGS
        self._has_rolled_back = self._has_rolled_back or tag == b"ROLLBACK"
        return None

    def _is_ready(self, status: bytes) -> Moment | None:
        """Outside a transaction what was written is committed now; a rollback to a savepoint stays inside."""
        has_rolled_back, self._has_rolled_back = self._has_rolled_back, False
        if status == b"T":
            return None
        has_written, self._has_written = self._has_written, False
        return (
            Moment.AFTER_COMMIT if has_written and status == b"I" and not has_rolled_back else None
        )


def _text(body: bytes) -> str:
    return body.partition(b"\0")[0].decode("utf-8", "replace")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _ready(status: bytes) -> bytes:
    return _message(b"Z", status)


def _failed(failure: Failure) -> Piece:
    code, words = _FAILURES[failure]
    fields = {"S": "ERROR", "V": "ERROR", "C": code, "M": words}
    body = b"".join(f"{name}{value}\0".encode() for name, value in fields.items())
    return Piece(_message(b"E", body + b"\0"), error=f"{code} {words}")


def _error_words(body: bytes) -> str:
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    words = fields.get(b"M", b"").decode("utf-8", "replace")
    return f"{fields.get(b'C', b'').decode('ascii', 'replace')} {words}"
