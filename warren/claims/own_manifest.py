"""Manifests of a user's own consumers (`protocol = 2`): from the file, and those it names, to the same facts.

Their keys and types are `warren.claims.own_shape`'s.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warren.claims.implementation import (
    Container,
    Implementation,
    ImplementedDesign,
    KnownFailure,
    Program,
    Publisher,
    Schema,
)
from warren.claims.manifest_file import refusal
from warren.claims.manifest_shape import Fault, KnownFailureShape, read
from warren.claims.own_made import SchemaFault, made_messages
from warren.claims.own_samples import doubts_of
from warren.claims.own_shape import MESSAGE_ID, OwnManifestShape
from warren.claims.own_surroundings import faults_of_definitions, surroundings
from warren.claims.own_words import faults_of_words
from warren.claims.promises import faults_of_known_failures, faults_of_promises
from warren.simulator.wire import BasicProperties
from warren.workloads.own import (
    ID,
    MALFORMED,
    MISSHAPEN,
    CallEffect,
    CommandEffect,
    OwnWorkload,
    PathEffect,
    PublishEffect,
    RowEffect,
    Sample,
    TableEffect,
    Template,
    TotalEffect,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.claims.own_shape import (
        ConsumerShape,
        DatabaseShape,
        EffectShape,
    )
    from warren.workloads.own import Effect

_DATABASE_PLACES: Final = ("{database_", "{jdbc_url}", "{sqlalchemy_url}", "{dsn}")
_MOST_OCTETS: Final = 16 << 20
"""The longest body that a manifest may name."""


def read_own(path: Path, data: object, catalogue: Catalogue, today: date | None) -> Implementation:
    """Check what one such manifest says; raise `ManifestError` with a sentence a line. `path` is absolute."""
    shape = read(data, OwnManifestShape)
    if not isinstance(shape, OwnManifestShape):
        raise refusal(path, shape)
    missing = _missing_files(path.parent, shape)
    if faults := [*missing, *faults_of_words(shape)]:
        raise refusal(path, faults)
    try:
        workloads = {
            name: _workload(name, consumer, path.parent, shape.directory)
            for name, consumer in shape.consumers.items()
        }
    except SchemaFault as fault:
        raise refusal(path, [fault.fault]) from fault
    if faults := list(_faults(shape, workloads, catalogue)):
        raise refusal(path, faults)
    return Implementation(
        name=shape.name,
        language=shape.language,
        path=path,
        migrate=_schema(path, shape),
        designs={
            name: ImplementedDesign(
                workload=workloads[name],
                roles={name: _program(path, shape, consumer)},
                claims=frozenset(consumer.claims),
                denies=frozenset(consumer.denies),
                publishers=_publishers(path, shape, name),
                surroundings=surroundings(
                    path,
                    shape.directory,
                    shape.services,
                    consumer.definitions or shape.imported[1],
                    shape.http,
                    work=consumer.vhost,
                ),
            )
            for name, consumer in shape.consumers.items()
        },
        known_failures=tuple(
            KnownFailure.of(known, known.consumer, today) for known in shape.known_failures
        ),
    )


def _missing_files(home: Path, shape: OwnManifestShape) -> Iterator[Fault]:
    """Find files that the manifest names and that cannot be read; they are looked for beside it."""
    for name, consumer in shape.consumers.items():
        key = f"consumers.{name}"
        for place, file in _files_of(consumer):
            yield from _unreadable(f"{key}.{place}", home / file)
        for made, source in consumer.templates.items():
            template = home / consumer.directory_in(shape.directory) / source
            yield from _unreadable(f"{key}.templates.{made}", template)
        yield from faults_of_definitions(
            f"{key}.definitions", consumer.definitions, home, consumer.vhost
        )
    key, definitions = shape.imported
    for work in {c.vhost: None for c in shape.consumers.values() if c.definitions is None}:
        yield from faults_of_definitions(key, definitions, home, work)
    if shape.database is not None:
        for place, script in _scripts_of(shape.database):
            yield from _unreadable(f"database.{place}", home / script)


def _files_of(consumer: ConsumerShape) -> Iterator[tuple[str, str]]:
    message, bad = consumer.message, consumer.bad
    if consumer.compose is not None:
        yield "compose", consumer.compose
    made = {"message": message, "message.slow": message.slow, "bad.poison": bad.poison}
    for key, one in made.items():
        if one is not None and one.body is not None:
            yield f"{key}.body", one.body
    if message.schema_ is not None:
        yield "message.schema", message.schema_.partition("#")[0]
    for key, files in (("malformed", bad.malformed), ("misshapen", bad.misshapen)):
        yield from ((f"bad.{key}[{index}]", file) for index, file in enumerate(files or ()))


def _scripts_of(database: DatabaseShape) -> Iterator[tuple[str, str]]:
    if database.schema_ is not None:
        yield "schema", database.schema_
    if database.seed is not None:
        yield "seed", database.seed


def _unreadable(key: str, file: Path) -> Iterator[Fault]:
    try:
        if file.stat().st_size > _MOST_OCTETS:
            yield Fault(key, f"{file} is longer than {_MOST_OCTETS >> 20} MiB; name a shorter one")
        file.open("rb").close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        yield Fault(key, f"{file} cannot be read: {reason}; name a file beside the manifest")


def _faults(
    shape: OwnManifestShape, workloads: dict[str, OwnWorkload], catalogue: Catalogue
) -> Iterator[Fault]:
    for name, consumer in shape.consumers.items():
        key, workload = f"consumers.{name}", workloads[name]
        yield from faults_of_promises(key, workload.judged_as, consumer, catalogue.without_course())
        if consumer.message.publish is None and not workload.sample.message.is_marked:
            words = (
                "nothing in it tells one message from another; write {id} where its id stands, in the body or in a"
                ' property, such as properties = { message_id = "{id}" }'
            )
            yield Fault(f"{key}.message", words)
    claims = {name: consumer.claims for name, consumer in shape.consumers.items()}
    known_failures = [
        KnownFailureShape(
            requirement=known.requirement,
            design=known.consumer,
            reason=known.reason,
            link=known.link,
        )
        for known in shape.known_failures
    ]
    yield from faults_of_known_failures(known_failures, claims, catalogue)
    if shape.database is not None and not (shape.database.schema_ or shape.database.migrate):
        yield Fault("database", "nothing makes its tables; add `schema` or `migrate`")


def _workload(name: str, consumer: ConsumerShape, home: Path, directory: str) -> OwnWorkload:
    texts = [*_texts_of(consumer, home, home / consumer.directory_in(directory))]
    effects = tuple(map(_effect, consumer.effects))
    return OwnWorkload(
        slug=name,
        queue=consumer.queue[0],
        also=tuple(consumer.queue[1:]),
        exchange=consumer.message.exchange,
        sample=_sample(name, consumer, home, effects),
        effects=effects,
        instances=consumer.instances,
        is_told_prefetch=any("{prefetch}" in text for text in texts),
        is_told_http=any("{http_stub_url}" in text for text in texts),
    )


def _texts_of(consumer: ConsumerShape, home: Path, directory: Path) -> Iterator[str]:
    """Give all texts that placeholders may stand in."""
    yield from (*(consumer.command or ()), *consumer.environment.values())
    files = [directory / source for source in consumer.templates.values()]
    if consumer.compose is not None:
        files.append(home / consumer.compose)
    for file in files:
        yield file.read_text("utf-8", errors="replace")


def _uses_database(consumer: ConsumerShape) -> bool:
    """Whether a consumer has an effect in a database, or a place for the address of one; some files may have any."""
    counting = (word for effect in consumer.effects for word in effect.command or ())
    texts = (*(consumer.command or ()), *consumer.environment.values(), *counting)
    is_told = any(name in text for name in _DATABASE_PLACES for text in texts)
    may_be_told = bool(consumer.templates or consumer.compose)
    return is_told or may_be_told or any(e.sql or e.table for e in consumer.effects)


def _sample(name: str, consumer: ConsumerShape, home: Path, effects: tuple[Effect, ...]) -> Sample:
    message, bad = consumer.message, consumer.bad
    key = message.routing_key
    if key is None:
        key = "" if message.exchange else consumer.queue[0]
    properties = BasicProperties(**message.properties.model_dump())
    if message.id == MESSAGE_ID and properties.message_id is None:
        properties = replace(properties, message_id=ID)

    if message.body is not None and _is_nameless(
        Template((home / message.body).read_bytes(), properties, key), effects
    ):
        properties = replace(properties, message_id=ID)

    def template(file: str | None) -> Template:
        body = (home / file).read_bytes() if file else b""  # it will be recorded
        return Template(body, properties, key)

    made = made_messages(f"consumers.{name}.message", message, home)
    sample = Template(made.valid[0], properties, key) if made else template(message.body)
    return Sample(
        message=sample,
        others=tuple(Template(body, properties, key) for body in made.valid[1:]) if made else (),
        made=made.words if made else "",
        seconds=message.seconds,
        slow=template(message.slow.body) if message.slow else None,
        slow_seconds=message.slow.seconds if message.slow else 0.0,
        malformed=_bodies(bad.malformed, home, MALFORMED if sample.is_json else ()),
        misshapen=_bodies(
            bad.misshapen, home, made.wrong if made else MISSHAPEN if sample.is_json else ()
        ),
        poison=template(bad.poison.body) if bad.poison else None,
        doubts=tuple(doubts_of(consumer, home)),
    )


def _is_nameless(sample: Template, effects: tuple[Effect, ...]) -> bool:
    """Whether a sample has no id, and needs none but a message-id: its effects are totals, which are nobody's."""
    is_known = sample.is_marked or any(effect.tells_apart for effect in effects)
    return not is_known and sample.properties.message_id is None


def _bodies(files: list[str] | None, home: Path, usual: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return usual if files is None else tuple((home / file).read_bytes() for file in files)


def _effect(shape: EffectShape) -> Effect:  # noqa: PLR0911 - one for each kind
    if shape.sql is not None:
        return RowEffect(shape.sql)
    if shape.table is not None and shape.adds is not None:
        return TotalEffect(shape.table, tuple(shape.adds.items()), tuple(shape.ignore or ()))
    if shape.table is not None:
        return TableEffect.of(shape.table, shape.key or "", shape.rows or (), shape.ignore or ())
    if shape.publishes is not None:
        goes = shape.publishes
        return PublishEffect(goes.exchange, goes.routing_key, shape.key or "")
    if shape.http is not None:
        return CallEffect(*shape.request, key=shape.key or "")
    if shape.command is not None:
        return CommandEffect(tuple(shape.command))
    assert shape.path is not None, "an effect is of one kind"
    return PathEffect.of(shape.path, shape.key or "", shape.rows or (), shape.ignore or ())


def _program(path: Path, manifest: OwnManifestShape, consumer: ConsumerShape) -> Program:
    return Program(
        argv=tuple(consumer.command or ()),
        directory=path.parent / consumer.directory_in(manifest.directory),
        environment=dict(consumer.environment),
        stop_signal=signal.Signals[consumer.stop.signal],
        grace=consumer.stop.grace,
        has_placeholders=True,
        keeps_to_itself=consumer.keeps_to_itself,
        templates=dict(consumer.templates),
        container=_container(path.parent, consumer),
        vhost=consumer.vhost or "",
    )


def _container(home: Path, consumer: ConsumerShape) -> Container | None:
    if consumer.image is None and consumer.compose is None:
        return None
    return Container(
        image=consumer.image or "",
        compose=home / consumer.compose if consumer.compose is not None else None,
        service=consumer.service or "",
        keeps_stop_signal="signal" not in consumer.stop.model_fields_set,
    )


def _publishers(path: Path, manifest: OwnManifestShape, name: str) -> dict[str, Publisher]:
    """Give the user's own publishers; what they do not name themselves is the consumer's."""
    consumer = manifest.consumers[name]
    program = _program(path, manifest, consumer)
    message = f"consumers.{name}.message"
    return {
        key: Publisher(
            replace(
                program,
                argv=tuple(shape.command),
                environment={**consumer.environment, **shape.environment},
                templates={**consumer.templates, **shape.templates},
                source=f"{f'{message}.{key}' if key else message}.publish of {path}",
            ),
            *consumer.message.meant,
        )
        for key, shape in consumer.publishers.items()
    }


def _schema(path: Path, shape: OwnManifestShape) -> Schema:
    database = shape.database
    if database is None:
        return Schema(is_used=any(map(_uses_database, shape.consumers.values())))
    program = None
    if database.migrate is not None:
        program = Program(
            tuple(database.migrate),
            path.parent / shape.directory,
            has_placeholders=True,
            source=f"database.migrate of {path}",
        )
    return Schema(program, tuple(path.parent / script for _, script in _scripts_of(database)))
