"""What a person reads of an event: the frame with what matters of it, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.evidence.ledger import short

if TYPE_CHECKING:
    from warren.evidence.ledger import Delivery, Published, Settlement
    from warren.evidence.record import Asked, Sent
    from warren.simulator.wire import BasicProperties

_BODY: Final = 160
"""Characters of a body that are shown; a picture is no place for all of a long one."""


def of_sent(sent: Sent) -> str:
    """Tell of a message that the rig published."""
    where = f'exchange "{sent.exchange}" for queue {sent.queue}' if sent.exchange else sent.queue
    return f"{sent.at:.3f} the rig published to {where}: {short(sent.body, _BODY)}"


def of_publish(p: Published) -> str:
    """Tell of a message that an instance published."""
    return (
        f'{p.at:.3f} {p.instance}: basic.publish to exchange "{p.exchange}", routing key "{p.routing_key}"'
        f"{_properties(p.properties)} (connection {p.connection}, channel {p.channel}): {short(p.body, _BODY)};"
        f" {_confirm(p)}"
    )


def _confirm(p: Published) -> str:
    if p.passed_at is None:
        return "it has not reached the broker"
    if not p.mode:
        return "without a confirm"
    done = "committed" if p.mode == "tx" else "confirmed"
    return f"never {done}" if p.confirmed_at is None else f"{done} at {p.confirmed_at:.3f}"


def of_delivery(d: Delivery) -> str:
    """Tell of a message that came for an instance."""
    again = ", redelivered" if d.redelivered else ""
    held = {None: ", which it was never given", d.at: ""}.get(
        d.passed_at, f", which it was given at {d.passed_at or 0:.3f}"
    )
    return (
        f"{d.at:.3f} {'basic.deliver' if d.consumer_tag else 'basic.get-ok'} #{d.tag} to {d.instance}{again}{held}"
        f'; exchange "{d.exchange}", routing key "{d.routing_key}"{_properties(d.properties)}'
        f" (connection {d.connection}, channel {d.channel}): {short(d.body, _BODY)}"
    )


def of_settlement(d: Delivery, settlement: Settlement) -> str:
    """Tell how a delivery was settled, and how long that took."""
    took = f"{settlement.at - d.at:.3f} s after the delivery"
    if d.auto_ack:
        return f"{settlement.at:.3f} #{d.tag} counts as acked when it is sent (no_ack)"
    return (
        f"{settlement.at:.3f} {d.instance}: basic.{settlement} #{d.tag}, {took}{_kept(settlement)}"
    )


def _kept(settlement: Settlement) -> str:
    """Tell of a settlement that the rig held how long it did."""
    if not settlement.is_held:
        return ""
    if settlement.passed_at is None:
        return "; held since then"
    return f"; held, and passed on at {settlement.passed_at:.3f}"


def of_return(d: Delivery, at: float) -> str:
    """Tell that a broker took a delivery back."""
    return f"{at:.3f} #{d.tag} of {d.instance} was unsettled when its channel ended or recovered it"


def of_call(call: Asked) -> str:
    """Tell of an HTTP call, and its answer."""
    if call.until is None:
        answer = "no answer"
    else:
        answer = f"{call.status} {call.error}".strip() + f" after {call.until - call.at:.3f} s"
    return f"{call.at:.3f} GET {call.path} from {call.instance}: {answer}"


def _properties(properties: BasicProperties) -> str:
    named = {
        "message-id": properties.message_id,
        "correlation-id": properties.correlation_id,
        "reply-to": properties.reply_to,
    }
    return "".join(f", {name} {value}" for name, value in named.items() if value)
