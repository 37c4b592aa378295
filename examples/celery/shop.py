"""The shop's background tasks: invoices are written, shipments are booked."""

import os
import time

from celery import Celery
from celery.utils.log import get_task_logger
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

DATABASE_URL = os.environ["DATABASE_URL"]

logger = get_task_logger(__name__)
engine = create_engine(DATABASE_URL, pool_pre_ping=True)

app = Celery("shop", broker=os.environ["CELERY_BROKER_URL"], backend=f"db+{DATABASE_URL}")
app.conf.update(
    task_routes={"shop.write_invoice": "invoices", "shop.book_shipment": "shipments"},
    broker_connection_retry_on_startup=True,
    timezone="UTC",
)


@app.task
def write_invoice(order_id: str, total: int, pages: int = 1) -> str:
    """Write the invoice of an order; acknowledged when the task begins, Celery's default."""
    render("invoice", order_id, pages)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO invoices (order_id, total) VALUES (:order_id, :total)"),
            {"order_id": order_id, "total": total},
        )
    return f"invoice for {order_id}"


@app.task(
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=5,
)
def book_shipment(order_id: str, weight: int, pages: int = 1) -> str:
    """Book the shipment of an order; acknowledged after its work, so it may run again."""
    render("label", order_id, pages)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO shipments (order_id, weight) VALUES (:order_id, :weight)"
                " ON CONFLICT (order_id) DO NOTHING"
            ),
            {"order_id": order_id, "weight": weight},
        )
    return f"shipment for {order_id}"


def render(document: str, order_id: str, pages: int) -> None:
    """Stand in for the typesetting, a tenth of a second a page."""
    logger.info("rendering the %s of %s, %d pages", document, order_id, pages)
    time.sleep(pages / 10)
