"""What of a failure is the machine's: it kept Warren, or an instance, from running. Such a failure is no judgement.

No other verdict is touched: what a busy machine has kept from being seen is never a pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warren.claims.verdict import Outcome, Verdict, describe
from warren.evidence.starved import Span, kept_waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.frames import ConnectionEnded
    from warren.rigs.consumers.rig import Rig

_SILENT: Final = 2
"""Heartbeats: a broker ends a connection, without a word, when it has heard nothing for so many."""
_LONG: Final = 1.5
"""Heartbeats for which nothing is passed on: a client sends one every half, so a broker may hear nothing for two."""
_STRUCK: Final = 4
"""Heartbeats in which a fault ends a connection, if it does: three, and one more on a busy machine."""

_FAILED: Final = 500
"""The first HTTP status by which a server says that it failed."""


def excused(verdict: Verdict, rig: Rig) -> Verdict:
    """Take a failure back for which the machine may be the reason; give any other verdict as it is."""
    if verdict.outcome is not Outcome.FAIL:
        return verdict
    reason = _stood_still(rig) or _starved(verdict, rig)
    if not reason:
        return verdict
    words = (
        f"{reason}; give the machine less to do beside it."
        f" What would have been a failure: {describe(verdict)}"
    )
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, words=words)


def _stood_still(rig: Rig) -> str:
    """Tell of a pause of Warren's own after which the broker took a client for silent; "" where there is none.

    The relay passes no heartbeats on while it does not run. It sees such an end when it runs again, within a heartbeat.
    """
    pauses = rig.pauses()
    for end, heartbeat in _silent_ends(rig):
        for pause in pauses if end.by == "broker" else ():
            is_long = pause.seconds >= _LONG * heartbeat
            if is_long and pause.began < end.at < pause.ended + heartbeat:
                return (
                    f"Warren itself stood still for {pause.seconds:.1f} s until {pause.ended:.3f}, and the broker"
                    f" ended connection {end.connection} of {end.instance}, as it does when it hears nothing for two"
                    f" heartbeats of {heartbeat} s"
                )
    return ""


def _starved(verdict: Verdict, rig: Rig) -> str:
    """Tell of an instance that had to wait for a processor in a time on which the failure rests; "" where none had to.

    What was seen to happen rests on no time.
    """
    if any(violation.seen for violation in verdict.violations):
        return ""
    starved = rig.starved()
    for span in rig.rests_on(verdict.requirement):
        if kept := kept_waiting(span, starved):
            instance, seconds = kept
            return (
                f"{instance} waited for a processor for {seconds:.1f} s of the {span.seconds:.1f} s before"
                f" {span.words}, at {span.ended:.3f}"
            )
    return ""


def times_of(rig: Rig) -> tuple[Span, ...]:
    """Give the times on which a failure rests that is found now."""
    return (*_lives(rig), *rig.wait.spans(), *_calls(rig))


def _lives(rig: Rig) -> Iterator[Span]:
    """Give the last heartbeats of the connections that ended by silence. One that ended after a fault ended of that."""
    faults = rig.faults_done()
    for end, heartbeat in _silent_ends(rig):
        struck = end.at - _STRUCK * heartbeat
        if not any(f.to in ("", end.instance) and struck <= f.at <= end.at for f in faults):
            began, words = end.at - _SILENT * heartbeat, f"its connection {end.connection} ended"
            yield Span(began, end.at, words, end.instance)


def _calls(rig: Rig) -> Iterator[Span]:
    """Give the times of the calls that were answered by a failure, or not at all."""
    for call in rig.calls.made():
        until = rig.now() if call.until is None else call.until
        if call.status >= _FAILED:
            yield Span(call.at, until, f"GET {call.path} was answered {call.status}")
        elif not call.status:
            yield Span(call.at, until, f"GET {call.path} was given up")


def _silent_ends(rig: Rig) -> Iterator[tuple[ConnectionEnded, int]]:
    """Give the ends of connections that may have come of silence, each with its heartbeat (s).

    A broker ends one of whom it hears nothing. A client may end its own when it finds that it has been silent for so
    long; one that was not has another reason. A connection that came to agree on no heartbeat ended for another, too:
    a broker that is restarted hangs up on those who come too early.
    """
    ledger = rig.seen.everything()
    for end in ledger.ends:
        connection = end.instance, end.connection
        heartbeat = ledger.negotiated.get(connection, 0)
        last_sent = ledger.last_sent.get(connection, end.at)
        was_silent = end.by == "broker" or end.at - last_sent >= _SILENT * heartbeat
        if heartbeat and end.how in {"eof", "reset"} and was_silent:
            yield end, heartbeat
