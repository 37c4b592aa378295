"""Keeps sales in a database as people do: generated keys, times, attempts, JSON, lines, stock, and a table of workers.

`shop.py [DEFECT]`: `acks-first`, or `adds-again` (what is delivered again is sold again).
"""

import json
import os
import socket
import sys
import time
import uuid
from typing import Any

import pika
from sqlalchemy import create_engine, text

SCHEMA = """
CREATE TABLE IF NOT EXISTS workers (name TEXT PRIMARY KEY, started REAL, done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sales (
    id {serial}, ref TEXT NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL, amount NUMERIC(10, 2),
    note TEXT, details TEXT NOT NULL, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS lines (ref TEXT NOT NULL, sku TEXT NOT NULL, pieces INTEGER, packer TEXT);
CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, pieces INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS journal (id {serial}, said TEXT, at REAL)
"""
SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgresql": "SERIAL PRIMARY KEY"}

defect = sys.argv[1] if len(sys.argv) > 1 else ""
url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
engine = create_engine(url, connect_args={"timeout": 20} if "sqlite" in url else {})
worker = f"{socket.gethostname()}-{uuid.uuid4()}"
seconds = float(os.environ.get("SECONDS_OF_WORK", "0"))


def prepare() -> None:
    """Make the tables, and say who is here."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        for statement in SCHEMA.format(serial=SERIAL[engine.dialect.name]).split(";"):
            connection.execute(text(statement))
        known = {"name": worker, "at": time.time()}
        connection.execute(text("INSERT INTO workers VALUES (:name, :at, 0)"), known)
        for sku in ("book", "pen"):
            add = "INSERT INTO stock VALUES (:sku, 100) ON CONFLICT DO NOTHING"
            connection.execute(text(add), {"sku": sku})


def sell(order: dict[str, Any], attempt: int) -> None:
    """Keep one sale, unless it is kept."""
    ref = order["ref"]
    with engine.begin() as connection:
        run = connection.execute
        if engine.dialect.name == "postgresql":
            run(text("SELECT pg_advisory_xact_lock(2)"))
        else:
            run(text("UPDATE workers SET done = done WHERE name = :name"), {"name": worker})
        found = run(text("SELECT 1 FROM sales WHERE ref = :ref"), {"ref": ref}).first()
        if found and defect != "adds-again":
            return
        details = {"buyer": {"name": "Ann", "order": ref}, "attempt": attempt, "worker": worker}
        sale = {"ref": ref, "attempt": attempt, "amount": order["amount"], "d": json.dumps(details)}
        into = "INSERT INTO sales (ref, status, attempt, amount, details)"
        run(text(f"{into} VALUES (:ref, 'new', :attempt, :amount, :d)"), sale)
        for sku, pieces in order["lines"].items():
            line = {"ref": ref, "sku": sku, "pieces": pieces, "packer": uuid.uuid4().hex[:4]}
            run(text("INSERT INTO lines VALUES (:ref, :sku, :pieces, :packer)"), line)
            run(text("UPDATE stock SET pieces = pieces - :pieces WHERE sku = :sku"), line)
        said = {"said": "sold", "at": time.time()}
        run(text("INSERT INTO journal (said, at) VALUES (:said, :at)"), said)
        run(text("UPDATE workers SET done = done + 1 WHERE name = :name"), {"name": worker})
        run(text("UPDATE sales SET status = 'sold' WHERE ref = :ref"), {"ref": ref})


def work(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
    """Do one message."""
    if defect == "acks-first":
        channel.basic_ack(method.delivery_tag)
    connection.sleep(seconds)
    sell(json.loads(body), 2 if method.redelivered else 1)
    if defect != "acks-first":
        channel.basic_ack(method.delivery_tag)


prepare()
connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
sales = connection.channel()
sales.queue_declare("sales", durable=True)
sales.queue_declare("alive", durable=True)
sales.basic_publish("", "alive", worker.encode())
sales.basic_qos(prefetch_count=3)
sales.basic_consume("sales", work)
sales.start_consuming()
