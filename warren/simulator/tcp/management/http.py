"""HTTP/1.1 on a socket: requests in, answers out, basic authentication. What a path means: `api`."""

from __future__ import annotations

import asyncio
import gzip
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, unquote

import h11

from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.management.api import answer, require
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import LONG, Answer, Refused, Request, written

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from warren.simulator.tcp.node import Node

IDLE_TIMEOUT = 60.0
"""Seconds that a connection may be open without a whole request, or without reading the answers."""
MAX_BODY = 20_000_000
"""Octets of a message or of definitions, as RabbitMQ has it; of any other body `LONG`."""
MAX_BODIES = 64 << 20
"""Octets of all bodies that are not answered yet, so that many clients take no more memory than a few."""
EVENTS_OF_A_TURN = 32
"""Heads, pieces of bodies and ends that are heard before others have their turns: about ten requests."""
_COMPRESSED_ABOVE = 300
"""Octets that an answer may have and come as it is: RabbitMQ compresses what is longer."""
_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_OPEN = ["auth"]
"""How a client is to log in: everybody may ask."""
_TOO_LARGE = "Exceeded HTTP request body size limit"
_TOO_MANY = "too much is on its way in other requests; ask again when those are answered"
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[-\w.~!$&'()*+,;=%]*)(?::(\d{0,5}))?", re.ASCII)
_LAST_PORT = 65535
_REALM = {"WWW-Authenticate": 'Basic realm="RabbitMQ Management"'}


class HttpClient(asyncio.Protocol):
    """One HTTP connection; it may carry many requests."""

    def __init__(self, node: Node) -> None:
        """Wait for the socket."""
        self._node = node
        self._http = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport | None = None
        self._request: _Asked | None = None  # None where it is answered already
        self._body = bytearray()
        self._octets = 0
        self._portions: Generator[None, None, Answer] | None = None  # of an answer on its way
        self._held = False  # until another turn
        self._is_head = False
        self._takes_gzip = False
        self._deadline: asyncio.TimerHandle | None = None
        self._writing_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = cast("asyncio.Transport", transport)
        self._node.http_clients.add(self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        del exc  # why it went makes no difference
        self._transport = None
        self._forget()
        if self._portions is not None:
            with suppress(DataError):  # who keeps the data has heard of it
                self._portions.close()
            self._portions = None
        self._node.http_clients.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole now."""
        self._http.receive_data(data)
        self._answer()

    def pause_writing(self) -> None:
        """Hear no more for now: the client does not read its answers."""
        self._writing_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Answer what has come meanwhile, and read again."""
        self._writing_paused = False
        if self._transport is None or self._transport.is_closing() or self._held:
            return
        self._wait()
        self._transport.resume_reading()
        self._answer()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._node.loop.call_later(IDLE_TIMEOUT, self._abort)

    def _abort(self) -> None:
        """End the connection, though the client may not have read all."""
        if self._transport is not None:
            self._transport.abort()

    def _answer(self) -> None:
        try:
            self._read()
        except h11.RemoteProtocolError as error:
            self._give_up(HTTPStatus(error.error_status_hint), str(error))

    def _read(self) -> None:
        for _ in range(EVENTS_OF_A_TURN):
            if self._writing_paused or self._held:
                return
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                if not self._take(event.data):
                    return
            elif isinstance(event, h11.EndOfMessage):
                if not self._serve():
                    return
            elif isinstance(event, h11.ConnectionClosed):
                self.close()
                return
        self._hold()

    def _serve(self) -> bool:
        """Answer a request that is whole; return False when nothing more is to be heard for now."""
        if self._request is not None:
            self._portions = _serve(self._node, self._request)
            self._go_on()
            if self._portions is not None:
                self._hold()
                return False
        return self._begin_again()

    def _begin_again(self) -> bool:
        """Wait for another request; return False, and end, when there can be none."""
        if self._http.our_state is h11.MUST_CLOSE:
            self.close()
            return False
        self._http.start_next_cycle()
        self._wait()
        return True

    # What takes more than a turn

    def _go_on(self) -> None:
        """Make one more portion of the answer, and send it when there are no more."""
        assert self._portions is not None
        try:
            next(self._portions)
        except StopIteration as end:
            said = end.value
        except Refused as refused:
            said = refused.answer
        except DataError as error:
            said = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)).answer
        else:
            return
        self._portions = None
        self._forget()
        self._send(said)

    def _hold(self) -> None:
        """Hear nothing more until the others have had their turns."""
        if self._transport is not None:
            self._held = True
            self._transport.pause_reading()
            self._node.loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        if self._transport is None:
            return
        if self._portions is not None:
            self._go_on()
            if self._portions is not None:
                self._node.loop.call_soon(self._take_turn)
                return
            if not self._begin_again():
                return
        self._held = False
        if not self._writing_paused:
            self._transport.resume_reading()
            self._answer()

    # The parts of a request

    def _begin(self, head: h11.Request) -> None:
        """Judge a request by its head: who may not ask is answered now, and the body is thrown away."""
        self._forget()
        self._octets = 0
        self._is_head = head.method == b"HEAD"
        self._takes_gzip = any(
            name == b"accept-encoding" and _GZIP.search(value) for name, value in head.headers
        )
        waits = self._http.they_are_waiting_for_100_continue
        try:
            self._request = _read_head(self._node, head, self._body)
        except Refused as refused:
            self._send(refused.answer, close=waits)
            return
        if waits:
            self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))

    def _take(self, octets: bytes) -> bool:
        """Keep a piece of the body, if anybody waits for it; give up, and return False, when it is too large."""
        self._octets += len(octets)
        if self._octets > (MAX_BODY if self._request is None else self._request.most):
            self._give_up(HTTPStatus.BAD_REQUEST, _TOO_LARGE)
            return False
        if self._request is not None:
            self._body += octets
            self._node.body_octets += len(octets)
            if self._node.body_octets > MAX_BODIES:
                self._give_up(HTTPStatus.SERVICE_UNAVAILABLE, _TOO_MANY)
                return False
        return True

    def _forget(self) -> None:
        """Keep the request, and its body, no longer."""
        self._node.body_octets -= len(self._body)
        self._body, self._request = bytearray(), None

    def _give_up(self, status: HTTPStatus, reason: str) -> None:
        self._forget()
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._send(Refused(status, reason).answer, close=True)
        self.close()

    def _send(self, said: Answer, *, close: bool = False) -> None:
        body = said.body
        if said.document is not None:
            body = written(said.document).encode()
        headers = [("Server", "Warren"), *said.headers.items()]
        if self._takes_gzip and len(body) > _COMPRESSED_ABOVE:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        if close:
            headers.append(("Connection", "close"))
        if said.status is not HTTPStatus.NO_CONTENT:
            headers += [
                ("Content-Length", str(len(body))),
                ("Vary", "accept, accept-encoding, origin"),
            ]
        if body:
            headers.append(("Content-Type", "application/json"))
        response = h11.Response(
            status_code=said.status, headers=headers, reason=said.status.phrase.encode()
        )
        octets = self._http.send(response) or b""
        if body and not self._is_head:
            octets += self._http.send(h11.Data(data=body)) or b""
        octets += self._http.send(h11.EndOfMessage()) or b""
        self._write(octets)

    def _write(self, octets: bytes | None) -> None:
        if octets and self._transport is not None:
            self._transport.write(octets)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose user may ask; its body is still to come."""

    path: tuple[str, ...]
    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytearray
    user: str

    @property
    def most(self) -> int:
        """How many octets its body may have."""
        return _most(self.path)


def _most(path: tuple[str, ...]) -> int:
    """Return how many octets a body may have: messages and definitions may be long."""
    is_long = path[:1] == ("definitions",) or path[-1:] == ("publish",)
    return MAX_BODY if is_long else LONG


def _read_head(node: Node, head: h11.Request, body: bytearray) -> _Asked:
    """Look whether there is such a path, authenticate, and look how much is to come. Raises Refused."""
    headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
    if not _is_host(headers.get("host", "")):
        raise Refused(HTTPStatus.BAD_REQUEST, "the Host header names no host")
    place, _, query = head.target.decode("latin-1").partition("?")
    root, *path = [unquote(part) for part in place.strip("/").split("/")]
    method = "GET" if head.method == b"HEAD" else head.method.decode()
    require(root, tuple(path), method)
    is_open = method == "OPTIONS" or path == _OPEN
    user = "" if is_open else _authenticate(node, headers.get("authorization", ""))
    if int(headers.get("content-length", "0")) > _most(tuple(path)):
        raise Refused(HTTPStatus.BAD_REQUEST, _TOO_LARGE)
    return _Asked(
        tuple(path),
        method,
        dict(parse_qsl(query, keep_blank_values=True)),
        headers,
        body,
        user,
    )


def _is_host(text: str) -> bool:
    """Tell whether this is a host, perhaps with a port, or nothing, which HTTP allows."""
    found = _HOST.fullmatch(text)
    return found is not None and int(found[1] or 0) <= _LAST_PORT


def _serve(node: Node, asked: _Asked) -> Generator[None, None, Answer]:
    """Let the API answer, in portions where it takes long. Raises Refused."""
    request = Request(
        asked.method, asked.path, asked.query, asked.headers, bytes(asked.body), asked.user
    )
    said = answer(node, request)
    if said.portions is None:
        return said
    body = yield from said.portions
    return Answer(said.status, headers=said.headers, body=body)


def _authenticate(node: Node, header: str) -> str:
    """Return the name of an administrator who knows the password. Raises Refused 401, or 400 for what is no Basic."""
    if not header:
        raise Refused(HTTPStatus.UNAUTHORIZED, "", _REALM)
    name, password = _credentials(header)
    user, account = node.broker.users.get(name), node.accounts.get(name)
    if user is None or account is None or not user.accepts(password):
        if is_one_of(node, "3.10"):
            raise Refused(HTTPStatus.UNAUTHORIZED, "Login failed", _REALM, "not_authorized")
        raise Refused(HTTPStatus.UNAUTHORIZED, "Not_Authorized", error="not_authorized")
    if not account.is_administrator:
        raise Refused(HTTPStatus.UNAUTHORIZED, "Not management user", error="not_authorised")
    return name


def _credentials(header: str) -> tuple[str, str]:
    """Return a name and a password; of another scheme nobody's."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        octets = b64decode(text, validate=True)
    except ValueError:
        octets = b""
    if b":" not in octets:
        raise Refused(HTTPStatus.BAD_REQUEST, "")
    name, _, password = octets.decode(errors="replace").partition(":")
    return name, password


async def serve_management(node: Node, host: str, port: int) -> asyncio.Server:
    """Listen; raises OSError."""
    return await node.loop.create_server(lambda: HttpClient(node), host, port, backlog=128)
