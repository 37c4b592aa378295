"""Which module plays which role. Imports wait for the role: only `http` needs a web framework."""

import importlib

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


def play(settings: Settings, design: str, role: str, stop: Stop) -> None:
    """Play one role until it is stopped, has reached its bound, or crashes."""
    module = importlib.import_module(f"{__package__}.{_MODULES[design, role]}")
    module.play(settings, stop)
