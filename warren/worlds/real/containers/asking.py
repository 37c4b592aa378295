"""Asking the Docker engine for an instance: its refusals as one sentence."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import docker.errors
import requests

from warren.errors import InstanceError
from warren.worlds.real.runs.processes import last_lines

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def asking(where: str) -> Iterator[None]:
    """Turn what an engine refuses in a block into `InstanceError`."""
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise InstanceError(
            f"the image {_words(error).rpartition(': ')[2]} is not on this machine",
            where,
            "build it, or pull it (`docker build`, `docker pull`, `docker compose build`)",
        ) from error
    except docker.errors.APIError as error:
        raise InstanceError(
            f"the Docker engine refused: {_words(error)}", where, "correct its image or its command"
        ) from error
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise InstanceError(
            f"the Docker engine does not answer ({type(error).__name__})",
            where,
            "look into the engine's log",
        ) from error


def _words(error: docker.errors.APIError) -> str:
    return last_lines(str(error.explanation or error), 1)
