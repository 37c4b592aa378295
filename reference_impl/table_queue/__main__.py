"""One user of a table queue: `python -m reference_impl.table_queue QUEUE`.

It does what it is told, a JSON object a line on standard input, and answers each with a line, until
the input ends. `WARREN_DATABASE_URL` names the database. Bodies are text.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from reference_impl.schema import database, log
from reference_impl.settings import SettingsError, database_url
from reference_impl.table_queue.queue import LostError, TableQueue, Taken

_ENDED, _UNUSABLE = 0, 2


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user of the queue is told to do.

    `put` takes a `body`, and a `row` for `message_log` in the same transaction, which is rolled back
    unless `commit`. `ack`, `nack` and `extend` take the `receipt` of a message that was taken.
    """

    do: Literal["create", "put", "take", "ack", "nack", "extend", "counts", "drain"]
    body: str = ""
    row: str | None = None
    commit: bool = True
    receipt: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what standard input says, to its end, and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m reference_impl.table_queue",
        description="Use a queue in a database table, as told by JSON lines on standard input.",
        epilog='for example {"do": "put", "body": "text"}, {"do": "take"}, {"do": "counts"}',
    )
    parser.add_argument("queue", metavar="QUEUE")
    parser.add_argument("--visibility", type=float, default=30.0, metavar="SECONDS")
    options = parser.parse_args(arguments)
    try:
        url = database_url(os.environ)
    except SettingsError as error:
        print(f"table_queue: {error}", file=sys.stderr)  # noqa: T201 - a person reads it
        return _UNUSABLE
    with database(url) as pool:
        queue = TableQueue(pool, options.queue, options.visibility)
        for line in sys.stdin:
            print(json.dumps(_answer(pool, queue, line)), flush=True)  # noqa: T201 - the answer
    return _ENDED


def _answer(pool: sa.Engine, queue: TableQueue, line: str) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(line, type=Request)
    except msgspec.DecodeError as error:
        return {"error": str(error)}
    try:
        return _do(pool, queue, request)
    except LostError as error:
        return {"lost": str(error)}


def _do(pool: sa.Engine, queue: TableQueue, request: Request) -> dict[str, Any]:
    match request.do:
        case "put":
            return {"id": _put(pool, queue, request)}
        case "take":
            return {"message": _message(queue.take())}
        case "counts":
            ready, unacked = queue.counts()
            return {"ready": ready, "unacked": unacked}
        case "drain":
            return {"bodies": _drain(queue)}
        case "create":
            queue.create()
        case "ack":
            queue.ack(request.receipt)
        case "nack":
            queue.nack(request.receipt)
        case "extend":
            queue.extend(request.receipt)
    return {"done": True}


def _put(pool: sa.Engine, queue: TableQueue, request: Request) -> int:
    """Put a message, with its row of business where there is one."""
    with pool.connect() as connection, connection.begin() as transaction:
        key = queue.put(request.body.encode(), connection)
        if request.row is not None:
            log(connection, request.row)
        if not request.commit:
            transaction.rollback()
    return key


def _drain(queue: TableQueue) -> list[str]:
    """Take and settle until nothing is visible."""
    bodies: list[str] = []
    while taken := queue.take():
        queue.ack(taken.receipt)
        bodies.append(taken.body.decode())
    return bodies


def _message(taken: Taken | None) -> dict[str, Any] | None:
    if taken is None:
        return None
    return {
        "body": taken.body.decode(),
        "redelivered": taken.redelivered,
        "receipt": taken.receipt,
    }


if __name__ == "__main__":
    sys.exit(main())
