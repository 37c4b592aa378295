"""HTTP/1.1 on a socket: requests in, answers out, basic authentication. What a path means: `api`."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, unquote

import h11

from warren.simulator.tcp.management.api import answer
from warren.simulator.tcp.management.request import Answer, Refused, Request

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node

IDLE_TIMEOUT = 60.0
"""Seconds that a connection may be open without a whole request, or without reading the answers."""
MAX_BODY = 32 << 20
"""Octets of a request; a message in base64 is the largest there is."""
_REALM = {"WWW-Authenticate": 'Basic realm="RabbitMQ Management"'}


class HttpClient(asyncio.Protocol):
    """One HTTP connection; it may carry many requests."""

    def __init__(self, node: Node) -> None:
        """Wait for the socket."""
        self._node = node
        self._http = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport | None = None
        self._request: h11.Request | None = None
        self._body = bytearray()
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
        if self._transport is None or self._transport.is_closing():
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
        while not self._writing_paused:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._request, self._body = event, bytearray()
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MAX_BODY:
                    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                    self._give_up(status, f"a body has at most {MAX_BODY} octets")
                    return
            elif isinstance(event, h11.EndOfMessage):
                assert self._request is not None
                self._send(_serve(self._node, self._request, bytes(self._body)))
                if self._http.our_state is h11.MUST_CLOSE:
                    self.close()
                    return
                self._http.start_next_cycle()
                self._wait()
            elif isinstance(event, h11.ConnectionClosed):
                self.close()
                return

    def _give_up(self, status: HTTPStatus, reason: str) -> None:
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._send(Refused(status, reason, {"Connection": "close"}).answer)
        self.close()

    def _send(self, said: Answer) -> None:
        body = b"" if said.document is None else json.dumps(said.document).encode()
        headers = [("Server", "Warren"), *said.headers.items()]
        if said.status is not HTTPStatus.NO_CONTENT:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        response = h11.Response(
            status_code=said.status, headers=headers, reason=said.status.phrase.encode()
        )
        octets = self._http.send(response) or b""
        if body:
            octets += self._http.send(h11.Data(data=body)) or b""
        octets += self._http.send(h11.EndOfMessage()) or b""
        if self._transport is not None:
            self._transport.write(octets)


def _serve(node: Node, request: h11.Request, body: bytes) -> Answer:
    """Authenticate, then let the API answer."""
    headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
    place, _, query = request.target.decode("latin-1").partition("?")
    root, *path = [unquote(part) for part in place.strip("/").split("/")]
    try:
        user = _authenticate(node, headers.get("authorization", ""))
        asked = Request(
            request.method.decode(), tuple(path), dict(parse_qsl(query)), headers, body, user
        )
        if root == "api":
            return answer(node, asked)
    except Refused as refused:
        return refused.answer
    return Refused(HTTPStatus.NOT_FOUND, "Not Found").answer


def _authenticate(node: Node, header: str) -> str:
    """Return the name of an administrator who knows the password. Raises Refused 401."""
    scheme, _, credentials = header.partition(" ")
    try:
        name, _, password = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        name = password = ""
    user, account = node.broker.users.get(name), node.accounts.get(name)
    if scheme.lower() != "basic" or user is None or account is None or not user.accepts(password):
        raise Refused(HTTPStatus.UNAUTHORIZED, "Not_Authorized", _REALM)
    if not account.is_administrator:
        raise Refused(HTTPStatus.UNAUTHORIZED, "Not management user", _REALM)
    return name


async def serve_management(node: Node, host: str, port: int) -> asyncio.Server:
    """Listen; raises OSError."""
    return await node.loop.create_server(lambda: HttpClient(node), host, port, backlog=128)
