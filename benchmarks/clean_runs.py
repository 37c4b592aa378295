"""How often clean runs of a consumer raise an alarm against its own manifest, which should be never.

    python -m benchmarks.clean_runs MANIFEST... [--runs N] [--broker WHICH] [--database WHICH]

Each run sends five messages to the consumer's instances, in a world of its own, and holds what there is then against
the manifest's effects: nothing may be lost or doubled. In every second run one instance is killed and started again
before; in every third the first delivery never reaches it, and comes again. It prints a table in Markdown, and exits
with 1 where anything was said.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.rigs.consumers.recording import with_messages
from warren.rigs.consumers.rig import Rig
from warren.rigs.pace import PACES
from warren.worlds.line.rules import delivery
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from warren.claims.implementation import Implementation

MESSAGES = 5
HEAD = "| consumer | runs | alarms |\n|---|---|---|"


def main() -> int:
    """Measure all manifests; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifests", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--broker", default="embedded")
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--pace", default="fast", choices=PACES)
    chosen = parser.parse_args()
    alarms = 0
    print(HEAD)
    with (
        closing(Servers(chosen.broker, chosen.database, _say)) as servers,
        closing(RealWorlds(servers.for_workers(), "clean")) as worlds,
    ):
        for manifest in chosen.manifests:
            implementation = load_manifest(manifest.absolute(), load_catalogue())
            for slug in implementation.designs:
                said = [
                    words
                    for number in range(chosen.runs)
                    for words in run(worlds, implementation, slug, number, chosen.pace)
                ]
                alarms += len(said)
                print(f"| {implementation.name} {slug} | {chosen.runs} | {len(said)} |", flush=True)
                for words in said:
                    _say(f"  {words}")
    return 1 if alarms else 0


def run(
    worlds: RealWorlds, implementation: Implementation, slug: str, number: int, pace: str
) -> list[str]:
    """Have one clean run; give what is said of it."""
    workload = with_messages(worlds, implementation, slug)
    design = implementation.designs[slug]
    with worlds.world(implementation.migrate, design.surroundings, restarts=False) as world:
        rig = Rig(world, implementation, workload, PACES[pace], ())
        first, *_ = rig.start.all()
        if number % 2:
            first.kill()
            first.line.cut()
            first = rig.start.another_worker()
        held = first.line.hold(delivery(queue=first.role.queue)) if number % 3 == 2 else None  # noqa: PLR2004 - every third
        for _ in range(MESSAGES):
            rig.publish.work()
        if held is not None and rig.wait.see(
            lambda: held.seen is not None, rig.work_time(MESSAGES)
        ):
            first.kill()
            first.line.cut()
            held.lose()
            rig.start.another_worker()
        rig.wait.finish(rig.work_time(3) * MESSAGES)
        violations = (*rig.seen.losses(), *rig.seen.duplicates())
        return [f"run {number}: {v.words}: {'; '.join(v.evidence[:3])}" for v in violations]


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
