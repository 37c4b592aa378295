"""verifies-tls: whose certificate a consumer takes for its broker's. Judged with --tls alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Certificate

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig

pytestmark = pytest.mark.guarantee("verifies-tls")
WATCHED = 5
"""Document seconds in which a consumer that has seen a wrong certificate may connect all the same."""


@pytest.mark.tls
@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(
            Certificate.OF_ANOTHER_CA,
            id="another-ca",
            marks=pytest.mark.requirement("verifies-tls.another-ca"),
        ),
        pytest.param(
            Certificate.OF_ANOTHER_HOST,
            id="another-host",
            marks=pytest.mark.requirement("verifies-tls.another-host"),
        ),
    ],
)
def test_wrong_certificate(rig: Rig, certificate: Certificate) -> None:
    """A consumer does not connect to a broker with a wrong certificate, whatever it does then."""
    consumer = rig.start.instance(rig.workload.worker, certificate=certificate)
    rig.wait.witness(
        lambda: rig.seen.was_greeted(consumer), rig.start.ready_within, "no TLS handshake was begun"
    )
    rig.wait.see(lambda: rig.seen.has_connected(consumer), rig.deadlines.seconds(WATCHED))
    words = f"connected to a broker with a certificate {certificate.value.replace('-', ' ')}"
    rig.expect(not rig.seen.has_connected(consumer), words, *rig.seen.last(consumer))
    rig.judge()
