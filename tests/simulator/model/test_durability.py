"""What a restart leaves; confirms and transactions as the stronger promise."""

from typing import Any

import pytest

from tests.simulator.model.lab import Lab, closed
from warren.simulator.model import Version, commands, events


def restart(lab: Lab) -> Any:
    """Restart the broker; return the reply codes of the connections it closes."""
    return [event.reply_code for event in lab.do(commands.Restart())]


def test_durable_queue_and_persistent_message_survive_together() -> None:
    """A durable queue keeps its persistent messages, in order, and loses the transient ones."""
    lab = Lab()
    client = lab.channel()
    client.declare("durable")
    client.declare("transient", durable=False, auto_delete=False)
    for queue in ("durable", "transient"):
        for number, mode in enumerate((2, 1, None, 2)):
            client.publish(queue, b"%d" % number, delivery_mode=mode)
    client.get("durable")
    assert restart(lab) == [320]
    assert [*lab.broker.vhosts["/"].queues] == ["durable"]
    assert lab.ready("durable") == [b"0", b"3"]


def test_redelivered_survives() -> None:
    """What was delivered before the restart is redelivered after it, what was not is not."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.publish("q", b"1", delivery_mode=2)
    client.publish("q", b"2", delivery_mode=2)
    client.get("q")
    restart(lab)
    assert [lab.channel(2).get("q").redelivered for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("semantics", "counted"), [("3.10", False), ("4.3", True)])
def test_a_lost_message_stops_the_count(semantics: Version, counted: bool) -> None:
    """Where a restart lost what nobody was given, 3.10 calls nothing behind it in its priority redelivered."""
    lab = Lab(semantics)
    lab.channel().declare("q", arguments={"x-max-priority": 1}, durable=True)
    lab.channel().publish("q", b"lost", priority=0)
    restart(lab)
    client = lab.channel(2)
    for priority in (0, 1):
        client.publish("q", b"%d" % priority, priority=priority)
    for _ in range(2):
        client.get("q")
    client.nack(0, multiple=True)
    again = [client.get("q") for _ in range(2)]
    assert [(get.message.body, get.redelivered) for get in again] == [(b"1", True), (b"0", counted)]


@pytest.mark.parametrize(("semantics", "kept"), [("3.10", {"d"}), ("4.3", {"d", "t"})])
def test_exchanges_and_bindings(semantics: Version, kept: set[str]) -> None:
    """Durable exchanges and their bindings survive; 4.3 keeps even those declared transient."""
    lab = Lab(semantics)
    client = lab.channel()
    client.declare("q")
    for name, durable in (("d", True), ("t", False)):
        client.exchange(name, "fanout", durable=durable)
        client.bind("q", name)
    restart(lab)
    exchanges = lab.broker.vhosts["/"].exchanges
    assert kept == {name for name in exchanges if name and not name.startswith("amq.")}
    for name in kept:
        lab.channel(2).publish("", name.encode(), name)
    assert {body.decode() for body in lab.ready("q")} == kept


def test_exclusive_queue_is_not_durable() -> None:
    """An exclusive queue goes with its connection, whatever it was declared."""
    lab = Lab()
    lab.channel().declare("q", durable=True, exclusive=True)
    restart(lab)
    assert lab.broker.vhosts["/"].queues == {}


def test_confirms_come_in_order_and_count_from_one() -> None:
    """Every publish in confirm mode is answered with its number, also the unroutable one."""
    client = Lab().channel()
    client.publish("nowhere")
    client.do(commands.ConfirmSelect)
    client.declare("q")
    assert client.publish("q") == [events.BasicAck(1, 1, 1)]
    returned, ack = client.publish("nowhere", mandatory=True)
    assert isinstance(returned, events.BasicReturn)
    assert ack == events.BasicAck(1, 1, 2)


def test_a_transaction_takes_effect_at_commit() -> None:
    """Publishes and acks of a transaction are invisible until it is committed."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.publish("q", b"old")
    client.do(commands.TxSelect)
    client.ack(client.get("q").delivery_tag)
    client.publish("q", b"new")
    queue = lab.broker.vhosts["/"].queues["q"]
    assert (lab.ready("q"), queue.unacked_count) == ([], 1)
    assert client.do(commands.TxCommit) == [events.TxCommitOk(1, 1)]
    assert (lab.ready("q"), queue.unacked_count) == ([b"new"], 0)


@pytest.mark.parametrize("semantics", ["3.10", "4.3"])
def test_a_queue_goes_before_the_commit(semantics: Version) -> None:
    """3.10 returns a mandatory message; 4.3 ends the connection, keeps what came before, and settles nothing."""
    lab = Lab(semantics)
    client = lab.channel()
    for queue in ("stays", "goes"):
        client.declare(queue)
    client.publish("stays", b"held")
    client.do(commands.TxSelect)
    client.ack(client.get("stays").delivery_tag)
    client.publish("stays", b"before")
    client.publish("goes", b"after", mandatory=True)
    client.do(commands.QueueDelete, "goes")
    caused = client.do(commands.TxCommit)
    if semantics == "3.10":
        assert [type(each) for each in caused] == [events.BasicReturn, events.TxCommitOk]
        assert lab.ready("stays") == [b"before"]
    else:
        scope, code, said = closed(caused)
        assert (scope, code) == ("connection", 506)
        assert 'not_found,{resource,<<"/">>,queue,<<"goes">>}' in said
        assert lab.ready("stays") == [b"held", b"before"]


@pytest.mark.parametrize("semantics", ["3.10", "4.3"])
def test_a_queue_is_replaced_before_the_commit(semantics: Version) -> None:
    """3.10 publishes to the new queue of the name; for 4.3 it is as if the queue refused: 406, and nothing there."""
    lab = Lab(semantics)
    client = lab.channel()
    client.declare("q")
    client.do(commands.TxSelect)
    client.publish("q", b"message")
    client.do(commands.QueueDelete, "q")
    client.declare("q")
    caused = client.do(commands.TxCommit)
    if semantics == "3.10":
        assert caused == [events.TxCommitOk(1, 1)]
        assert lab.ready("q") == [b"message"]
    else:
        assert closed(caused)[:2] == ("channel", 406)
        assert lab.ready("q") == []


@pytest.mark.parametrize(("semantics", "ready"), [("3.10", [b"message"]), ("4.3", [])])
def test_a_queue_is_declared_before_the_commit(semantics: Version, ready: list[bytes]) -> None:
    """3.10 looks for the queue of that name at the commit; 4.3 knows at the publish that there is none."""
    lab = Lab(semantics)
    client = lab.channel()
    client.do(commands.TxSelect)
    client.publish("q", b"message")
    client.declare("q")
    client.do(commands.TxCommit)
    assert lab.ready("q") == ready


def test_a_rollback_undoes() -> None:
    """Publishes are forgotten; what was acknowledged is unacknowledged again, not requeued."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.publish("q", b"old")
    client.do(commands.TxSelect)
    tag = client.get("q").delivery_tag
    client.ack(tag)
    client.publish("q", b"new")
    client.do(commands.TxRollback)
    assert lab.ready("q") == []
    client.ack(tag)
    client.do(commands.TxCommit)
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 0


def test_a_transaction_that_is_not_finished_leaves_nothing() -> None:
    """When the channel closes first, its publishes are gone and its deliveries go back."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.publish("q", b"old")
    client.do(commands.TxSelect)
    client.ack(client.get("q").delivery_tag)
    client.publish("q", b"new")
    client.do(commands.ChannelClose)
    assert lab.ready("q") == [b"old"]


def test_a_commit_that_a_queue_refuses_closes_the_channel() -> None:
    """What could be done is done, and the client is told that it was not all."""
    lab = Lab()
    client = lab.channel()
    limits = {"x-max-length": 1, "x-overflow": "reject-publish"}
    client.declare("q", durable=True, arguments=limits)
    client.do(commands.TxSelect)
    client.publish("q", b"1")
    client.publish("q", b"2")
    assert closed(client.do(commands.TxCommit)) == ("channel", 406, "partial tx completion")
    assert lab.ready("q") == [b"1"]


def test_a_full_quorum_queue_does_not_make_a_commit_fail() -> None:
    """It takes all that a commit brings before it can refuse; what it refuses in the next one is lost."""
    lab = Lab()
    client = lab.channel()
    limits = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    client.declare("q", durable=True, arguments=limits)
    client.do(commands.TxSelect)
    for body in (b"1", b"2", b"3"):
        client.publish("q", body)
    (answer,) = client.do(commands.TxCommit)
    assert isinstance(answer, events.TxCommitOk)
    client.publish("q", b"4")
    (answer,) = client.do(commands.TxCommit)
    assert isinstance(answer, events.TxCommitOk)
    assert lab.ready("q") == [b"1", b"2", b"3"]


def test_confirms_and_transactions_exclude_each_other() -> None:
    """A channel is in one mode or the other: 406."""
    lab = Lab()
    one, other = lab.channel(1, 1), lab.channel(1, 2)
    one.do(commands.TxSelect)
    other.do(commands.ConfirmSelect)
    text = "cannot switch from tx to confirm mode"
    assert closed(one.do(commands.ConfirmSelect)) == ("channel", 406, text)
    text = "cannot switch from confirm to tx mode"
    assert closed(other.do(commands.TxSelect)) == ("channel", 406, text)
