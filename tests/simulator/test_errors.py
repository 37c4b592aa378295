"""The one error of AMQP: codes, what they close, and the words on the wire."""

import pytest

from warren.simulator.errors import AmqpError, ReplyCode, Scope

SOFT = {311, 312, 313, 403, 404, 405, 406}


@pytest.mark.parametrize("code", ReplyCode, ids=lambda code: code.name)
def test_scope(code: ReplyCode) -> None:
    """Soft errors close the channel, hard ones the connection (AMQP 0-9-1, section 1.2)."""
    assert AmqpError(code).scope is (Scope.CHANNEL if code in SOFT else Scope.CONNECTION)


def test_reply_text() -> None:
    """The code's name and the sentence, or the name alone; never more than a short string holds."""
    assert AmqpError(ReplyCode.NOT_FOUND, "no queue").reply_text == "NOT_FOUND - no queue"
    assert AmqpError(ReplyCode.INTERNAL_ERROR).reply_text == "INTERNAL_ERROR"
    long = AmqpError(ReplyCode.NOT_FOUND, "\u0436" * 300).reply_text
    assert 250 < len(long.encode()) <= 255
    assert AmqpError(ReplyCode.NOT_FOUND, "\udcff").reply_text == "NOT_FOUND - \udcff"
