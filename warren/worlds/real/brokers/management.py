"""The management HTTP API, as far as the rig uses it: the subset every kind of broker must have.

- GET    /api/overview, /api/whoami
- GET    /api/vhosts; GET, PUT, DELETE /api/vhosts/{vhost}
- PUT, DELETE /api/users/{user}; GET /api/users; PUT /api/permissions/{vhost}/{user}
- GET    /api/queues/{vhost}?disable_stats=true&enable_queue_totals=true
- GET    /api/queues/{vhost}/{queue}, /api/queues/{vhost}/{queue}/bindings
- DELETE /api/queues/{vhost}/{queue}/contents
- PUT, DELETE /api/policies/{vhost}/{policy}, /api/operator-policies/{vhost}/{policy}, for the cases on them
- GET, POST /api/definitions, /api/definitions/{vhost}, likewise
- PUT    /api/consumer-timeout, /api/disk-free-limit, which the embedded broker alone has
- GET    /api/vhosts/{vhost}/connections; DELETE /api/connections/{name} with X-Reason

Queue counts: the list with `enable_queue_totals` asks the queues themselves, so they are of now
(within 10 ms; 3.10 has totals in the list only). What RabbitMQ draws from its statistics is up to
5 s old (measured on 3.10.8 and 4.3.6): the connections here, and the consumers, for which a passive
queue.declare over AMQP, or the relay, is the place to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from warren.errors import BrokerUnavailable
from warren.evidence.text import redact

if TYPE_CHECKING:
    from warren.worlds.real.brokers.address import BrokerAddress

_TIMEOUT = (3.0, 20.0)  # seconds to connect, seconds to wait for an answer
_SHORT_TIMEOUT = (2.0, 3.0)  # where a broker may well be away, and can be asked another time
_KEPT_ALIVE = Retry(total=None, connect=0, read=1, redirect=0, status=0, other=0, backoff_factor=0)
"""A server may close a connection that was kept alive just when the next request goes out. That may be sent once
more, since all of ours are idempotent (RFC 9112, section 9.3.1)."""
_NO_MORE = Retry(0, read=False)
_ALL = {"configure": ".*", "write": ".*", "read": ".*"}


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue now: messages ready for delivery, messages delivered but not settled."""

    name: str
    ready: int
    unacked: int


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One connection as the broker names it, e.g. "127.0.0.1:40312 -> 127.0.0.1:5672"."""

    name: str
    user: str
    client_properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds a queue to an exchange."""

    exchange: str
    routing_key: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeclaredQueue:
    """How a queue was declared, and what binds it."""

    name: str
    durable: bool
    auto_delete: bool
    arguments: dict[str, Any]
    bindings: tuple[Binding, ...]


class Management:
    """A client of the management API; every call raises BrokerUnavailable where it fails."""

    def __init__(self, url: str, user: str, password: str, *, patient: bool = True) -> None:
        """Talk to `url`, e.g. http://127.0.0.1:15672, as `user`; unless `patient`, wait 5 s at most for an answer."""
        self._url = url
        self._timeout = _TIMEOUT if patient else _SHORT_TIMEOUT
        self._user = user
        self._secrets = {password}
        self._session = requests.Session()
        self._session.auth = (user, password)
        self._session.trust_env = False  # no proxy stands between us and the broker
        for scheme in ("http://", "https://"):
            self._session.mount(
                scheme, HTTPAdapter(max_retries=_KEPT_ALIVE if patient else _NO_MORE)
            )

    @classmethod
    def at(cls, address: BrokerAddress, *, patient: bool = True) -> Self:
        """Talk to the broker at `address` as its administrator."""
        return cls(address.management_url, address.user, address.password, patient=patient)

    def __enter__(self) -> Self:
        """Close the connections at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.end()

    def end(self) -> None:
        """Close the HTTP connections."""
        self._session.close()

    def version(self) -> str:
        """Return the broker's version, e.g. "4.3.6"."""
        overview: dict[str, Any] = self._call("GET", "overview").json()
        return str(overview.get("rabbitmq_version") or overview["product_version"])

    def is_administrator(self) -> bool:
        """Whether our user may create vhosts and users."""
        tags = self._call("GET", "whoami").json()["tags"]
        return "administrator" in (tags.split(",") if isinstance(tags, str) else tags)

    def create_user(self, name: str, password: str) -> None:
        """Make a user without tags, or give an existing one this password."""
        self._secrets.add(password)
        self._call("PUT", "users", name, json={"password": password, "tags": ""})

    def delete_user(self, name: str) -> None:
        """Delete a user; one that is gone already is no error."""
        self._call("DELETE", "users", name, allow=HTTPStatus.NOT_FOUND)

    def users(self) -> tuple[str, ...]:
        """Return the names of all users."""
        return tuple(user["name"] for user in self._call("GET", "users").json())

    def create_vhost(self, name: str, user: str, queue_type: str | None = None) -> None:
        """Make a vhost in which `user` may do everything; durable queues without a type are of `queue_type` there.

        RabbitMQ 3.10 knows this setting by its old name alone, `defaultqueuetype`.
        """
        names = ("default_queue_type", "defaultqueuetype") if queue_type else ()
        self._call("PUT", "vhosts", name, json=dict.fromkeys(names, queue_type))
        self._call("PUT", "permissions", name, user, json=_ALL)

    def delete_vhost(self, name: str) -> None:
        """Delete a vhost with all in it and close its connections; no error if it is gone."""
        try:
            self._call("DELETE", "vhosts", name, allow=HTTPStatus.NOT_FOUND)
        except BrokerUnavailable:
            # RabbitMQ 4.3 answers 500, not 404, to who comes while another deletes it.
            if name in self.vhosts():
                raise

    def set_consumer_timeout(self, milliseconds: int) -> None:
        """Have an embedded broker wait so long for the acks of channels that are opened from now on."""
        self._call("PUT", "consumer-timeout", json={"milliseconds": milliseconds})

    def set_disk_limit(self, octets: int) -> None:
        """Have an embedded broker block publishers if less than that is free on its disk."""
        self._call("PUT", "disk-free-limit", json={"octets": octets})

    def bar(self, vhost: str) -> None:
        """Refuse further connections to a vhost (530), by a limit of none."""
        self._call("PUT", "vhost-limits", vhost, "max-connections", json={"value": 0})

    def unbar(self, vhost: str) -> None:
        """End `bar`."""
        self._call("DELETE", "vhost-limits", vhost, "max-connections")

    def default_queue_type(self, vhost: str) -> str:
        """Return the type of queues that are declared without one, "undefined" where none is set."""
        return str(self._call("GET", "vhosts", vhost).json().get("default_queue_type"))

    def vhosts(self) -> tuple[str, ...]:
        """Return the names of all vhosts."""
        return tuple(vhost["name"] for vhost in self._call("GET", "vhosts").json())

    def queues(self, vhost: str) -> tuple[QueueState, ...]:
        """Return every queue of `vhost` with its counts of now (see the module's docstring)."""
        totals = {"disable_stats": "true", "enable_queue_totals": "true"}
        queues = self._call("GET", "queues", vhost, params=totals).json()
        return tuple(
            QueueState(
                name=queue["name"],
                ready=queue.get("messages_ready", 0),
                unacked=queue.get("messages_unacknowledged", 0),
            )
            for queue in queues
        )

    def queue(self, vhost: str, name: str) -> QueueState | None:
        """Return one queue as `queues` does, or None if there is none of that name."""
        return next((queue for queue in self.queues(vhost) if queue.name == name), None)

    def declaration(self, vhost: str, queue: str) -> DeclaredQueue:
        """Return how a queue was declared and bound. Raises BrokerUnavailable where there is none."""
        found = self._call("GET", "queues", vhost, queue, params={"disable_stats": "true"}).json()
        bindings = self._call("GET", "queues", vhost, queue, "bindings").json()
        return DeclaredQueue(
            queue,
            durable=bool(found["durable"]),
            auto_delete=bool(found["auto_delete"]),
            arguments=dict(found["arguments"]),
            bindings=tuple(
                Binding(b["source"], b["routing_key"], dict(b["arguments"]))
                for b in bindings
                if b[
                    "source"
                ]  # each queue is bound to the default exchange, and cannot be otherwise
            ),
        )

    def purge(self, vhost: str, queue: str) -> None:
        """Drop the messages of `queue` that are ready; those delivered and unacked stay."""
        self._call("DELETE", "queues", vhost, queue, "contents")

    def connections(self, vhost: str) -> tuple[ConnectionState, ...]:
        """Return the open connections of `vhost`; one may show up to 5 s after it opened."""
        return tuple(
            ConnectionState(
                connection["name"], connection["user"], connection.get("client_properties", {})
            )
            for connection in self._call("GET", "vhosts", vhost, "connections").json()
            if "user" in connection  # a connection that is going has statistics and nothing else
        )

    def close_connection(self, name: str, reason: str) -> None:
        """Have the broker close a connection (320, with `reason` as its text); gone is no error."""
        headers = {"X-Reason": reason}
        self._call("DELETE", "connections", name, headers=headers, allow=HTTPStatus.NOT_FOUND)

    def send(self, method: str, *path: str, json: object = None) -> tuple[int, Any]:
        """Send what a case makes up; give the status and the document of the answer, whatever it says."""
        url = "/".join([self._url, "api", *(quote(part, safe="") for part in path)])
        try:
            answer = self._session.request(method, url, timeout=self._timeout, json=json)
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        return answer.status_code, answer.json() if answer.content else None

    def _call(
        self,
        method: str,
        *path: str,
        allow: HTTPStatus | None = None,
        **arguments: Any,
    ) -> requests.Response:
        """Call the API once; an answer that is neither a success nor `allow` is an error."""
        url = "/".join([self._url, "api", *(quote(part, safe="") for part in path)])
        try:
            answer = self._session.request(method, url, timeout=self._timeout, **arguments)
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise BrokerUnavailable(
                f"the management API refused user {self._user!r} or its password",
                self._url,
                "give a user with the administrator tag and its password",
            )
        if not answer.ok and answer.status_code != allow:
            said = redact(answer.text.strip(), self._secrets)[:200]
            raise BrokerUnavailable(
                f"{method} /{'/'.join(path)} was answered {answer.status_code} {said!r}",
                self._url,
                "look into the broker's log",
            )
        return answer

    def _unreachable(self, error: requests.RequestException) -> BrokerUnavailable:
        """Say why no answer came; the error itself holds addresses and object names only."""
        what = "did not answer in time" if isinstance(error, requests.Timeout) else "is not there"
        first: BaseException = error
        while first.__context__ is not None:
            first = first.__context__
        return BrokerUnavailable(
            f"the management API {what} ({type(first).__name__})",
            self._url,
            "check that the broker runs, enable the plugin rabbitmq_management, or name its place "
            "with amqp://…?management=http://HOST:PORT",
        )
