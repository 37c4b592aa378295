"""Where a relay listens."""

from __future__ import annotations

import socket

from warren.worlds.real.relay.doors import Door


def test_small_pieces_do_not_wait() -> None:
    """Who is accepted at a door sends at once: Nagle's algorithm would keep the second piece for 40 ms."""
    with Door().bound() as door:
        door.listen()
        with socket.create_connection(door.getsockname()) as _, door.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
