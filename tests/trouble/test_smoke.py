"""`warren smoke`: works, wired wrongly, or wired but not doing what it should."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.trouble.person import Person


def test_works(person: Person) -> None:
    """A consumer that leaves its row works: status 0."""
    ended = person.smoke(person.manifest())
    assert ended.status == 0, ended.printed
    assert ended.sentence("blocking: ") == "blocking: works: 1 effect of one message"
    header, result, *_ = ended.printed.splitlines()
    assert re.fullmatch(r"warren \S+: RabbitMQ .*; SQLite.*; pace fast .*", header)
    assert result.startswith("blocking: ")


def test_never_acked(person: Person) -> None:
    """A consumer that leaves its row and never acks does not conform: status 1."""
    # The document's heartbeat: a pause of the machine must not end the connection meanwhile.
    ended = person.smoke(person.manifest("hoards"), "--pace", "document")
    assert ended.status == 1, ended.printed
    sentence = ended.sentence("blocking: ")
    assert sentence.startswith("blocking: nonconforming: the effect is there, but the message is")
    assert "-> stream-1 (connection 1): unsettled; does it ack?" in sentence
    assert person.left_behind() == []


def test_wiring_fault(person: Person) -> None:
    """A consumer whose queue is bound to another exchange is wired wrongly: status 2."""
    ended = person.smoke(person.manifest("misbinds"))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("blocking: ")
    assert sentence.startswith("blocking: wiring fault: ")
    assert "old_sound_rabbit_mq.stream" in sentence
    assert person.left_behind() == []


def test_nonconforming(person: Person) -> None:
    """A consumer that acks and leaves no row is wired, but does not conform: status 1."""
    ended = person.smoke(person.manifest("forgets"))
    assert ended.status == 1, ended.printed
    sentence = ended.sentence("blocking: ")
    assert sentence.startswith("blocking: nonconforming: the message was delivered, but no row")
    assert person.left_behind() == []
