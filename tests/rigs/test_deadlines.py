"""Deadlines: in the document's time where work is waited for, longer on a slow machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.rigs.deadlines import Deadlines, offered_heartbeat
from warren.rigs.pace import PACES, Pace

DEADLINES = ("stopped", "reconnected", "noticed", "quiet")
paces = st.sampled_from(sorted(PACES.values(), key=lambda pace: pace.name))
seconds = st.floats(0, 1000)


@pytest.mark.parametrize("pace", PACES.values(), ids=lambda pace: pace.name)
def test_same_ratio(pace: Pace) -> None:
    """Every pace has five document seconds to a heartbeat, which is a whole number of real ones."""
    assert pace.heartbeat == pytest.approx(5 * pace.second)
    assert pace.heartbeat >= 1


@given(paces, st.floats(1, 10))
def test_slowed(pace: Pace, slowness: float) -> None:
    """The second is twice as long at least, and longer on a slower machine, but at most the document's own."""
    slowed, longest = pace.slowed(slowness), PACES["document"].second
    assert (
        min(2 * pace.second, longest)
        <= slowed.second
        <= pace.slowed(slowness + 1).second
        <= longest
    )
    assert slowed.heartbeat == pytest.approx(5 * slowed.second)


@given(paces, seconds, seconds)
def test_slower_machine_waits_longer(pace: Pace, one: float, other: float) -> None:
    """No deadline is shorter where instances take longer to start."""
    fast, slow = (Deadlines.measured(pace, start) for start in sorted((one, other)))
    for name in DEADLINES:
        assert getattr(fast, name) <= getattr(slow, name)
    assert fast.within(3) <= slow.within(3)


@given(paces, seconds)
def test_bounds(pace: Pace, start: float) -> None:
    """A fast machine gets what an idle one needs; no machine is waited for without end."""
    assert 1.0 <= Deadlines.measured(pace, start).slowness <= 10.0


@given(paces, seconds, st.floats(0, 100))
def test_work_has_its_time(pace: Pace, start: float, work: float) -> None:
    """Work is given more than the time that it takes at this pace."""
    deadlines = Deadlines.measured(pace, start)
    assert deadlines.within(work) > deadlines.seconds(work) == work * pace.second


@given(st.floats(0, 100))
def test_offered_heartbeat(silence: float) -> None:
    """A start that is silent for as long as the one before, and half as long again, keeps its connection."""
    assert 2 * offered_heartbeat(silence) >= max(4.0, 1.5 * silence)


@pytest.mark.parametrize(
    ("silence", "work", "offered"),
    [
        (None, 0.0, 5),
        (None, 30.0, 5),
        (None, 6.0, 2),
        (0.1, 0.0, 2),
        (3.2, 6.0, 2),
        (9.1, 30.0, 10),
    ],
)
def test_heartbeat_for_a_start(silence: float | None, work: float, offered: int) -> None:
    """What is not known is given time; and work that nobody can lengthen lasts longer than a silent connection."""
    assert offered_heartbeat(silence, work) == offered


@pytest.mark.parametrize("pace", PACES.values(), ids=lambda pace: pace.name)
def test_silence_is_noticed(pace: Pace) -> None:
    """A broker closes a silent connection within three intervals; by `noticed` it has done so."""
    assert Deadlines(pace).noticed > 3 * pace.heartbeat
