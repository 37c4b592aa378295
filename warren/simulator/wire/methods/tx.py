"""Class ``tx`` (90): publishes and acks that take effect together."""

from warren.simulator.wire.methods.declaration import Method, method


@method(90, 10)
class TxSelect(Method):
    """Makes the channel transactional."""


@method(90, 11)
class TxSelectOk(Method):
    """It is."""


@method(90, 20)
class TxCommit(Method):
    """Makes everything since the last commit take effect."""


@method(90, 21)
class TxCommitOk(Method):
    """It has."""


@method(90, 30)
class TxRollback(Method):
    """Forgets everything since the last commit."""


@method(90, 31)
class TxRollbackOk(Method):
    """It is forgotten."""
