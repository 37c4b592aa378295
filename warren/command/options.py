"""What several commands share: options for broker, database and pace, and how a command ends badly.

Options are checked where they are used (`warren.plugin.options`), not here.
"""

from __future__ import annotations

from pathlib import Path

import click

from warren.rigs.pace import PACES
from warren.worlds.protocol import QUEUE_TYPES

UNUSABLE = 2
"""Exit status where the set-up cannot be used; pytest and click say the same."""

PATH = click.Path(path_type=Path)

broker = click.option(
    "--broker",
    default="auto",
    show_default=True,
    metavar="WHICH",
    help="auto, docker[:IMAGE], local, embedded[:3.10|:4.0], or amqp://user:password@host[:port]",
)
database = click.option(
    "--database",
    default="auto",
    show_default=True,
    metavar="WHICH",
    help="auto, sqlite, postgresql[:URL], or mysql[:URL]",
)
pace = click.option(
    "--pace",
    type=click.Choice(sorted(PACES)),
    default="fast",
    show_default=True,
    help="how long a second of the document is: 0.2 s (fast) or 1 s",
)
queue_type = click.option(
    "--queue-type",
    type=click.Choice(QUEUE_TYPES),
    help="of queues that are declared durable and without a type; what the broker takes by default",
)
