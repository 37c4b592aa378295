"""What a queue's optional arguments say, and whether they may be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.fact import fact
from warren.simulator.model.tables import field_type, is_integer

if TYPE_CHECKING:
    from warren.simulator.model.semantics import Semantics

Arguments = Mapping[str, object]
MAX_PRIORITY = 255
MAX_EXPIRY = 315_360_000_000
"""Ten years, in milliseconds."""
QUEUE_TYPES = ("classic", "quorum", "stream")


class Overflow(Enum):
    """What a full queue does: drop its oldest message, or refuse (and dead-letter) the new one."""

    DROP_HEAD = "drop-head"
    REJECT_PUBLISH = "reject-publish"
    REJECT_PUBLISH_DLX = "reject-publish-dlx"


@fact
class QueuePolicy:
    """A queue's arguments, read. Times are milliseconds; None means the argument is not given."""

    ttl: int | None
    expires: int | None
    max_length: int | None
    max_length_bytes: int | None
    overflow: Overflow
    max_priority: int | None
    dead_letter_exchange: str | None
    dead_letter_routing_key: str | None
    single_active_consumer: bool
    limited: bool

    @staticmethod
    def of(arguments: Arguments) -> QueuePolicy:
        """Read `arguments`, which `check_queue_arguments` has found right."""
        max_length = _integer(arguments, "x-max-length")
        max_length_bytes = _integer(arguments, "x-max-length-bytes")
        return QueuePolicy(
            ttl=_integer(arguments, "x-message-ttl"),
            expires=_integer(arguments, "x-expires"),
            max_length=max_length,
            max_length_bytes=max_length_bytes,
            overflow=Overflow(arguments.get("x-overflow", "drop-head")),
            max_priority=_integer(arguments, "x-max-priority"),
            dead_letter_exchange=_string(arguments, "x-dead-letter-exchange"),
            dead_letter_routing_key=_string(arguments, "x-dead-letter-routing-key"),
            single_active_consumer=arguments.get("x-single-active-consumer") is True,
            limited=max_length is not None or max_length_bytes is not None,
        )


def _integer(arguments: Arguments, key: str) -> int | None:
    value = arguments.get(key)
    return value if isinstance(value, int) else None


def _string(arguments: Arguments, key: str) -> str | None:
    value = arguments.get(key)
    return value if isinstance(value, str) else None


Check = Callable[[object, Arguments], str | None]
"""Returns what is wrong with a value, in the words of RabbitMQ (Erlang terms), or None."""


def _expected_integer(value: object) -> str | None:
    return None if is_integer(value) else f'"expected integer, got {field_type(value)}"'


def _not_negative(value: object, _: Arguments) -> str | None:
    wrong = _expected_integer(value)
    if wrong is None and isinstance(value, int) and value < 0:
        return f"{{value_negative,{value}}}"
    return wrong


def _duration(value: object, arguments: Arguments) -> str | None:
    wrong = _not_negative(value, arguments)
    if wrong is None and isinstance(value, int) and value > MAX_EXPIRY:
        return f"{{value_too_large,{value}}}"
    return wrong


def _expires(value: object, arguments: Arguments) -> str | None:
    return "{value_zero,0}" if is_integer(value) and value == 0 else _duration(value, arguments)


def _priority(value: object, arguments: Arguments) -> str | None:
    wrong = _not_negative(value, arguments)
    if wrong is None and isinstance(value, int) and value > MAX_PRIORITY:
        return f"{{max_value_exceeded,{value}}}"
    return wrong


def _string_type(value: object, _: Arguments) -> str | None:
    return None if isinstance(value, str) else f"{{unacceptable_type,{field_type(value)}}}"


def _dead_letter_key(value: object, arguments: Arguments) -> str | None:
    if isinstance(value, str) and "x-dead-letter-exchange" not in arguments:
        return "routing_key_but_no_dlx_defined"
    return _string_type(value, arguments)


def _boolean(value: object, _: Arguments) -> str | None:
    return None if isinstance(value, bool) else f"{{unacceptable_type,{field_type(value)}}}"


def _overflow(value: object, arguments: Arguments) -> str | None:
    if isinstance(value, str) and value not in {mode.value for mode in Overflow}:
        return "invalid_overflow"
    return _string_type(value, arguments)


def _queue_type(value: object, arguments: Arguments) -> str | None:
    if isinstance(value, str) and value not in QUEUE_TYPES:
        return f"\"unsupported queue type '{value}'\""
    return _string_type(value, arguments)


def _queue_mode(value: object, arguments: Arguments) -> str | None:
    if isinstance(value, str) and value not in {"default", "lazy"}:
        return f"\"unsupported queue mode '{value}'\""
    return _string_type(value, arguments)


QUEUE_CHECKS: tuple[tuple[str, Check], ...] = (
    ("x-queue-type", _queue_type),
    ("x-expires", _expires),
    ("x-message-ttl", _duration),
    ("x-dead-letter-exchange", _string_type),
    ("x-dead-letter-routing-key", _dead_letter_key),
    ("x-max-length", _not_negative),
    ("x-max-length-bytes", _not_negative),
    ("x-max-priority", _priority),
    ("x-overflow", _overflow),
    ("x-single-active-consumer", _boolean),
)
"""In the order RabbitMQ looks at them: the first that is wrong is reported."""

QUEUE_ARGUMENTS = (
    "x-expires",
    "x-message-ttl",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-overflow",
    "x-queue-mode",
    "x-queue-version",
    "x-single-active-consumer",
    "x-queue-type",
)
"""What a redeclaration must repeat, in the order it is compared."""


def check_queue_arguments(arguments: Arguments, resource: str, semantics: Semantics) -> None:
    """Raise 406 for the first argument of a queue that is wrong."""
    for key, check in QUEUE_CHECKS:
        _require(key, check, arguments, resource)
    if semantics.lazy_queue_mode:
        _require("x-queue-mode", _queue_mode, arguments, resource)
    version = arguments.get("x-queue-version")
    if is_integer(version) and version not in semantics.queue_versions:
        raise invalid("x-queue-version", resource, f"\"unsupported queue version '{version}'\"")


def check_server_named_type(arguments: Arguments, semantics: Semantics) -> None:
    """Raise for an unknown type of a queue that the broker is to name: it looks there first."""
    kind = arguments.get("x-queue-type", QUEUE_TYPES[0])
    if kind not in QUEUE_TYPES:
        if semantics.checks_server_named_type and isinstance(kind, str):
            raise precondition_failed(f"unknown queue type '{kind}'")
        raise AmqpError(ReplyCode.INTERNAL_ERROR)


def check_consumer_arguments(arguments: Arguments, resource: str) -> None:
    """Raise 406 for the first argument of a consumer that is wrong."""
    _require("x-priority", lambda value, _: _expected_integer(value), arguments, resource)


def _require(key: str, check: Check, arguments: Arguments, resource: str) -> None:
    if key in arguments:
        wrong = check(arguments[key], arguments)
        if wrong is not None:
            raise invalid(key, resource, wrong)


def invalid(key: str, resource: str, wrong: str) -> Exception:
    """406: an argument's type or value cannot be."""
    return precondition_failed(f"invalid arg '{key}' for {resource}: {wrong}")
