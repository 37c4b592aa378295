"""What a restart leaves: a script before it, and one after it that looks at everything."""

from __future__ import annotations

from typing import Any

from tests.simulator.model.lab import message
from tests.simulator.model.scripts import HERE, Script
from warren.simulator.model import commands as c

QUEUES: dict[str, dict[str, Any]] = {
    "durable": {"durable": True},
    "transient": {},
    "exclusive": {"exclusive": True, "durable": True},
    "auto": {"durable": True, "auto_delete": True},
    "priority": {"durable": True, "arguments": {"x-max-priority": 5}},
    "ttl": {"durable": True, "arguments": {"x-message-ttl": 600_000}},
}
EXCHANGES: dict[str, dict[str, Any]] = {
    "durable": {"durable": True},
    "transient": {},
    "auto": {"durable": True, "auto_delete": True},
}
MESSAGES = 6
"""In every queue: each third is transient, so that gaps show."""


def before(q: str) -> Script:
    """Make queues and exchanges of all kinds, bind them, fill them, and have some messages held."""
    script: Script = []
    for name, options in QUEUES.items():
        script.append(c.QueueDeclare(*HERE, q + name, **options))
    for name, options in EXCHANGES.items():
        script.append(c.ExchangeDeclare(*HERE, q + name, "fanout", **options))
        script.append(c.QueueBind(*HERE, f"{q}durable", q + name))
        script.append(c.QueueBind(*HERE, f"{q}transient", q + name))
    for number in range(MESSAGES):
        for name in QUEUES:
            body = f"{name} {number}".encode()
            mode = 2 if number % 3 else 1
            published = message(q + name, body, delivery_mode=mode, priority=number % 3)
            script.append(c.BasicPublish(*HERE, published))
    return [
        *script,
        *(c.BasicGet(*HERE, f"{q}durable") for _ in range(4)),
        c.BasicNack(*HERE, 3),
        c.BasicReject(*HERE, 4),
        c.BasicGet(*HERE, f"{q}priority"),
        c.BasicQos(1, 2, 2),
        c.BasicConsume(1, 2, f"{q}ttl", "c"),
    ]


def after(q: str) -> Script:
    """Look for every queue, every message and every exchange, publish through each, and give back."""
    script: Script = []
    for name in QUEUES:
        script += [c.BasicGet(*HERE, q + name, no_ack=True) for _ in range(MESSAGES + 1)]
    for name in EXCHANGES:
        script.append(c.ExchangeDeclare(*HERE, q + name, passive=True))
        published = message("", f"through {name}".encode(), q + name)
        script.append(c.BasicPublish(*HERE, published))
        script.append(c.BasicGet(*HERE, f"{q}durable", no_ack=True))
    for name in QUEUES:
        again = message(q + name, b"again", delivery_mode=2, priority=2)
        script.append(c.BasicPublish(*HERE, again))
        script.append(c.BasicGet(*HERE, q + name))
        script.append(c.BasicNack(*HERE, 0, multiple=True))
        script.append(c.BasicGet(*HERE, q + name, no_ack=True))
    return script
