"""A stop signal, SIGTERM or SIGINT, and either kind of role: a consumer and the HTTP server."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.rigs.consumers.rig import Rig
from warren.rigs.pace import PACES, Pace
from warren.workloads import WORKLOADS, Role
from warren.workloads.course.roles import HTTP, RPC_SERVER

if TYPE_CHECKING:
    from warren.claims.implementation import Implementation
    from warren.worlds.real import RealWorlds

# The stop must come while the server works on the call: three seconds after its begin, and before its end.
SLOW = Pace("document", 3.0, 15)
pytestmark = pytest.mark.xdist_group("implementations")
HARDENED = Path(__file__).parents[2] / "reference_impl" / "hardened" / "implementation.toml"


def stopped_by(number: signal.Signals) -> Implementation:
    """Give the hardened reference, with every role of `rpc` stopped by that signal."""
    hardened = load_manifest(HARDENED, load_catalogue())
    design = hardened.designs["rpc"]
    roles = {role: replace(command, stop_signal=number) for role, command in design.roles.items()}
    return replace(hardened, designs={"rpc": replace(design, roles=roles)})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    ("role", "pace"),
    [(RPC_SERVER, SLOW), (HTTP, PACES["document"])],
    ids=["rpc-server", "http"],
)
def test_finishes_what_is_in_hand(
    worlds: RealWorlds, role: Role, pace: Pace, number: signal.Signals
) -> None:
    """Told to stop while a call is worked on, a role finishes its share of it and exits with status 0."""
    implementation = stopped_by(number)
    with worlds.world(implementation.migrate, restarts=False) as world:
        rig = Rig(world, implementation, WORKLOADS["rpc"], pace, ())
        rig.start.all(http=True)
        call = rig.calls.begin()
        rig.wait.need(lambda: rig.seen.given() != [], rig.deadlines.within(0), "no request came")
        rig.wait.pass_time(
            rig.seen.longest_work() / 2
        )  # delivered is not yet begun: now it is in hand
        process = rig.instances.of(role)[0]
        process.stop()
        assert rig.calls.answers(call)[0].status == 200
        within = rig.deadlines.within(rig.seen.longest_work()) + rig.start.grace(process)
        rig.wait.need(lambda: process.exit_status is not None, within, f"{role} did not exit")
        assert process.exit_status == 0, process.output()
        rig.wait.need(
            lambda: [str(delivery.settlement) for delivery in rig.seen.given()] == ["ack"],
            rig.deadlines.within(0),
            "the request was not acked",
        )
