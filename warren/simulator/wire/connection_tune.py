"""The limits of a connection: what the broker offers and what a client may choose.

Source: AMQP 0-9-1, connection.tune; RabbitMQ's ``rabbit_reader`` for what is refused and how.
"""

from typing import Final

from warren.simulator.errors import AmqpError, ReplyCode
from warren.simulator.fact import fact
from warren.simulator.wire.methods.connection import ConnectionTune

_CHANNEL_MIN: Final = 1


@fact
class Limits:
    """Channels, octets of a frame, seconds of heartbeat; 0 is no limit, and no heartbeat.

    The defaults are RabbitMQ's.
    """

    channel_max: int = 2047
    frame_max: int = 131_072
    heartbeat: int = 60


def check_choice(offered: Limits, chosen: Limits, frame_min: int) -> None:
    """Raise ``AmqpError`` 530 for a limit beyond the broker's; any heartbeat is fine."""
    _check("frame_max", frame_min, offered.frame_max, chosen.frame_max)
    _check("channel_max", _CHANNEL_MIN, offered.channel_max, chosen.channel_max)


def _check(name: str, least: int, most: int, chosen: int) -> None:
    if 0 < chosen < least:
        raise _refused(name, chosen, f"lower than the minimum allowed value ({least})")
    if most and (not chosen or chosen > most):
        raise _refused(name, chosen, f"higher than the maximum allowed value ({most})")


def _refused(name: str, chosen: int, why: str) -> AmqpError:
    detail = " (no limit)" if name == "channel_max" and not chosen else ""
    return AmqpError(
        ReplyCode.NOT_ALLOWED,
        f"negotiated {name} = {chosen}{detail} is {why}",
        class_id=ConnectionTune.CLASS_ID,
        method_id=ConnectionTune.METHOD_ID,
    )
