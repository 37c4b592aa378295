"""Requests a booking: publish.py REFERENCE [--hotel NAME] [--rooms N] [--nights N]."""

import argparse
import asyncio
from datetime import date

from bookings import Booking, Guest, broker, travel


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference")
    parser.add_argument("--hotel", default="astoria")
    parser.add_argument("--rooms", type=int, default=5, help="0.1 s of work each")
    parser.add_argument("--nights", type=int, default=2, help="at least 1")
    arguments = parser.parse_args()
    booking = Booking(
        reference=arguments.reference,
        arrival=date(2030, 5, 1),
        nights=arguments.nights,
        guest=Guest(name="Ada", email="ada@example.org"),
        rooms=arguments.rooms,
    )
    async with broker:
        await broker.publish(
            booking,
            exchange=travel,
            routing_key=f"hotel.{arguments.hotel}.requested",
            persist=True,
            mandatory=False,
        )


asyncio.run(main())
