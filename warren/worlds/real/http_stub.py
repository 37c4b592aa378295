"""The HTTP service that consumers of a case call in the place of a real one: it records, and answers as it is told.

What it is not told of it answers with 200 and an empty JSON object. A case may have it fail, hang, or refuse
connections. How a request is read and answered is `http_requests`'s matter.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from warren.claims.surroundings import Answer
from warren.evidence.calls import HttpCall
from warren.worlds.database_line.plan import BESIDE
from warren.worlds.protocol import HttpFailure
from warren.worlds.real.http_requests import Server
from warren.worlds.real.runs.ports import LOOPBACK, Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.worlds.real.http_requests import Request

_USUAL: Final = Answer("", "")
_FAILED: Final = Answer("", "", 500, b'{"error": "Internal Server Error"}')
_NO_ANSWER: Final = 0
_CLOSE: Final = 5.0


class HttpStub:
    """Listens on a port of the loopback address until `close`; `now` is the case's clock."""

    def __init__(self, now: Callable[[], float], answers: Sequence[Answer] = ()) -> None:
        """Listen, and answer on a thread for each connection; of the answers the first that fits counts."""
        self.now = now
        self._under_way = 0
        self.seconds = 0.0
        """How long an answer takes at least."""
        self._answers = answers
        self._lock = threading.Lock()
        self._calls: list[HttpCall] = []
        self._failure: HttpFailure | None = None
        self._over = threading.Event()  # of the failure, or of the stub
        self.closing = threading.Event()
        self._ports = Ports()
        self._port = self._ports.free()
        self._server: Server | None = self._listen()

    @property
    def url(self) -> str:
        """Where it is; the same after it has refused connections."""
        return f"http://{LOOPBACK}:{self._port}"

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the calls that came whole, in order."""
        with self._lock:
            return tuple(self._calls)

    def fail(self, failure: HttpFailure) -> None:
        """Serve nobody who asks from now on, until `restore`; what was asked before is answered."""
        self.restore()
        with self._lock:
            self._failure, self._over = failure, threading.Event()
        if failure is HttpFailure.REFUSED:
            self._stop_listening()

    def restore(self) -> None:
        """Serve again; who waits for an answer all that time is hung up on."""
        with self._lock:
            self._failure = None
        self._over.set()
        if self._server is None:
            self._server = self._listen()

    def close(self) -> None:
        """Listen no more; who still waits for an answer gets none."""
        self.closing.set()
        self._over.set()
        self._stop_listening()
        self._ports.close()

    def answer(self, request: Request) -> Answer | None:
        """Take in a request that came whole; give its answer once that is due, or None where there is none."""
        with self._lock:
            failure, over = self._failure, self._over
        match failure:
            case HttpFailure.ERROR:
                answer: Answer | None = _FAILED
            case HttpFailure.HANGING:
                answer = None
            case _:
                answer = request.refused or next(filter(request.fits, self._answers), _USUAL)
        at = self.now()
        if answer is None:  # seen by a case before it is over
            self._note(request, at, _NO_ANSWER)
            over.wait()
            return None
        if failure is None:  # work takes its time; who fails says so at once
            self._last()
        # It is done once it was asked for, whether or not the caller is still there to hear of it.
        self._note(request, at, answer.status)
        return answer

    def _last(self) -> None:
        """Take as long as an answer is to take, and longer for each that is under way beside it, as a commit does."""
        with self._lock:
            seconds = self.seconds * (1 + BESIDE * self._under_way)
            self._under_way += 1
        self.closing.wait(seconds)
        with self._lock:
            self._under_way -= 1

    def _note(self, request: Request, at: float, status: int) -> None:
        call = HttpCall(at, request.method, request.path, request.headers, request.body, status)
        with self._lock:
            self._calls.append(call)

    def _listen(self) -> Server:
        return Server((LOOPBACK, self._port), self.answer)

    def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.end(_CLOSE)
