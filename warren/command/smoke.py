"""`warren smoke`: is a manifest wired right? One message through each design, before any case judges anything.

It tells a *wiring* fault (the command, the connection, the queue, the database, HTTP) from *nonconformance* (all is
wired, but the message leaves no effect). What an implementation guarantees is the cases' matter.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import click

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import check_commands, load_manifest
from warren.command import options, own_wiring
from warren.errors import (
    InstanceError,
    InstanceUnsupported,
    UnreadEffect,
    UnroutedError,
    WarrenError,
)
from warren.evidence.text import redact, visible_lines
from warren.learning.observed import observe
from warren.report.header import header
from warren.rigs.consumers.recording import with_messages
from warren.rigs.consumers.rig import Rig
from warren.rigs.pace import PACES
from warren.workloads.own import OwnWorkload
from warren.worlds.real import RealWorlds, Servers
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warren.claims.implementation import Implementation, ImplementedDesign
    from warren.evidence.ledger import Delivery
    from warren.rigs.pace import Pace
    from warren.worlds.protocol import World

STATUS = """\b
Exit status:
  0  every design works, or says that it is unsupported
  1  a design is wired, but does not do what it should with the message
  2  a design is wired wrongly, or the set-up cannot be used"""

TEXTS = 2


class Smoke(StrEnum):
    """What became of the one message."""

    WORKS = "works"
    UNSUPPORTED = "unsupported"
    WIRING = "wiring fault"
    NONCONFORMING = "nonconforming"


STATUSES = {Smoke.NONCONFORMING: 1, Smoke.WIRING: options.UNUSABLE}
"""Exit statuses of what is not well."""


@dataclass(frozen=True, slots=True)
class Smoked:
    """The result for one design; `words` say where to look."""

    design: str
    result: Smoke
    words: str


@click.command(epilog=STATUS)
@click.argument("manifest", type=options.PATH)
@options.broker
@options.database
@options.pace
@click.pass_context
def command(ctx: click.Context, manifest: Path, broker: str, database: str, pace: str) -> None:
    """Send one message through each design.

    It shows whether MANIFEST is wired right, before any case judges what it describes.
    """
    implementation = load_manifest(manifest, load_catalogue())
    check_commands(implementation, inherited_environment()["PATH"])
    for slug, doubt in _doubts(implementation):
        click.echo(f"{slug}: warning: {visible_lines(doubt)}")
    status = 0
    with (
        closing(Servers(broker, database, partial(click.echo, err=True))) as servers,
        closing(RealWorlds(servers.for_workers(), "smoke")) as worlds,
    ):
        click.echo(visible_lines(redact(header(servers, PACES[pace]), worlds.secrets)))
        for slug, made in _made(implementation):
            click.echo(f"{slug}: {visible_lines(made)}")
        for smoked in smoke(implementation, worlds, PACES[pace]):
            words = visible_lines(redact(smoked.words, worlds.secrets))
            click.echo(f"{smoked.design}: {smoked.result}: {words}")
            status = max(status, STATUSES.get(smoked.result, 0))
    ctx.exit(status)


def _made(implementation: Implementation) -> Iterator[tuple[str, str]]:
    """Say by what messages are made, where they are."""
    for slug, design in implementation.designs.items():
        workload = design.workload
        if isinstance(workload, OwnWorkload) and workload.sample.made:
            yield slug, workload.sample.made


def _doubts(implementation: Implementation) -> Iterator[tuple[str, str]]:
    """Say what is odd about the samples; it may be meant."""
    for slug, design in implementation.designs.items():
        if isinstance(design.workload, OwnWorkload):
            yield from ((slug, doubt) for doubt in design.workload.sample.doubts)


def smoke(implementation: Implementation, worlds: RealWorlds, pace: Pace) -> Iterator[Smoked]:
    """Try each design of an implementation in turn."""
    for slug, design in implementation.designs.items():
        try:
            workload = with_messages(worlds, implementation, slug)
        except InstanceError as error:
            yield Smoked(slug, Smoke.WIRING, str(error))
            continue
        with worlds.world(implementation.migrate, design.surroundings, restarts=False) as world:
            rig = Rig(world, implementation, workload, pace, ())
            try:
                yield _try(rig, slug, world, design, worlds.database)
            except InstanceUnsupported as error:
                yield Smoked(slug, Smoke.UNSUPPORTED, str(error))
            except UnreadEffect as error:
                words = own_wiring.unread(error, design.roles[slug], worlds.database)
                yield Smoked(slug, Smoke.WIRING, f"{words}{_printed(rig)}")
            except InstanceError as error:
                yield Smoked(slug, Smoke.WIRING, str(error))
            except WarrenError as error:
                yield Smoked(slug, Smoke.WIRING, f"{error}{_printed(rig)}")


def _try(rig: Rig, slug: str, world: World, design: ImplementedDesign, database: str) -> Smoked:
    rig.start.all(http=rig.workload.caller is not None)
    if rig.workload.is_told and (faults := rig.seen.heartbeat_faults()):
        return Smoked(slug, Smoke.WIRING, f"{faults[0].words}; use WARREN_HEARTBEAT as it is")
    own = rig.workload if isinstance(rig.workload, OwnWorkload) else None
    try:
        rig.publish.work(TEXTS)
    except UnroutedError as error:
        if own is None:
            raise
        words = own_wiring.unrouted(own, observe(world.facts()), error)
        return Smoked(slug, Smoke.WIRING, f"{words}{_printed(rig)}")
    rig.wait.finish(rig.work_time(TEXTS))
    if rig.seen.done():
        return _after_the_effect(rig, slug)
    if not rig.seen.ledger().deliveries:
        words = own_wiring.undelivered(own, observe(world.facts())) if own else _undelivered(rig)
        return Smoked(slug, Smoke.WIRING, f"{words}{_printed(rig)}")
    if own is not None:
        words = own_wiring.undone(rig, design.roles[slug], database)
    elif rig.seen.tally().untouched:
        words = "the message was delivered, but no row came; does it write to WARREN_DATABASE_URL?"
    else:
        words = "; ".join(violation.words for violation in rig.seen.losses())
    return Smoked(slug, Smoke.NONCONFORMING, f"{words}{_printed(rig)}")


def _undelivered(rig: Rig) -> str:
    entry = rig.workload.entry
    return (
        f'nothing was delivered from "{entry.queue}"; is it bound to '
        f'"{entry.exchange}" with routing key ""?'
    )


def _after_the_effect(rig: Rig, slug: str) -> Smoked:
    """Judge what an effect alone does not show: the call of role `http`, and the settlement."""
    if fault := _calling_fault(rig):
        return Smoked(slug, Smoke.WIRING, f"{fault}{_printed(rig)}")
    if left := _unsettled(rig):
        words = f"the effect is there, but the message is not settled: {left}; does it ack?"
        return Smoked(slug, Smoke.NONCONFORMING, f"{words}{_printed(rig)}")
    return Smoked(slug, Smoke.WORKS, f"{_effects(rig)} of one message")


def _effects(rig: Rig) -> str:
    """Count what was seen: all effects of a message, as its manifest says them."""
    own = rig.workload if isinstance(rig.workload, OwnWorkload) else None
    number = len(own.effects) if own is not None else rig.seen.effects()
    return "1 effect" if number == 1 else f"{number} effects"


def _unsettled(rig: Rig) -> str:
    """Wait until all that was delivered is settled for good; show what is not, "" for nothing."""

    def left() -> list[Delivery]:
        ledger = rig.seen.ledger()
        return [d for d in ledger.deliveries if not ledger.settled(d.message)]

    rig.wait.see(lambda: not left(), rig.deadlines.within(0))
    return "; ".join(map(str, left()[-1:]))


def _calling_fault(rig: Rig) -> str:
    """Call once, where the design has a role to call; say what is wrong with the answer, "" for nothing."""
    caller = rig.workload.caller
    if caller is None:
        return ""
    answer = rig.calls.answers(rig.calls.begin())[0]
    if answer.status in caller.statuses:
        return ""
    words = f"GET {caller.path} was answered {answer.status} {answer.error}".rstrip()
    return f"{words}; does role {caller.role} publish to WARREN_AMQP_URL?"


def _printed(rig: Rig) -> str:
    """Give what the instances printed last, for a person to read."""
    outputs = [
        f"{p.name} printed: {text[-400:]}"
        for p in rig.instances.all
        if (text := p.output().strip())
    ]
    return "".join(f"\n    {output}" for output in outputs)
