"""Regular expressions in linear time: what they match, and which are not taken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.simulator.model.patterns import PatternError
from warren.simulator.tcp.patterns import linear

PIECES = st.sampled_from(["a", "b", ".", "a*", "(a|b)", "[^a]", "b+", "a?", "(ab)*", "^", "x{2}"])


def test_a_pattern_that_others_take_for_ever() -> None:
    """Where a backtracking engine tries two to the power of a thousand ways, each octet is looked at once."""
    assert linear("^(a+)+$").search("a" * 1000 + "!") is None


@given(st.lists(PIECES, max_size=6), st.text("abx", max_size=8))
def test_it_matches_what_the_standard_library_does(pieces: list[str], name: str) -> None:
    """What both can match, both match in the same names."""
    pattern = "".join(pieces)
    try:
        expected = re.search(pattern, name) is not None
    except re.error:
        return
    assert (linear(pattern).search(name) is not None) is expected


@pytest.mark.parametrize(
    ("name", "matches"), [("orders", True), ("amq.gen-1", False), ("amqp", True), ("", True)]
)
def test_whatever_does_not_begin_so(name: str, matches: bool) -> None:
    """The lookahead that people use keeps the broker's own names out."""
    assert (linear(r"^(?!amq\.).*").search(name) is not None) is matches


@pytest.mark.parametrize("pattern", [r"(a)\1", "a(?=b)", "(?<!a)b", "^(?!a)b|c", "(?!a)b"])
def test_what_needs_backtracking_is_not_taken(pattern: str) -> None:
    """A pattern that has no linear time is refused, and the reason says what in it has none."""
    with pytest.raises(PatternError, match="linear time"):
        linear(pattern)


def test_octets_are_matched() -> None:
    """A name that is no UTF-8 is matched by its octets."""
    assert linear("^a.$").search(b"a\xff".decode(errors="surrogateescape")) is not None
    assert linear("^a..$").search("aé") is not None
