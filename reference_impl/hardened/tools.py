"""What the handlers work with."""

from dataclasses import dataclass

import sqlalchemy as sa

from reference_impl.hardened.gathering import Gathering
from reference_impl.hardened.inbox import Inbox
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.tasks import Tasks
from reference_impl.hardened.work import Work
from reference_impl.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """The mechanisms that a handler puts together; none of them knows another's design."""

    settings: Settings
    database: sa.Engine
    publisher: Publisher
    inbox: Inbox
    gathering: Gathering
    tasks: Tasks
    work: Work
