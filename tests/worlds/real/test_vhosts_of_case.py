"""The vhosts of a consumer that names several: made once each, told later, none where it is not clear."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from warren.errors import BrokerUnavailable
from warren.worlds.real.vhosts_of_case import VhostsOfCase

if TYPE_CHECKING:
    from collections.abc import Callable

WHERE = "instance orders-1"


def asked(vhosts: VhostsOfCase, *names: str, work: str) -> tuple[list[bool], list[tuple[str, str]]]:
    """Ask for these in turn, in the thread of a loop; give what is elsewhere, and what was told of it."""
    told: list[tuple[str, str]] = []

    def tell(name: str) -> Callable[[str], None]:
        return lambda vhost: told.append((name, vhost))

    async def ask() -> list[bool]:
        elsewhere = [vhosts.ask(name, tell(name), work=work, where=WHERE) for name in names]
        assert not told
        await asyncio.gather(*vhosts._made.values(), return_exceptions=True)
        return elsewhere

    return asyncio.run(asyncio.wait_for(ask(), 10.0)), told


def test_one_for_each_name() -> None:
    """What is no name of the work's vhost stands elsewhere, the same whenever it is asked for."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return f"case-{len(made) + 1}"

    with closing(VhostsOfCase("case-1", make)) as vhosts:
        names = ("orders", "billing", "case-1", "audit", "billing")
        elsewhere, told = asked(vhosts, *names, work="orders")
    assert elsewhere == [False, True, False, True, True]
    assert sorted(told) == [("audit", "case-3"), ("billing", "case-2"), ("billing", "case-2")]
    assert (made, vhosts.fault) == (["billing", "audit"], None)


def test_unclear() -> None:
    """Where nothing says which is the work's, one name is, and a second is a fault that names both."""
    with closing(VhostsOfCase("case-1", str)) as vhosts:
        assert asked(vhosts, "/", "/", work="") == ([False, False], [])
        assert asked(vhosts, "case-1", work="") == ([True], [])
    assert 'asks for the vhosts "/" and "{vhost}"' in str(vhosts.fault)
    assert 'write vhost = "/" (or "{vhost}") beside `queue`' in str(vhosts.fault)


def test_not_made() -> None:
    """A broker that makes none is the fault, and nobody is let in."""
    unavailable = BrokerUnavailable("it is away", "broker", "look at it")

    def make(name: str) -> str:
        assert name == "billing"
        raise unavailable

    with closing(VhostsOfCase("case-1", make)) as vhosts:
        assert asked(vhosts, "billing", work="orders") == ([True], [])
    assert vhosts.fault is unavailable
