"""The model beside a real RabbitMQ: one of the run's `--broker`, started for these tests alone.

`compare` runs more sequences than a test should.
"""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.brokers import Vhosts, choose
from fixtures.runs import Run
from tests.simulator.model import restarts
from tests.simulator.model.parity import Pair
from tests.simulator.model.scripts import SCRIPTS, run_script
from tests.simulator.model.sequences import LOSSES, PLAIN, Step, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.brokers import RunningBroker

pytestmark = pytest.mark.xdist_group("parity")  # they share a broker, which one of them restarts
DIFFERED = json.loads(Path(__file__).with_name("differed.json").read_text())
NUMBERS = st.integers(0, 255)
STEPS = st.lists(
    st.builds(Step, st.sampled_from(PLAIN + LOSSES), NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    min_size=20,
    max_size=60,
)


@pytest.fixture(scope="module")
def own_run() -> Iterator[Run]:
    """Start a run and end it."""
    run = Run.start()
    yield run
    run.end()


@pytest.fixture(scope="module")
def real(pytestconfig: pytest.Config, own_run: Run) -> Iterator[RunningBroker]:
    """Start the real broker."""
    chosen = choose(pytestconfig.getoption("--broker"))
    if chosen.option.startswith("embedded"):
        pytest.skip("the embedded broker is the model itself: give --broker a real RabbitMQ")
    running = chosen.start(own_run)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def url(real: RunningBroker, own_run: Run) -> Iterator[str]:
    """Give the address of a vhost of the real broker that nobody else uses."""
    with Vhosts(real.address, own_run, "parity") as vhosts:
        yield real.address.amqp_url(vhosts.open())


def difference(url: str, steps: list[Step]) -> Any:
    """Run steps on both; return how they differ, None when they do not."""
    pair = Pair(url)
    try:
        return run(pair, f"p{token_hex(3)}", steps)
    finally:
        pair.close()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_scripts(url: str, script: Callable[[str, str], list[Any]]) -> None:
    """Every refusal, and every dead letter, is the real broker's, word for word."""
    pair = Pair(url)
    name = f"p{token_hex(3)}"
    try:
        run_script(pair, script(name, f"{name}x"))
        assert pair.difference is None, pair.difference
    finally:
        pair.close()


@pytest.mark.parametrize("name", DIFFERED)
def test_sequences_that_once_differed(url: str, name: str) -> None:
    """What was once wrong stays right."""
    assert difference(url, [Step(*step) for step in DIFFERED[name]]) is None


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_random_sequences(url: str, steps: list[Step]) -> None:
    """Whatever clients do, they see the same of the model and of the real broker."""
    assert difference(url, steps) is None


def test_a_restart_leaves_the_same(
    url: str, real: RunningBroker, pytestconfig: pytest.Config
) -> None:
    """Queues, messages in order, redelivered flags, exchanges and bindings survive alike."""
    if not choose(pytestconfig.getoption("--broker")).can_restart:
        pytest.skip("a broker that Warren has not started is not restarted: give --broker docker")
    pair = Pair(url)
    name = f"p{token_hex(3)}"
    try:
        run_script(pair, restarts.before(name))
        pair.restart(real.restart)
        run_script(pair, restarts.after(name))
        assert pair.difference is None, pair.difference
    finally:
        pair.close()
