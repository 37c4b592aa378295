"""The vhosts of a run: one per case, and more where its consumer names several; opened and closed by its worker."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from warren.errors import BrokerUnavailable, SetupError
from warren.worlds.real.brokers.definitions import document_for_vhost, names_vhost
from warren.worlds.real.brokers.management import Management

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    @contextlib.contextmanager
    def of_case(self, definitions: Definitions | None = None) -> Iterator[VhostsOfPlace]:
        """Make the vhost of a case, with what its definitions name, and delete it with all others at the end."""
        opened = VhostsOfPlace(self, definitions)
        try:
            opened.begin()
            yield opened
        finally:
            opened.end()

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


class VhostsOfPlace:
    """A case's own vhost, by its name, and those that stand for others that its consumer names."""

    def __init__(self, vhosts: Vhosts, definitions: Definitions | None) -> None:
        """Make none yet."""
        self._vhosts, self._definitions = vhosts, definitions
        self._opened: list[str] = []

    @property
    def name(self) -> str:
        """What the case's own is called."""
        return self._opened[0]

    def begin(self) -> None:
        """Make it, with what the definitions have for it."""
        self._open(self._definitions)

    def another(self, name: str) -> str:
        """Make one for what a consumer calls by that name, with what the definitions have for that; say which."""
        given = self._definitions
        has_it = given is not None and names_vhost(given, name)
        return self._open(replace(given, vhost=name) if given and has_it else None)

    def end(self) -> None:
        """Delete them."""
        while self._opened:
            self._vhosts.close(self._opened.pop())

    def _open(self, definitions: Definitions | None) -> str:
        vhost = self._vhosts.open()
        self._opened.append(vhost)
        if definitions is not None:
            self._vhosts.take_in(vhost, definitions)
        return vhost


def delete_leftovers(management: Management, run_id: str) -> None:
    """Delete every vhost and user of a run, whoever made them."""
    prefix = name_prefix(run_id)
    for vhost in management.vhosts():
        if vhost.startswith(prefix):
            management.delete_vhost(vhost)
    for user in management.users():
        if user.startswith(prefix):
            management.delete_user(user)
