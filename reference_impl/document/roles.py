"""Which module plays which role. Imports wait for the role: only `http` needs a web framework."""

import importlib

from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from reference_impl.errors import ConsumerError
from reference_impl.settings import Settings
from reference_impl.stop import Stop

_MODULES = {
    ("blocking", "stream"): "blocking_stream",
    ("parts", "stream"): "parts_stream",
    ("parts", "part"): "parts_part",
    ("parts-random", "stream"): "parts_stream",
    ("parts-random", "part"): "parts_random_part",
    ("pipeline", "stream"): "pipeline_stream",
    ("pipeline", "part"): "pipeline_part",
    ("task", "http"): "task_http",
    ("task", "task"): "task_consumer",
    ("rpc", "http"): "rpc_http",
    ("rpc", "rpc-server"): "rpc_server",
}


class NoConnectionError(ConsumerError):
    """There was no connection to the broker, or it was lost: PHP prints the exception and exits with status 1."""


def play(settings: Settings, design: str, role: str, stop: Stop) -> None:
    """Play one role until it is stopped, has reached its bound, or crashes.

    Raises:
        NoConnectionError: the broker cannot be reached or refuses, or the connection was lost.

    """
    module = importlib.import_module(f"{__package__}.{_MODULES[design, role]}")
    try:
        module.play(settings, stop)
    except (AMQPError, AMQPConnectorException) as error:
        raise NoConnectionError(
            f"there is no connection to the broker of WARREN_AMQP_URL: {error!r}; see that it runs"
        ) from error
