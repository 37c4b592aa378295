"""Payments are booked in the ledger, one row for each."""

import os
import time

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)

dramatiq.set_broker(RabbitmqBroker(url=os.environ["RABBITMQ_URL"]))


@dramatiq.actor(queue_name="payments", max_retries=3, min_backoff=1_000, max_backoff=10_000)
def book_payment(order_id: str, cents: int, checks: int = 1) -> None:
    """Book a payment after its fraud checks, a tenth of a second each."""
    time.sleep(checks / 10)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO ledger (order_id, cents) VALUES (:order_id, :cents)"),
            {"order_id": order_id, "cents": cents},
        )
