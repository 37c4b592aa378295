"""Run thousands of random sequences on the model and a real broker; see `--help`.

The broker's virtual host in the URL should be for this alone: what is bound there counts.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from itertools import count
from secrets import token_hex

from tests.simulator.model.parity import Pair
from tests.simulator.model.sequences import DELIVERING, LOSSES, PLAIN, WAITS, Step, run

PROGRESS = 20
"""After so many sequences, how far it is stands on standard error."""


def steps_of(seed: int, length: int, *, waits: bool, delivering: bool = False) -> list[Step]:
    """Return the steps that `seed` stands for."""
    chance = random.Random(seed)  # noqa: S311 - the same steps for the same seed are the point
    operations = DELIVERING if delivering else PLAIN + LOSSES
    operations += WAITS * 2 if waits else ()
    return [
        Step(chance.choice(operations), *(chance.randrange(256) for _ in range(4)))
        for _ in range(length)
    ]


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="amqp://user:password@host:port/vhost of a real RabbitMQ")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--length", type=int, default=60, help="steps in a sequence")
    parser.add_argument("--waits", action="store_true", help="let messages and queues expire, too")
    parser.add_argument("--delivering", action="store_true", help="only move messages")
    kinds = ("classic", "quorum", "stream")
    parser.add_argument("--kind", choices=kinds, default="classic", help="of most queues")
    parser.add_argument("--seconds", type=float, default=600.0, help="begin no sequence after that")
    return parser.parse_args()


def main() -> int:
    """Print every difference; return how many there were."""
    given = read_arguments()
    begin, differed, raced, late, commands = time.monotonic(), 0, 0, 0, 0
    for done in count(1):
        seed = given.seed + done - 1
        pair = Pair(given.url)
        try:
            steps = steps_of(seed, given.length, waits=given.waits, delivering=given.delivering)
            prefix = f"p{token_hex(3)}"
            confirms = given.kind == "stream"
            difference = run(pair, prefix, steps, kind=given.kind, confirms=confirms)
        finally:
            pair.close()
        commands += len(pair.log)
        raced += pair.raced
        late += pair.late
        if difference is not None:
            differed += 1
            history = "\n".join(f"  {command!r}" for command in pair.log)
            sys.stdout.write(f"seed {seed}:\n{history}\n{difference}\n")
            sys.stdout.flush()
        if done % PROGRESS == 0:
            sys.stderr.write(f"{done} sequences, {time.monotonic() - begin:.0f} s\n")
        if done == given.sequences or time.monotonic() - begin > given.seconds:
            break
    sys.stdout.write(
        f"RabbitMQ {pair.version}: {done} sequences, {commands} commands, {differed} differed, "
        f"{raced} ended early where chance decides, {late} were too slow to judge, "
        f"{time.monotonic() - begin:.0f} s\n"
    )
    return min(differed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
