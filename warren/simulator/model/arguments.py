"""Whether a queue's or a consumer's optional arguments may be given: types, values, and whose they are.

What they mean is read in `policy`. The texts are RabbitMQ's; what is wrong with a value stands in
them as an Erlang term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model.policy import Overflow
from warren.simulator.model.stream_arguments import check_age, check_filter, check_offset
from warren.simulator.model.tables import field_type, is_integer, text

if TYPE_CHECKING:
    from warren.simulator.model.queue_types import QueueType
    from warren.simulator.model.semantics import Semantics

Arguments = Mapping[str, object]
MAX_PRIORITY = 255
MAX_EXPIRY = 315_360_000_000
"""Ten years, in milliseconds."""
DEAD_LETTER_STRATEGIES = frozenset({"at-most-once", "at-least-once"})

NO_MASTER_LOCATOR = (
    "Feature `queue_master_locator` is deprecated.\nBy default, this feature is not permitted anymore."
    "\nThe feature will be removed from a future major RabbitMQ version, regardless of the "
    "configuration; actual version to be determined.\nTo continue using this feature when it is not "
    "permitted by default, set the following parameter in your configuration:\n"
    "deprecated_features.permit.queue_master_locator = true"
)
"""Why that argument is denied; a client sees the beginning of it."""

Check = Callable[[object, Arguments, "Semantics"], str | None]
"""Returns what is wrong with a value, or None."""


def _integer(value: object, *_: object) -> str | None:
    return None if is_integer(value) else f'"expected integer, got {field_type(value)}"'


def _not_negative(value: object, *_: object) -> str | None:
    wrong = _integer(value)
    if wrong is None and isinstance(value, int) and value < 0:
        return f"{{value_negative,{value}}}"
    return wrong


def _positive(value: object, *_: object) -> str | None:
    return "{value_zero,0}" if is_integer(value) and value == 0 else _not_negative(value)


def _duration(value: object, *_: object) -> str | None:
    wrong = _not_negative(value)
    if wrong is None and isinstance(value, int) and value > MAX_EXPIRY:
        return f"{{value_too_large,{value}}}"
    return wrong


def _expires(value: object, *_: object) -> str | None:
    return "{value_zero,0}" if is_integer(value) and value == 0 else _duration(value)


def _priority(value: object, *_: object) -> str | None:
    wrong = _not_negative(value)
    if wrong is None and isinstance(value, int) and value > MAX_PRIORITY:
        return f"{{max_value_exceeded,{value}}}"
    return wrong


def _text(value: object, *_: object) -> str | None:
    return None if isinstance(value, str) else f"{{unacceptable_type,{field_type(value)}}}"


def _dead_letter_key(value: object, arguments: Arguments, _: Semantics) -> str | None:
    if isinstance(value, str) and "x-dead-letter-exchange" not in arguments:
        return "routing_key_but_no_dlx_defined"
    return _text(value)


def _boolean(value: object, *_: object) -> str | None:
    return None if isinstance(value, bool) else f"{{unacceptable_type,{field_type(value)}}}"


def _overflow(value: object, *_: object) -> str | None:
    if isinstance(value, str) and value not in {mode.value for mode in Overflow}:
        return "invalid_overflow"
    return _text(value)


def _strategy(value: object, *_: object) -> str | None:
    if isinstance(value, str) and value not in DEAD_LETTER_STRATEGIES:
        return "invalid_dlx_strategy"
    return _text(value)


def _queue_type(value: object, _: Arguments, semantics: Semantics) -> str | None:
    if isinstance(value, str) and value not in semantics.queue_types:
        return f"\"unsupported queue type '{value}'\""
    return _text(value)


def _queue_mode(value: object, _: Arguments, semantics: Semantics) -> str | None:
    if not semantics.lazy_queue_mode:
        return None
    if isinstance(value, str) and value not in {"default", "lazy"}:
        return f"\"unsupported queue mode '{value}'\""
    return _text(value)


def _queue_version(value: object, _: Arguments, semantics: Semantics) -> str | None:
    wrong = _not_negative(value)
    if wrong is None and value not in semantics.queue_versions:
        return f"\"unsupported queue version '{value}'\""
    return wrong


def _leader_locator(value: object, _: Arguments, semantics: Semantics) -> str | None:
    if isinstance(value, str) and value not in semantics.leader_locators:
        return "invalid_queue_locator_arg"
    return _text(value)


QUEUE_CHECKS: tuple[tuple[str, Check], ...] = (
    ("x-expires", _expires),
    ("x-message-ttl", _duration),
    ("x-dead-letter-exchange", _text),
    ("x-dead-letter-routing-key", _dead_letter_key),
    ("x-dead-letter-strategy", _strategy),
    ("x-max-length", _not_negative),
    ("x-max-length-bytes", _not_negative),
    ("x-max-in-memory-length", _not_negative),
    ("x-max-in-memory-bytes", _not_negative),
    ("x-max-priority", _priority),
    ("x-overflow", _overflow),
    ("x-queue-mode", _queue_mode),
    ("x-queue-version", _queue_version),
    ("x-single-active-consumer", _boolean),
    ("x-consumer-timeout", _not_negative),
    ("x-consumer-disconnected-timeout", _not_negative),
    ("x-quorum-initial-group-size", _positive),
    ("x-max-age", check_age),
    ("x-stream-max-segment-size-bytes", _not_negative),
    ("x-stream-filter-size-bytes", _not_negative),
    ("x-initial-cluster-size", _positive),
    ("x-queue-leader-locator", _leader_locator),
)
"""In the order RabbitMQ looks at them: the first that is wrong is reported."""

CONSUMER_CHECKS: tuple[tuple[str, Check], ...] = (
    ("x-priority", _integer),
    ("x-consumer-timeout", _not_negative),
    ("x-cancel-on-ha-failover", _boolean),
    ("x-stream-offset", check_offset),
    ("x-stream-filter", check_filter),
)


def check_queue_arguments(arguments: Arguments, resource: str, semantics: Semantics) -> QueueType:
    """Return the type of queue that `arguments` ask for; raise 406 for the first that is wrong."""
    _check("x-queue-type", _queue_type, arguments, resource, semantics)
    found = semantics.queue_types[str(arguments.get("x-queue-type", "classic"))]
    for key, check in QUEUE_CHECKS:
        if key in found.arguments:
            _check(key, check, arguments, resource, semantics)
    known = [each.arguments for each in semantics.queue_types.values()]
    _refuse_foreign(known, found.arguments, arguments, resource, found)
    if "x-queue-master-locator" in arguments:
        _check_master_locator(arguments["x-queue-master-locator"], semantics)
    return found


def _check_master_locator(value: object, semantics: Semantics) -> None:
    if not semantics.master_locator:
        raise AmqpError(ReplyCode.INTERNAL_ERROR, NO_MASTER_LOCATOR, class_id=50, method_id=10)
    known = semantics.master_locators
    if known is not None and not (isinstance(value, str) and value in known):
        raise AmqpError(ReplyCode.INTERNAL_ERROR)


def check_server_named_type(arguments: Arguments, semantics: Semantics) -> None:
    """Raise for a type that the broker does not name queues of, or that does not exist: it looks there first."""
    given = arguments.get("x-queue-type", "classic")
    if given is None and semantics.names_default_type:
        return  # it has a name when that is looked at
    found = semantics.queue_types.get(given) if isinstance(given, str) else None
    if found is None:
        if semantics.checks_server_named_type and isinstance(given, str | bytes | bool):
            raise precondition_failed(f"unknown queue type '{text(given)}'")
        raise AmqpError(ReplyCode.INTERNAL_ERROR)
    if found.replicated:
        raise precondition_failed(f"Cannot declare a server-named queue for type {found.module}")


def check_consumer_arguments(
    arguments: Arguments, kind: QueueType, resource: str, semantics: Semantics
) -> None:
    """Raise 406 for the first argument of a consumer of such a queue that is wrong."""
    for key, check in CONSUMER_CHECKS:
        if key in kind.consumer_arguments:
            _check(key, check, arguments, resource, semantics)
    known = [each.consumer_arguments for each in semantics.queue_types.values()]
    _refuse_foreign(known, kind.consumer_arguments, arguments, resource, kind)


def _refuse_foreign(
    known: Iterable[tuple[str, ...]],
    own: tuple[str, ...],
    arguments: Arguments,
    resource: str,
    kind: QueueType,
) -> None:
    """Raise 406 for the first argument, by the alphabet, that another type of queue knows, and this one does not."""
    for key in sorted(arguments):
        if key not in own and any(key in each for each in known):
            raise precondition_failed(
                f"invalid arg '{key}' for {resource} of queue type {kind.module}"
            )


def _check(
    key: str, check: Check, arguments: Arguments, resource: str, semantics: Semantics
) -> None:
    if key in arguments:
        wrong = check(arguments[key], arguments, semantics)
        if wrong is not None:
            raise precondition_failed(f"invalid arg '{key}' for {resource}: {wrong}")
