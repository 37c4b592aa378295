"""A whole message: a method and, where it carries one, its content. Joining is `assembler`'s part."""

from typing import Generic, TypeVar

from warren.simulator.wire.methods.declaration import Method

P = TypeVar("P")


class Message(Generic[P]):
    """A method and its content, as far as that has come.

    ``properties`` is what the content header says of the message, as octets or read, whatever its
    assembler was given; None before the header, and for a method without content. ``size`` is what
    the header promises of the body, ``missing`` what has not come of that, both in octets.
    ``pieces`` are the body frames.
    """

    __slots__ = ("channel", "method", "missing", "pieces", "properties", "size", "whole")

    def __init__(self, channel: int, method: Method) -> None:
        """Begin with the method alone; most methods are whole with that."""
        self.channel = channel
        self.method = method
        self.properties: P | None = None
        self.size = 0
        self.missing = 0
        self.pieces: list[bytes] = []
        self.whole = not method.HAS_CONTENT

    @property
    def body(self) -> bytes:
        """The body, as far as it has come."""
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def take_header(self, size: int, properties: P) -> None:
        """Take the content header."""
        self.properties = properties
        self.size = size
        self.missing += size
        self.whole = self.missing <= 0

    def take_piece(self, piece: bytes) -> None:
        """Take a body frame."""
        self.pieces.append(piece)
        self.missing -= len(piece)
        self.whole = self.missing <= 0 and self.properties is not None
