"""The vhosts of a run: one per case, opened and closed by the worker that runs the case."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from warren.errors import BrokerUnavailable, SetupError
from warren.worlds.real.brokers.definitions import document_for_vhost
from warren.worlds.real.brokers.management import Management

if TYPE_CHECKING:
    from warren.claims.surroundings import Definitions
    from warren.worlds.real.brokers.address import BrokerAddress
    from warren.worlds.real.runs.run import Run


def name_prefix(run_id: str) -> str:
    """Begin the name of every vhost and user that belongs to a run."""
    return f"warren-{run_id}-"


class Vhosts:
    """Makes vhosts that no other worker and no other run has, and deletes them."""

    def __init__(
        self,
        address: BrokerAddress,
        run: Run,
        owner: str = "main",
        *,
        queue_type: str | None = None,
    ) -> None:
        """Name the vhosts after `run` and `owner`, the worker; in them queues without a type are of that one."""
        self._queue_type = queue_type
        self.management = Management.at(address)
        self._user = address.case_user
        self._prefix = f"{name_prefix(run.id)}{owner}-"
        self._count = 0
        self._open: list[str] = []

    def __enter__(self) -> Self:
        """End it with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete what is still open."""
        self.end()

    def open(self) -> str:
        """Make an empty vhost for one case and return its name. Raises BrokerUnavailable."""
        self._count += 1
        name = f"{self._prefix}{self._count}"
        self._open.append(name)
        self.management.create_vhost(name, self._user, self._queue_type)
        self._check_queue_type(name)
        return name

    def _check_queue_type(self, name: str) -> None:
        """Raise `BrokerUnavailable` where a broker has not taken the type, and would go on with its own."""
        wanted = self._queue_type
        if wanted is not None and self.management.default_queue_type(name) != wanted:
            raise BrokerUnavailable(
                f"this broker has no default type of queues, and {wanted} was wanted",
                "--queue-type",
                "choose RabbitMQ 3.10 or a later one, or leave the option out",
            )

    def take_in(self, name: str, definitions: Definitions) -> None:
        """Make in one of our own vhosts what a user's own definitions name. Raises `SetupError`.

        No other vhost is touched: the broker may be somebody else's.
        """
        if name not in self._open:
            raise SetupError(
                f"definitions are imported into vhosts of this run alone, and {name!r} is none",
                str(definitions.path),
                "choose a broker on which Warren may make vhosts",
            )
        document = document_for_vhost(definitions)
        status, said = self.management.send("POST", "definitions", name, json=document)
        if status >= HTTPStatus.BAD_REQUEST:
            why = said.get("reason", said) if isinstance(said, dict) else said
            raise SetupError(
                f"the broker refused these definitions ({status}): {why}",
                str(definitions.path),
                "export them again, or take out what this release does not have",
            )

    def close(self, name: str) -> None:
        """Delete the vhost: its queues go and its connections are closed (320)."""
        self.management.delete_vhost(name)
        self._open.remove(name)

    def end(self) -> None:
        """Delete every vhost that is still open."""
        for name in tuple(self._open):
            self.close(name)
        self.management.end()


def delete_leftovers(management: Management, run_id: str) -> None:
    """Delete every vhost and user of a run, whoever made them."""
    prefix = name_prefix(run_id)
    for vhost in management.vhosts():
        if vhost.startswith(prefix):
            management.delete_vhost(vhost)
    for user in management.users():
        if user.startswith(prefix):
            management.delete_user(user)
