"""A broker that runs already and is not ours: amqp://user:pass@host:port[/vhost][?management=URL].

Its user needs the administrator tag, because Warren makes vhosts and one user per run there; it
takes all of them back, and touches nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from warren.errors import BrokerUnavailable, OptionError
from warren.worlds.real.brokers.address import BrokerAddress
from warren.worlds.real.brokers.management import Management
from warren.worlds.real.brokers.readiness import Access, management, shake_hands
from warren.worlds.real.brokers.vhosts import delete_leftovers, name_prefix

if TYPE_CHECKING:
    from warren.worlds.real.runs.run import Run

JOURNAL_KIND = "broker"
_FORM = "amqp://USER:PASSWORD@HOST[:PORT][/VHOST][?management=http://HOST:PORT]"


def parse(url: str) -> Access:
    """Read the URL. Raises OptionError, which never repeats it: it holds a password."""
    trouble = OptionError(
        "this is no AMQP URL that Warren understands", "--broker", f"give {_FORM}"
    )
    try:
        parts = urlsplit(url)
        port = parts.port or 5672
    except ValueError as error:
        raise trouble from error
    query = parse_qs(parts.query)
    place = query.pop("management", [f"http://{parts.hostname}:15672"])[0]
    if not parts.hostname or query or not place.startswith(("http://", "https://")):
        raise trouble
    return Access(
        host=parts.hostname,
        port=port,
        management_url=place.rstrip("/"),
        user=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        vhost=unquote(parts.path[1:]) or "/",
    )


@dataclass(frozen=True, slots=True)
class ExistingBroker:
    """A broker that was reached once with the rights Warren needs."""

    url: str = field(repr=False)

    @classmethod
    def choose(cls, url: str) -> ExistingBroker:
        """Check AMQP, the management API and the user's tag. Raises a SetupError."""
        access = parse(url)
        shake_hands(access)
        with management(access) as client:
            if not client.is_administrator():
                raise BrokerUnavailable(
                    f"user {access.user!r} may not create vhosts and users",
                    access.management_url,
                    "give the user the administrator tag",
                )
        return cls(url)

    @property
    def option(self) -> str:
        """The value of `--broker`; it holds the password."""
        return self.url

    @property
    def can_restart(self) -> bool:
        """It is not ours."""
        return False

    @property
    def is_light(self) -> bool:
        """None of them is started: all cases share it."""
        return True

    def start(self, run: Run) -> UsedBroker:
        """Make the run's user on it."""
        return UsedBroker(parse(self.url), run)


class UsedBroker:
    """An existing broker while a run uses it."""

    def __init__(self, access: Access, run: Run) -> None:
        """Note the broker in the run's journal, then make the run's user."""
        self._run_id = run.id
        with management(access) as client:
            version = client.version()
            self.address = access.with_cases(
                f"{name_prefix(run.id)}cases",
                version,
                f"RabbitMQ {version} (existing, {access.host}:{access.port})",
            )
            run.note(JOURNAL_KIND, self.address.to_json())
            client.create_user(self.address.case_user, self.address.case_password)

    def restart(self) -> None:
        """Refuse: others may use it."""
        raise BrokerUnavailable(
            "an existing broker is not restarted by Warren",
            self.address.description,
            "choose --broker docker or local for this case",
        )

    def kill(self) -> None:
        """Refuse: others may use it."""
        raise BrokerUnavailable(
            "an existing broker is not killed by Warren",
            self.address.description,
            "choose --broker embedded, docker or local for this case",
        )

    def set_memory_alarm(self, is_on: bool) -> None:
        """Refuse: others may use it."""
        del is_on
        raise BrokerUnavailable(
            "an existing broker's memory alarm is not rung by Warren",
            self.address.description,
            "choose --broker embedded, docker or local for this case",
        )

    def set_disk_alarm(self, is_on: bool) -> None:
        """Refuse: others may use it."""
        del is_on
        raise BrokerUnavailable(
            "an existing broker's disk alarm is not rung by Warren",
            self.address.description,
            "choose --broker embedded, docker or local for this case",
        )

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Refuse: others may use it."""
        del seconds
        raise BrokerUnavailable(
            "an existing broker's acknowledgement time-out is not changed by Warren",
            self.address.description,
            "choose --broker docker or local for this case",
        )

    def stop(self) -> None:
        """Take back every vhost and user of the run."""
        with Management.at(self.address) as client:
            delete_leftovers(client, self._run_id)


def remove_leftovers(facts: dict[str, str], run_id: str) -> None:
    """Take back what a dead run noted. Raises BrokerUnavailable, soon, where its broker does not do it now."""
    with Management.at(BrokerAddress.from_json(facts), patient=False) as client:
        delete_leftovers(client, run_id)
