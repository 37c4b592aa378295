"""The words in braces that a manifest of `protocol = 2` has in commands and environments, and what is none of them.

A value in a run stands behind each (`warren.worlds.real.placeholders`); `docs/plug-in.md` says which. A text may have
braces of its own: JSON, doubled braces and `${name}` are none of these, and a template may have whatever it likes.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from warren.claims.manifest_shape import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from warren.claims.own_shape import ConsumerShape, OwnManifestShape

OF_BROKER: Final = (
    *("amqp_url", "url", "host", "port", "user", "password", "vhost"),
    *("amqp_host", "amqp_port", "amqp_user", "amqp_password"),
)
OF_DATABASE: Final = (
    *("database_url", "sqlalchemy_url", "jdbc_url", "dsn", "database_path"),
    *("database_host", "database_port", "database_name", "database_user", "database_password"),
)
OF_CASE: Final = ("http_stub_url", "prefetch", "instance")
_ALSO: Final = (
    *("protocol", "heartbeat", "second", "max_messages", "timeout", "design", "role"),
    *("http_port", "amqp_ca"),
)
"""What else the contract tells; nobody has to know of it."""
_OF_MESSAGE: Final = ("id", "number")
_OF_SERVICE: Final = ("host", "port")
_LONE: Final = re.compile(r"(?<![{$%#@\\])\{([a-z][a-z0-9_]*)\}(?!\})")


def faults_of_words(shape: OwnManifestShape) -> Iterator[Fault]:
    """Find words in braces that have no value, and so would be passed as they stand."""
    services = [f"{name}_{part}" for name in shape.services for part in _OF_SERVICE]
    words = (*OF_BROKER, *OF_DATABASE, *OF_CASE, *services)
    for name, consumer in shape.consumers.items():
        yield from _of_consumer(f"consumers.{name}", consumer, words)
    for name, service in shape.services.items():
        key = f"services.{name}"
        yield from _of_argv(f"{key}.command", service.command or (), _OF_SERVICE)
        yield from _of_argv(f"{key}.reset", service.reset or (), _OF_SERVICE)
        yield from _of_environment(key, service.environment, _OF_SERVICE)
    if shape.database is not None:
        yield from _of_argv("database.migrate", shape.database.migrate or (), OF_DATABASE)


def faults_of_text(key: str, text: str, *, publishes: bool = False) -> Iterator[Fault]:
    """Find such words in one text, named by `key`, for a consumer without services, or for its publisher."""
    own = _OF_MESSAGE if publishes else ()
    yield from _unknown(key, text, (*OF_BROKER, *OF_DATABASE, *OF_CASE, *own), _ALSO)


def _of_consumer(key: str, consumer: ConsumerShape, words: tuple[str, ...]) -> Iterator[Fault]:
    publishers = consumer.publishers
    own = (*words, *(_OF_MESSAGE if publishers else ()))
    yield from _of_argv(f"{key}.command", consumer.command or (), own, _ALSO)
    yield from _of_environment(key, consumer.environment, own, _ALSO)
    for index, effect in enumerate(consumer.effects):
        of_message = (*words, *_OF_MESSAGE)
        yield from _of_argv(
            f"{key}.effects[{index}].command", effect.command or (), of_message, _ALSO
        )
    for made, publisher in publishers.items():
        place = f"{key}.{_PUBLISHED[made]}.publish"
        yield from _of_argv(place, publisher.command, own, _ALSO)
        yield from _of_environment(place, publisher.environment, own, _ALSO)


_PUBLISHED: Final = {"": "message", "slow": "message.slow", "poison": "bad.poison"}


def _of_argv(
    key: str, argv: Iterable[str], words: tuple[str, ...], untold: tuple[str, ...] = ()
) -> Iterator[Fault]:
    for text in argv:
        yield from _unknown(key, text, words, untold)


def _of_environment(
    key: str,
    environment: Mapping[str, str],
    words: tuple[str, ...],
    untold: tuple[str, ...] = (),
) -> Iterator[Fault]:
    for name, text in environment.items():
        yield from _unknown(f"{key}.environment.{name}", text, words, untold)


def _unknown(
    key: str, text: str, words: tuple[str, ...], untold: tuple[str, ...]
) -> Iterator[Fault]:
    """Find words that are none of these; `untold` are right too, and no sentence names them."""
    for word in dict.fromkeys(_LONE.findall(text)):
        if word in words or word in untold:
            continue
        near = get_close_matches(word, words, n=1, cutoff=0.5)
        meant = f"did you mean {{{near[0]}}}? " if near else ""
        known = ", ".join(f"{{{each}}}" for each in words)
        yield Fault(
            key,
            f"unknown word {{{word}}}; {meant}words are {known}; what is meant to stay in braces "
            "belongs in a file of its own",
        )
