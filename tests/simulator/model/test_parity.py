"""The model beside a real RabbitMQ. Needs WARREN_PARITY_URL: amqp://user:password@host:port/vhost.

The virtual host should be for this alone. `compare` runs more sequences than a test should.
WARREN_PARITY_RESTART, if given, is a command that restarts that broker and ends when it is ready.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.model import restarts
from tests.simulator.model.parity import Pair
from tests.simulator.model.scripts import SCRIPTS, run_script
from tests.simulator.model.sequences import LOSSES, PLAIN, Step, run

DIFFERED = json.loads(Path(__file__).with_name("differed.json").read_text())
NUMBERS = st.integers(0, 255)
STEPS = st.lists(
    st.builds(Step, st.sampled_from(PLAIN + LOSSES), NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    min_size=20,
    max_size=60,
)


@pytest.fixture(scope="module")
def url() -> Any:
    """Return the address of the real broker."""
    given_url = os.environ.get("WARREN_PARITY_URL")
    if not given_url:
        pytest.skip("WARREN_PARITY_URL names no real RabbitMQ to compare the model with")
    return given_url


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


def test_a_restart_leaves_the_same(url: str) -> None:
    """Queues, messages in order, redelivered flags, exchanges and bindings survive alike."""
    command = os.environ.get("WARREN_PARITY_RESTART")
    if not command:
        pytest.skip("WARREN_PARITY_RESTART says no command that restarts the broker")
    pair = Pair(url)
    name = f"p{token_hex(3)}"
    try:
        run_script(pair, restarts.before(name))
        pair.restart(lambda: subprocess.run(shlex.split(command), check=True, timeout=120))
        run_script(pair, restarts.after(name))
        assert pair.difference is None, pair.difference
    finally:
        pair.close()
