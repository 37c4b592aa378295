"""Fixed command scripts for both brokers: every refusal, and what random sequences seldom reach.

Each function gets a queue name `q` and an exchange name `x` of its own and returns commands, mostly
for channel 1 of connection 1. What a refusal closes is opened again before the next command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.model.lab import message
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.model.parity import Pair

HERE = (1, 1)
Script = list[Any]


def publish(
    key: str, body: bytes = b"m", exchange: str = "", *, mandatory: bool = False, **given: Any
) -> Any:
    """Return a publish on channel 1 of connection 1."""
    return c.BasicPublish(*HERE, message(key, body, exchange, **given), mandatory=mandatory)


def exchange_clashes(q: str, x: str) -> Script:
    """Refuse everything that can be refused about exchanges and bindings."""
    return [
        c.ExchangeDeclare(*HERE, x, "direct", durable=True),
        c.ExchangeDeclare(*HERE, x, "fanout", durable=True),
        c.ExchangeDeclare(*HERE, x, "direct"),
        c.ExchangeDeclare(*HERE, x, "direct", durable=True, auto_delete=True),
        c.ExchangeDeclare(*HERE, x, "direct", durable=True, internal=True),
        c.ExchangeDeclare(*HERE, x, "direct", durable=True, arguments={"alternate-exchange": "y"}),
        c.ExchangeDeclare(*HERE, x, "direct", durable=True, arguments={"alternate-exchange": 5}),
        c.ExchangeDeclare(
            *HERE, f"{x}2", "direct", durable=True, arguments={"alternate-exchange": 5}
        ),
        c.ExchangeDeclare(*HERE, f"{x}none", "direct", passive=True),
        c.ExchangeDeclare(*HERE, x, "no-such-type"),
        c.ExchangeDeclare(*HERE, "", "direct"),
        c.ExchangeDeclare(*HERE, "amq.own", "direct"),
        c.ExchangeDeclare(*HERE, "amq.direct", "direct", durable=True),
        c.ExchangeDeclare(*HERE, "amq.direct", "fanout", durable=True),
        c.ExchangeDelete(*HERE, "amq.direct"),
        c.ExchangeDelete(*HERE, ""),
        c.ExchangeDelete(*HERE, f"{x}none"),
        c.QueueDeclare(*HERE, q, durable=True),
        c.QueueBind(*HERE, q, x, "k"),
        c.ExchangeDelete(*HERE, x, if_unused=True),
        c.QueueBind(*HERE, q, "", "k"),
        c.QueueBind(*HERE, q, f"{x}none", "k"),
        c.QueueBind(*HERE, f"{q}none", x, "k"),
        c.QueueUnbind(*HERE, f"{q}none", f"{x}none", "k"),
        c.ExchangeBind(*HERE, x, f"{x}none", "k"),
        c.ExchangeBind(*HERE, f"{x}none", x, "k"),
        c.ExchangeBind(*HERE, "", x, "k"),
        c.QueueBind(*HERE, q, "amq.headers", arguments={"x-match": 1}),
        c.QueueBind(*HERE, q, "amq.headers", arguments={"x-match": "most"}),
        c.QueueBind(*HERE, q, "amq.topic", "#.a.#.b.#"),
        c.QueueBind(*HERE, q, "amq.topic", "#.a.#"),
    ]


def queue_clashes(q: str, _x: str) -> Script:
    """Refuse everything that can be refused about queues and consumers."""

    def declare(**options: Any) -> Any:
        return c.QueueDeclare(*HERE, q, **{"durable": True, **options})

    def fresh(**arguments: Any) -> Any:
        given = {name.replace("_", "-"): value for name, value in arguments.items()}
        return c.QueueDeclare(*HERE, f"{q}fresh", durable=True, arguments=given)

    return [
        declare(arguments={"x-max-length": 5, "x-dead-letter-exchange": "d"}),
        declare(arguments={"x-max-length": 5, "x-dead-letter-exchange": "d"}),
        declare(),
        declare(arguments={"x-max-length": 6, "x-dead-letter-exchange": "d"}),
        declare(arguments={"x-max-length": 5, "x-dead-letter-exchange": "e"}),
        declare(
            arguments={"x-max-length": 5, "x-dead-letter-exchange": "d", "x-overflow": "drop-head"}
        ),
        declare(
            arguments={"x-max-length": 5, "x-dead-letter-exchange": "d", "x-queue-type": "classic"}
        ),
        declare(arguments={"x-max-length": 5, "x-dead-letter-exchange": "d", "x-unknown": 1}),
        declare(auto_delete=True),
        declare(exclusive=True),
        declare(durable=False, exclusive=True),
        c.QueueDeclare(*HERE, f"{q}none", passive=True),
        c.QueueDeclare(*HERE, "amq.own", durable=True),
        c.QueueDeclare(*HERE, "amq.own", passive=True),
        c.QueueDeclare(*HERE, f"{q}transient"),
        fresh(x_message_ttl=-1),
        fresh(x_message_ttl="1"),
        fresh(x_message_ttl=315_360_000_001),
        fresh(x_expires=0),
        fresh(x_expires=-5),
        fresh(x_max_length=-1),
        fresh(x_max_length_bytes="x"),
        fresh(x_max_priority=256),
        fresh(x_max_priority=-1),
        fresh(x_overflow="spill"),
        fresh(x_overflow=1),
        fresh(x_single_active_consumer="yes"),
        fresh(x_dead_letter_exchange=1),
        fresh(x_dead_letter_routing_key="k"),
        fresh(x_dead_letter_routing_key=1, x_dead_letter_exchange="d"),
        fresh(x_queue_type="no-such-type"),
        fresh(x_queue_type=1),
        c.QueueDeclare(*HERE, arguments={"x-queue-type": "no-such-type"}),
        c.QueueDeclare(*HERE, arguments={"x-queue-type": 1}),
        fresh(x_queue_mode="lazy"),
        fresh(x_queue_mode="no-such-mode"),
        fresh(x_queue_version=3),
        c.QueueDelete(*HERE, f"{q}none"),
        publish(q),
        c.QueueDelete(*HERE, q, if_empty=True),
        c.BasicConsume(1, 2, q, "c"),
        c.QueueDelete(*HERE, q, if_unused=True),
        c.QueuePurge(*HERE, f"{q}none"),
        c.BasicGet(*HERE, f"{q}none"),
        c.BasicConsume(*HERE, f"{q}none", "c"),
        c.BasicConsume(*HERE, q, "d", arguments={"x-priority": "high"}),
        c.BasicConsume(*HERE, q, "e", exclusive=True),
    ]


def exclusive_from_elsewhere(q: str, _x: str) -> Script:
    """Try everything on another connection's exclusive queue."""
    return [
        c.QueueDeclare(2, 1, q, exclusive=True),
        c.QueueDeclare(*HERE, q, exclusive=True),
        c.QueueDeclare(*HERE, q, passive=True),
        c.QueueBind(*HERE, q, "amq.direct"),
        c.QueueBind(2, 1, q, "amq.direct"),
        c.QueueUnbind(*HERE, q, "amq.direct"),
        c.QueuePurge(*HERE, q),
        c.QueueDelete(*HERE, q),
        c.BasicGet(*HERE, q),
        c.BasicConsume(*HERE, q, "c"),
        publish(q),
        c.QueueDeclare(2, 1, q, durable=True),
        c.QueueDeclare(2, 1, q, exclusive=True, durable=True),
        c.BasicGet(2, 1, q),
    ]


def names_left_out(q: str, _x: str) -> Script:
    """Leave the queue name to the broker, before and after there is one."""
    return [
        c.BasicGet(*HERE, ""),
        c.QueueBind(*HERE, "", "amq.direct", ""),
        c.QueueBind(*HERE, "", "amq.direct", "k"),
        c.QueueDeclare(*HERE, "", passive=True),
        c.QueueDeclare(*HERE, q, durable=True),
        c.QueueBind(*HERE, "", "amq.direct", ""),
        publish(q, exchange="amq.direct"),
        c.BasicGet(*HERE, ""),
        c.BasicConsume(*HERE, "", "c"),
        c.QueuePurge(*HERE, ""),
        c.QueueDelete(*HERE, ""),
        c.QueueDelete(*HERE, ""),
    ]


def publish_refusals(q: str, x: str) -> Script:
    """Publish what RabbitMQ refuses, and what it only nearly does."""
    return [
        c.QueueDeclare(*HERE, q, durable=True),
        publish(q, exchange=f"{x}none"),
        publish(q, expiration="soon"),
        publish(q, expiration="-1"),
        publish(q, expiration="1.5"),
        publish(q, expiration=" 1"),
        publish(q, expiration="-+1"),
        publish(q, expiration="+-1"),
        publish(q, expiration="1_0"),
        publish(q, expiration="1 "),
        publish(q, expiration="\u0661"),
        publish(q, expiration="-"),
        publish(q, expiration="-0"),
        publish(q, expiration="+1000000"),
        publish(q, expiration="315360000001"),
        publish(q, user_id="somebody else"),
        publish(q, headers={"CC": "not a list"}),
        publish(q, headers={"BCC": 1}),
        publish(q, headers={"CC": [1, "other"]}),
        publish(q, reply_to="amq.rabbitmq.reply-to"),
        c.ExchangeDeclare(*HERE, x, "fanout", internal=True),
        publish(q, exchange=x),
        c.BasicPublish(*HERE, message(q), immediate=True),
        publish(q, priority=5, content_type="t"),
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicGet(*HERE, q, no_ack=True),
    ]


def modes(_q: str, _x: str) -> Script:
    """Mix confirms, transactions and settlements of nothing."""
    return [
        c.TxCommit(*HERE),
        c.TxRollback(*HERE),
        c.TxSelect(*HERE),
        c.ConfirmSelect(*HERE),
        c.ConfirmSelect(*HERE),
        c.ConfirmSelect(*HERE),
        c.TxSelect(*HERE),
        c.ChannelFlow(*HERE, active=False),
        c.BasicQos(*HERE, 0, prefetch_size=5),
        c.BasicRecover(*HERE, requeue=False),
        c.ChannelOpen(*HERE),
        c.BasicAck(*HERE, 0),
        c.BasicAck(*HERE, 0, multiple=True),
        c.BasicAck(*HERE, 5, multiple=True),
        c.BasicNack(*HERE, 1),
        c.BasicReject(*HERE, 1),
        c.BasicCancel(*HERE, "nobody"),
    ]


def transactions(q: str, _x: str) -> Script:
    """Commit, roll back, and commit what does not fit."""
    return [
        c.QueueDeclare(
            *HERE, q, durable=True, arguments={"x-max-length": 2, "x-overflow": "reject-publish"}
        ),
        c.TxSelect(*HERE),
        publish(q, b"1", delivery_mode=2),
        publish("nowhere", b"2", mandatory=True),
        c.BasicGet(*HERE, q),
        c.TxCommit(*HERE),
        c.BasicGet(*HERE, q),
        c.BasicAck(*HERE, 1),
        c.BasicAck(*HERE, 1),
        c.TxSelect(*HERE),
        c.BasicGet(*HERE, q),
        c.BasicAck(*HERE, 1),
        c.TxRollback(*HERE),
        c.BasicAck(*HERE, 1),
        c.TxCommit(*HERE),
        publish(q, b"3"),
        publish(q, b"4"),
        publish(q, b"5"),
        c.TxCommit(*HERE),
        c.BasicGet(*HERE, q, no_ack=True),
    ]


def transactions_and_queues(q: str, x: str) -> Script:
    """Delete and declare queues between publish and commit."""
    declare = c.QueueDeclare(*HERE, q, durable=True)
    return [
        declare,
        c.TxSelect(*HERE),
        publish(f"{q}new", b"1", mandatory=True),
        publish(q, b"2"),
        c.QueueDeclare(*HERE, f"{q}new", durable=True),
        c.QueueDelete(*HERE, q),
        declare,
        c.TxCommit(*HERE),
        c.TxSelect(*HERE),  # the failed commit of 4.3 has closed the channel
        c.QueuePurge(*HERE, f"{q}new"),
        publish(f"{q}new", b"settled in vain on 4.3"),
        c.TxCommit(*HERE),
        c.BasicGet(*HERE, f"{q}new"),
        c.BasicAck(*HERE, 0, multiple=True),
        c.ExchangeDeclare(*HERE, x, "fanout"),
        c.QueueBind(*HERE, q, x),
        c.QueueBind(*HERE, f"{q}new", x),
        publish(f"{q}new", b"3"),
        publish("k", b"4", x, mandatory=True),
        c.QueueDelete(*HERE, q),
        c.TxCommit(*HERE),
        c.BasicGet(*HERE, f"{q}new"),
        c.BasicGet(*HERE, f"{q}new"),
    ]


def direct_replies(_q: str, _x: str) -> Script:
    """Consume direct replies rightly and wrongly."""
    reply_to = "amq.rabbitmq.reply-to"
    return [
        c.BasicConsume(*HERE, reply_to, "r"),
        c.BasicConsume(*HERE, reply_to, "r", no_ack=True),
        c.BasicConsume(*HERE, reply_to, "s", no_ack=True),
        c.BasicConsume(*HERE, reply_to, "r", no_ack=True),
        c.QueueDeclare(*HERE, reply_to, passive=True),
        c.BasicCancel(*HERE, "r"),
        publish(f"{reply_to}.nobody", mandatory=True),
        c.BasicConsume(*HERE, reply_to, "r", no_ack=True),
    ]


def dead_letters(q: str, x: str) -> Script:
    """Reject and expire messages with all kinds of headers."""
    dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{q}dead"}
    return [
        c.QueueDeclare(*HERE, f"{q}dead", durable=True),
        c.QueueDeclare(*HERE, q, durable=True, arguments=dead),
        c.QueueDeclare(*HERE, f"{q}own", durable=True, arguments={"x-dead-letter-exchange": x}),
        c.ExchangeDeclare(*HERE, x, "fanout", durable=True),
        c.QueueBind(*HERE, f"{q}dead", x),
        publish(
            q, b"1", headers={"CC": ["more"], "mine": 1}, delivery_mode=2, content_type="text/plain"
        ),
        c.BasicGet(*HERE, q),
        c.BasicNack(*HERE, 1, requeue=False),
        c.BasicGet(*HERE, f"{q}dead", no_ack=True),
        publish(f"{q}own", b"2", headers={"CC": ["more"], "BCC": ["secret"]}),
        c.BasicGet(*HERE, f"{q}own"),
        c.BasicReject(*HERE, 3, requeue=False),
        c.BasicGet(*HERE, f"{q}dead", no_ack=True),
        publish(q, b"3", headers={"x-death": [{"queue": q, "reason": "rejected", "count": 4}]}),
        c.BasicGet(*HERE, q),
        c.BasicReject(*HERE, 5, requeue=False),
        c.BasicGet(*HERE, f"{q}dead", no_ack=True),
        publish(q, b"4", headers={"x-death": "odd", "x-first-death-queue": "mine"}),
        c.BasicGet(*HERE, q),
        c.BasicReject(*HERE, 7, requeue=False),
        c.BasicGet(*HERE, f"{q}dead", no_ack=True),
        publish(q, b"5", expiration="0"),
        c.BasicGet(*HERE, f"{q}dead", no_ack=True),
    ]


def death_after_death(q: str, _x: str) -> Script:
    """Reject a message to and fro between two queues."""
    ends = [f"{q}a", f"{q}b"]
    script: Script = []
    for name, other in (ends, ends[::-1]):
        onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": other}
        script.append(c.QueueDeclare(*HERE, name, durable=True, arguments=onward))
    script.append(publish(ends[0], b"m", expiration="100000"))
    for tag in range(1, 6):
        script += [
            c.BasicGet(*HERE, ends[(tag - 1) % 2]),
            c.BasicReject(*HERE, tag, requeue=False),
        ]
    return [*script, c.BasicGet(*HERE, ends[1])]


def cycles(q: str, _x: str) -> Script:
    """Let a message overflow from a queue into itself, and one expire in a circle."""
    own = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": q, "x-max-length": 1}
    back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{q}b", "x-message-ttl": 0}
    return [
        c.QueueDeclare(*HERE, q, durable=True, arguments=own),
        publish(q, b"1"),
        publish(q, b"2"),
        c.BasicGet(*HERE, q, no_ack=True),
        c.QueueDeclare(*HERE, f"{q}b", durable=True, arguments=back),
        publish(f"{q}b", b"3"),
        c.BasicGet(*HERE, f"{q}b", no_ack=True),
    ]


def turns_on_a_full_channel(q: str, _x: str) -> Script:
    """Make room, message by message, on a channel with a limit of its own and three consumers of a queue."""
    return [
        c.QueueDeclare(*HERE, q, durable=True),
        c.BasicQos(*HERE, 1, global_=True),
        publish(q, b"0"),
        *(c.BasicConsume(*HERE, q, tag) for tag in "abc"),
        *(publish(q, b"%d" % each) for each in range(1, 8)),
        *(c.BasicAck(*HERE, tag) for tag in range(1, 8)),
    ]


def rejected_into_waiting_hands(q: str, _x: str) -> Script:
    """Reject to a queue where somebody waits, and where nobody does."""
    onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": q}
    return [
        c.QueueDeclare(*HERE, q, durable=True, arguments=onward),
        c.BasicConsume(*HERE, q, "c"),
        publish(q, b"1"),
        c.BasicReject(*HERE, 1, requeue=False),
        c.BasicNack(*HERE, 2, requeue=False),
        c.BasicNack(*HERE, 3),
        c.BasicNack(*HERE, 4, requeue=False),
        c.BasicReject(*HERE, 5),
        c.BasicNack(*HERE, 6, requeue=False),
        c.BasicCancel(*HERE, "c"),
        c.BasicReject(*HERE, 7, requeue=False),
        c.BasicGet(*HERE, q),
    ]


SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    exchange_clashes,
    queue_clashes,
    exclusive_from_elsewhere,
    names_left_out,
    publish_refusals,
    modes,
    transactions,
    transactions_and_queues,
    direct_replies,
    dead_letters,
    death_after_death,
    cycles,
    rejected_into_waiting_hands,
    turns_on_a_full_channel,
)


def run_script(pair: Pair, script: Script) -> None:
    """Give `script` to both brokers, opening what a refusal has closed; a number is seconds to wait."""
    for command in script:
        if isinstance(command, float):
            pair.wait(command)
            continue
        number, channel = command.connection, command.channel
        if number not in pair.clients:
            pair.connect(number)
        channels = pair.model.connections[number].channels
        if channel in channels and channels[channel].closing:
            pair.step(c.ChannelCloseOk(number, channel))
        if channel not in channels:
            pair.step(c.ChannelOpen(number, channel))
        pair.step(command)
