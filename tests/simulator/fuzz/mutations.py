"""Spoiled input: what valid sessions become when bits, lengths, frames and their order are wrong.

All chance comes from the given `Random`: a seed makes the same input again, and Hypothesis, which
has such an object, too, shrinks it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulator.fuzz import sessions
from warren.simulator import wire
from warren.simulator.wire import fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.simulator.fuzz.sessions import Pieces

HEADER_SIZE = 7
ODD_OCTETS = (0x00, 0x01, 0x7F, 0x80, 0xC3, 0xCE, 0xFE, 0xFF)
ODD_LENGTHS = (0, 1, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
METHOD_NUMBERS = [(kind.CLASS_ID, kind.METHOD_ID) for kind in wire.METHODS]
TABLE_METHODS = (wire.QueueDeclare, wire.QueueBind, wire.ExchangeDeclare, wire.BasicConsume)
LIMIT = fields.MAX_DEPTH
DEEPEST = 1000
LARGEST = 20_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """Valid sessions, written once."""

    handshake: Pieces = field(default_factory=sessions.handshake)
    beating: Pieces = field(default_factory=lambda: sessions.handshake(heartbeat=1))
    conversations: list[Pieces] = field(
        default_factory=lambda: [talk() for talk in sessions.CONVERSATIONS]
    )
    goodbye: Pieces = field(default_factory=sessions.goodbye)


def make_input(chance: Random, recorded: Recorded) -> Pieces:
    """Return all that one client sends: spoiled before, in or after the handshake."""
    handshake = recorded.handshake if chance.randrange(8) else recorded.beating
    stage = chance.randrange(8)
    if stage == 0:
        valid, rest = [], [chance.randbytes(chance.randrange(1, 200))]
    elif stage == 1:
        kept = chance.randrange(len(handshake))
        valid, rest = handshake[:kept], spoil(chance, handshake[kept:])
    else:
        talk = [*chance.choice(recorded.conversations)]
        if stage == 2:  # two conversations of one client
            talk += chance.choice(recorded.conversations)
        valid, rest = handshake, spoil(chance, talk) + recorded.goodbye
    return cut_anywhere(chance, valid + rest) if chance.randrange(4) else valid + rest


def spoil(chance: Random, pieces: Pieces) -> Pieces:
    """Return the pieces with up to six things wrong."""
    spoiled = [*pieces]
    for _ in range(chance.randrange(1, 7)):
        chance.choice(MUTATIONS)(chance, spoiled, chance.randrange(len(spoiled)))
        if not spoiled:
            return [b""]
    return spoiled


def cut_anywhere(chance: Random, pieces: Pieces) -> Pieces:
    """Return the same octets in other pieces: a frame may come in many, many frames in one."""
    octets = b"".join(pieces)
    cuts = sorted(chance.randrange(len(octets) + 1) for _ in range(chance.randrange(8)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]


# What can be wrong with the piece at `at`


def flip_a_bit(chance: Random, pieces: Pieces, at: int) -> None:
    """Change one bit."""
    octets = bytearray(pieces[at])
    if octets:
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    pieces[at] = bytes(octets)


def change_an_octet(chance: Random, pieces: Pieces, at: int) -> None:
    """Change one octet to one that often means something; it may end a text that was UTF-8."""
    octets = bytearray(pieces[at])
    if octets:
        octets[chance.randrange(len(octets))] = chance.choice(ODD_OCTETS)
    pieces[at] = bytes(octets)


def truncate(chance: Random, pieces: Pieces, at: int) -> None:
    """Cut off the end of a frame, at times with all that follows."""
    pieces[at] = pieces[at][: chance.randrange(len(pieces[at]) + 1)]
    if chance.randrange(2):
        del pieces[at + 1 :]


def cut_payload(chance: Random, pieces: Pieces, at: int) -> None:
    """Shorten a payload in a frame that is right by itself: what is in it goes beyond its end."""
    payload = payload_of(pieces[at])
    pieces[at] = with_payload(pieces[at], payload[: chance.randrange(len(payload) + 1)])


def insert_octets(chance: Random, pieces: Pieces, at: int) -> None:
    """Put octets into a payload, in a frame that is right by itself."""
    payload = payload_of(pieces[at])
    place = chance.randrange(len(payload) + 1)
    more = chance.randbytes(chance.randrange(1, 20))
    pieces[at] = with_payload(pieces[at], payload[:place] + more + payload[place:])


def lie_about_a_length(chance: Random, pieces: Pieces, at: int) -> None:
    """Put an odd number where a string, a table, a body or a counter may have its own."""
    octets = pieces[at]
    place = chance.randrange(len(octets) + 1)
    number = chance.choice(ODD_LENGTHS) if chance.randrange(2) else chance.randrange(1 << 12)
    pieces[at] = octets[:place] + struct.pack(">I", number) + octets[place + 4 :]


def lie_about_the_frame(chance: Random, pieces: Pieces, at: int) -> None:
    """Give a frame a size that is not its own."""
    octets = pieces[at]
    size = max(0, len(octets) - 8 + chance.randrange(-9, 10))
    number = size if chance.randrange(2) else chance.choice(ODD_LENGTHS)
    pieces[at] = octets[:3] + struct.pack(">I", number) + octets[HEADER_SIZE:]


def change_the_channel(chance: Random, pieces: Pieces, at: int) -> None:
    """Say it on another channel."""
    number = chance.choice((0, 1, 2, 3, 2047, 2048, 65535))
    pieces[at] = pieces[at][:1] + struct.pack(">H", number) + pieces[at][3:]


def change_the_kind(chance: Random, pieces: Pieces, at: int) -> None:
    """Let it be a frame of another kind, at times of none there is."""
    pieces[at] = bytes([chance.choice((0, 1, 2, 3, 4, 8, 65, 255))]) + pieces[at][1:]


def change_the_method(chance: Random, pieces: Pieces, at: int) -> None:
    """Give its arguments to another method, at times to one there is not."""
    number = (
        (chance.randrange(120), chance.randrange(130))
        if chance.randrange(4) == 0
        else chance.choice(METHOD_NUMBERS)
    )
    pieces[at] = pieces[at][:HEADER_SIZE] + struct.pack(">HH", *number) + pieces[at][11:]


def drop(_chance: Random, pieces: Pieces, at: int) -> None:
    """Leave a frame out."""
    del pieces[at]


def repeat(chance: Random, pieces: Pieces, at: int) -> None:
    """Say it again, at times very often."""
    pieces[at:at] = [pieces[at]] * chance.choice((1, 1, 2, 50))


def reorder(chance: Random, pieces: Pieces, at: int) -> None:
    """Say it somewhere else."""
    pieces.insert(chance.randrange(len(pieces)), pieces.pop(at))


def insert_noise(chance: Random, pieces: Pieces, at: int) -> None:
    """Say nonsense."""
    pieces.insert(at, chance.randbytes(chance.randrange(1, 40)))


def insert_a_frame(chance: Random, pieces: Pieces, at: int) -> None:
    """Say nonsense in a frame that is right by itself."""
    kind = chance.choice([*wire.FrameKind][:4])
    payload = chance.randbytes(chance.randrange(40))
    pieces.insert(at, wire.encode_frame(kind, chance.randrange(3), payload))


def insert_a_large_frame(chance: Random, pieces: Pieces, at: int) -> None:
    """Say more in one frame than was agreed, or just as much."""
    size = sessions.FRAME_MAX + chance.choice((-9, -8, -7, 0, 1, LARGEST))
    pieces.insert(at, wire.encode_frame(wire.FrameKind.BODY, 1, bytes(size)))


def insert_a_deep_table(chance: Random, pieces: Pieces, at: int) -> None:
    """Say a method with a table as `deep_table` makes it."""
    method = chance.choice(TABLE_METHODS)("q")
    plain = payload_of(sessions.method(method))[:-4]
    payload = plain + deep_table(chance)
    pieces.insert(at, wire.encode_frame(wire.FrameKind.METHOD, 1, payload))


def insert_deep_headers(chance: Random, pieces: Pieces, at: int) -> None:
    """Publish a message with such headers, where it expires and is written again."""
    headers_alone = struct.pack(">H", 1 << 13)
    header = wire.join_header(60, 0, headers_alone + deep_table(chance))
    pieces[at:at] = [
        sessions.method(wire.BasicPublish("", chance.choice(("q", "q2")))),
        wire.encode_frame(wire.FrameKind.HEADER, 1, header),
    ]


def deep_table(chance: Random) -> bytes:
    """Nest tables, or lists, to the limit or deeper than anybody does; at times cut it short."""
    innermost = chance.choice((b"V", b"F\0\0\0\0", b"I\0"))
    kind, name = (b"F", b"\1a") if chance.randrange(2) else (b"A", b"")
    depth = chance.choice((LIMIT - 1, LIMIT, LIMIT + 1, chance.randrange(1, DEEPEST)))
    size, heads = len(innermost), []
    for _ in range(depth):
        size += len(name)
        heads.append(kind + struct.pack(">I", size) + name)
        size += len(kind) + 4
    table = b"\1a" + b"".join(reversed(heads)) + innermost
    return struct.pack(">I", len(table)) + table


def payload_of(octets: bytes) -> bytes:
    """Return what stands between a frame's header and its end."""
    return octets[HEADER_SIZE:-1]


def with_payload(octets: bytes, payload: bytes) -> bytes:
    """Return the frame with another payload, and the size of that."""
    return octets[:3] + struct.pack(">I", len(payload)) + payload + octets[-1:]


MUTATIONS: tuple[Callable[[Random, Pieces, int], None], ...] = (
    flip_a_bit,
    change_an_octet,
    truncate,
    cut_payload,
    insert_octets,
    lie_about_a_length,
    lie_about_the_frame,
    change_the_channel,
    change_the_kind,
    change_the_method,
    drop,
    repeat,
    reorder,
    insert_noise,
    insert_a_frame,
    insert_a_large_frame,
    insert_a_deep_table,
    insert_deep_headers,
)
"""Everything that `spoil` chooses from."""
