"""Hotel bookings: each request that comes through the topic exchange becomes a row."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg
from faststream import Context, ContextRepo, FastStream, Logger
from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
from pydantic import BaseModel, Field

broker = RabbitBroker(os.environ["AMQP_URL"], default_channel=Channel(prefetch_count=10))

travel = RabbitExchange("travel", type=ExchangeType.TOPIC, durable=True)
rejected = RabbitExchange("travel.rejected", type=ExchangeType.FANOUT, durable=True)
requests = RabbitQueue(
    "bookings",
    durable=True,
    routing_key="hotel.*.requested",
    arguments={"x-dead-letter-exchange": rejected.name},
)


class Guest(BaseModel):
    name: str = Field(min_length=1)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class Booking(BaseModel):
    reference: str = Field(min_length=1, max_length=64)
    arrival: date
    nights: int
    guest: Guest
    rooms: int = 1


@asynccontextmanager
async def lifespan(context: ContextRepo) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["PG_DSN"], min_size=1, max_size=5) as pool:
        context.set_global("pool", pool)
        await broker.connect()
        dead_letters = await broker.declare_queue(RabbitQueue("bookings.rejected", durable=True))
        await dead_letters.bind(await broker.declare_exchange(rejected))
        yield


app = FastStream(broker, lifespan=lifespan)


@broker.subscriber(requests, travel)
async def book(booking: Booking, logger: Logger, pool: asyncpg.Pool = Context()) -> None:
    """Ask the hotel for each room, then keep the booking; what fails is dead-lettered."""
    logger.info("booking %s: %d rooms", booking.reference, booking.rooms)
    await asyncio.sleep(booking.rooms / 10)
    await pool.execute(
        "INSERT INTO bookings (reference, arrival, nights, guest) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (reference) DO NOTHING",
        booking.reference,
        booking.arrival,
        booking.nights,
        booking.guest.name,
    )
