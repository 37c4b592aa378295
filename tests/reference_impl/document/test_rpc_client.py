"""The document's correlation ids, made of the clock."""

from unittest.mock import Mock

from freezegun import freeze_time

from reference_impl.document.rpc_client import TaskService


def test_correlation_id_is_a_checksum_of_the_clock() -> None:
    """The id is `task_` and the CRC-32 of PHP's microtime."""
    with freeze_time("2024-01-02 03:04:05.5"):
        assert TaskService(Mock()).correlation_id == "task_2602785965"


def test_one_microsecond_one_id() -> None:
    """Defect: two services of the same microsecond share their id; a later one has another."""
    with freeze_time("2024-01-02 03:04:05.5"):
        first, second = TaskService(Mock()), TaskService(Mock())
    with freeze_time("2024-01-02 03:04:06.5"):
        third = TaskService(Mock())
    assert first.correlation_id == second.correlation_id
    assert third.correlation_id != first.correlation_id


def test_every_call_of_a_service_has_its_id() -> None:
    """Defect: the id belongs to the service, so that two calls cannot be told apart."""
    client = Mock()
    service = TaskService(client)
    client.get_replies.return_value = {service.correlation_id: "{}"}
    for task_id in (1, 2):
        assert service.call(task_id) == "{}"
    ids = {call.args[2] for call in client.add_request.call_args_list}
    assert ids == {service.correlation_id}
