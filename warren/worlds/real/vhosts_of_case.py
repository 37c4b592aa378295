"""The vhosts of a case whose consumer names several: a fresh one stands for each that it asks for."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError, WarrenError

if TYPE_CHECKING:
    from collections.abc import Callable

_THIS: Final = "{vhost}"
"""How a manifest names the one that stands in `{amqp_url}`."""


class VhostsOfCase:
    """Which vhost stands for which name; they are made when they are asked for, and their place deletes them.

    The relay's thread asks. A thread of its own makes them, for a broker takes its time.
    """

    def __init__(self, own: str, make: Callable[[str], str]) -> None:
        """Have one, that of the work; `make` makes another that stands for a name."""
        self._own, self._make = own, make
        self._only: str | None = None
        self._is_closed = False
        self._made: dict[str, asyncio.Future[str]] = {}
        self._maker = ThreadPoolExecutor(1, "vhosts")
        self.fault: WarrenError | None = None
        """Why somebody is not let in, and never will be."""

    def ask(self, name: str, is_there: Callable[[str], None], *, work: str, where: str) -> bool:
        """Whether another vhost than the work's stands for a name; then say which, as soon as it is there.

        `work` is the name of the work's; where there is none, all that are asked for must be one and the same.
        """
        if work and name in (work, self._own):
            return False
        if not work:
            self._only = name if self._only is None else self._only
            if name != self._only:
                self.fault = _unclear(self._told(self._only), self._told(name), where)
            return name != self._only
        if self._is_closed:
            return True
        if name not in self._made:
            loop = asyncio.get_running_loop()
            self._made[name] = loop.run_in_executor(self._maker, self._make, name)
        self._made[name].add_done_callback(lambda made: self._take(made, is_there))
        return True

    def close(self) -> None:
        """Make no more, and wait for one that is being made."""
        self._is_closed = True
        self._maker.shutdown(cancel_futures=True)

    def _told(self, name: str) -> str:
        return _THIS if name == self._own else name

    def _take(self, made: asyncio.Future[str], is_there: Callable[[str], None]) -> None:
        if made.cancelled():
            return
        error = made.exception()
        if error is None:
            is_there(made.result())
        elif isinstance(error, WarrenError):
            self.fault = error
        else:
            raise error


def _unclear(first: str, second: str, where: str) -> InstanceError:
    return InstanceError(
        f'it asks for the vhosts "{first}" and "{second}", and nothing says in which its work queue is',
        where=where,
        what_to_do=f'write vhost = "{first}" (or "{second}") beside `queue` in its manifest, or give --vhost to '
        "`warren learn`: that is the work's, and each other gets a fresh one of its own",
    )
