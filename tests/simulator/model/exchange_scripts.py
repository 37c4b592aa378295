"""Fixed command scripts about types of exchange, and about consumers that follow one another.

As in `scripts`: a queue name `q` and an exchange name `x` in, commands out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.model.queue_type_scripts import declare
from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEYS = ("", "a", "b", "a.b", "order.1", "a key of more than twelve octets", "\u00fc")


def modulus_hash(q: str, x: str) -> Script:
    """Spread messages by the hash of their keys; a queue that is bound twice counts twice."""
    names = [f"{q}{each}" for each in ("c", " a", "b", "")]

    def publishes(**headers: list[str]) -> Iterator[Any]:
        given: dict[str, Any] = {"headers": headers} if headers else {}
        return (publish(key, b"%d" % number, x, **given) for number, key in enumerate(KEYS))

    script: Script = [
        c.ExchangeDeclare(*HERE, x, "x-modulus-hash", durable=True),
        publish("nobody", b"", x, mandatory=True),
        c.ExchangeDeclare(*HERE, f"{x}2", "fanout", durable=True),
        *(declare(name, None) for name in names),
        c.QueueBind(*HERE, names[3], f"{x}2", ""),
    ]
    for name in names[:3]:
        script += [c.QueueBind(*HERE, name, x, "1"), *publishes()]
    script += [c.ExchangeBind(*HERE, f"{x}2", x, ""), c.QueueBind(*HERE, names[1], x, "2")]
    script += [*publishes(), *publishes(CC=["a", "b"], BCC=["c"])]
    script += [c.QueueUnbind(*HERE, names[0], x, "1"), *publishes()]
    return [*script, *(c.BasicGet(*HERE, name, no_ack=True) for name in names for _ in range(14))]


def single_active_cancelled(q: str, _x: str) -> Script:
    """Cancel the single active consumer of a classic queue while messages wait, and see what helps the next."""
    script: Script = [c.BasicQos(1, channel, 1) for channel in range(2, 7)]
    helps = (
        c.BasicNack(1, 3, 1),
        c.BasicAck(1, 4, 1),
        c.BasicConsume(1, 1, f"{q}2", "z"),
        c.ChannelClose(1, 6),
    )
    for number, command in enumerate(helps):
        name, active = f"{q}{number}", number + 3
        script += [
            declare(name, None, x_single_active_consumer=True),
            c.BasicConsume(1, active, name, f"a{number}"),
            c.BasicConsume(1, 2, name, f"b{number}"),
            *(publish(name, b"%d" % each) for each in range(4)),
            c.BasicCancel(1, active, f"a{number}"),
            command,
        ]
    return script


EXCHANGE_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (modulus_hash, single_active_cancelled)
