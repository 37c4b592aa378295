"""RabbitMQ in a Docker container of our own, as its image ships it.

Warren configures nothing in it: what is judged is the broker as people run it. RabbitMQ 4.3 denies some deprecated
features; the document's consumers need none of them.
"""

from __future__ import annotations

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import docker
import docker.errors
import requests

from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers.own import (
    CONTAINER,
    RESTART,
    ack_timeout_code,
    admit_cases,
    disk_code,
    evaluate_command,
    memory_code,
    new_access,
    refused,
)
from warren.worlds.real.brokers.readiness import wait_until_ready
from warren.worlds.real.brokers.vhosts import name_prefix
from warren.worlds.real.runs.ports import LOOPBACK, Ports
from warren.worlds.real.runs.processes import last_lines

if TYPE_CHECKING:
    from docker.models.containers import Container

    from warren.worlds.real.brokers.readiness import Access
    from warren.worlds.real.runs.run import Run

DEFAULT_IMAGE = "rabbitmq:4.3-management"
_LABEL = "warren.run"
_TOOL = "rabbitmqctl"
_BROKER, _OR = "--broker docker", ", or choose another broker"
_TIMEOUT = 60  # seconds for one answer of the engine, or for one step of progress of a pull
_SHORT_TIMEOUT = 10  # where an engine may well be away, and can be asked another time


def image_name(short: str) -> str:
    """Complete an image's name: a bare version means the official image with management.

    >>> image_name("3.10")
    'rabbitmq:3.10-management'
    """
    if not short:
        return DEFAULT_IMAGE
    return f"rabbitmq:{short}-management" if re.fullmatch(r"\d+(\.\d+)*", short) else short


def engine(timeout: int = _TIMEOUT, where: str = _BROKER) -> docker.DockerClient:
    """Connect to the Docker engine that the environment names. Raises BrokerUnavailable, for what needs it."""
    try:
        client = docker.from_env(timeout=timeout)
        client.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise BrokerUnavailable(
            f"no Docker engine answers ({type(error).__name__})",
            where,
            f"start one and check that you may use it (`docker ps`){_OR if where == _BROKER else ''}",
        ) from error
    return client


@dataclass(frozen=True, slots=True)
class ContainerBroker:
    """A RabbitMQ image that is on this machine."""

    image: str

    @classmethod
    def choose(cls, short: str) -> ContainerBroker:
        """Check that an engine answers and has the image, or can pull it."""
        image = image_name(short)
        with contextlib.closing(engine()) as client:
            _ensure_image(client, image)
        return cls(image)

    @property
    def option(self) -> str:
        """The value of `--broker`."""
        return f"docker:{self.image}"

    @property
    def can_restart(self) -> bool:
        """It is ours."""
        return True

    @property
    def is_light(self) -> bool:
        """A RabbitMQ takes seconds to start, on a core of its own."""
        return False

    def start(self, run: Run, access: Access | None = None) -> RunningContainer:
        """Start a container at `access`, by default one that nobody else knows."""
        return RunningContainer(self.image, run, access)


class RunningContainer:
    """One container, removed by `stop`, or by a later run's sweep because of its label."""

    def __init__(self, image: str, run: Run, access: Access | None) -> None:
        """Start it and wait until it is ready."""
        self._client = engine()
        self._ports = Ports()  # not those that the engine would choose: they change at a restart
        self._container: Container | None = None
        try:
            self._access = access or new_access(self._ports)
            run.note(CONTAINER, {})
            self._container = self._made(image, run)
            self._container.start()
            version = self._wait()
            description = f"RabbitMQ {version} (docker, {image})"
            self.address = admit_cases(self._access, run, version, description)
        except BaseException as error:
            self.stop()
            if isinstance(error, docker.errors.APIError):
                raise _sentence(error, image) from error
            raise

    def restart(self) -> None:
        """Have RabbitMQ stop in order, start again, and wait until it is ready."""
        self._evaluate(RESTART)
        self._wait()

    def kill(self) -> None:
        """Cut the container off (SIGKILL), start it again, wait until it is ready."""
        assert self._container is not None, "a stopped broker was told to end"
        self._container.kill()
        self._container.wait()
        self._container.start()
        self._wait()

    def set_memory_alarm(self, is_on: bool) -> None:
        """Let it have no share of the machine's memory, or as much as it has by default."""
        self._evaluate(memory_code(is_on))

    def set_disk_alarm(self, is_on: bool) -> None:
        """Let it want more of its disk free than there is, or as much as by default."""
        self._evaluate(disk_code(is_on))

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Tell its node's settings, which a channel reads when it is opened."""
        self._evaluate(ack_timeout_code(seconds))

    def stop(self) -> None:
        """Remove the container with its data."""
        if self._container is not None:
            try:
                remove(self._container)
            except (docker.errors.DockerException, requests.RequestException) as error:
                raise BrokerUnavailable(
                    f"the Docker engine does not remove it ({type(error).__name__})",
                    f"container {self._container.name}",
                    "start the engine; Warren's next start removes it then",
                ) from error
            self._container = None
        self._ports.close()
        self._client.close()

    def _evaluate(self, code: str) -> None:
        """Have its node evaluate Erlang code. Raises BrokerUnavailable where that fails."""
        assert self._container is not None, "a stopped broker was told to change"
        done = self._container.exec_run(evaluate_command(_TOOL, code))
        if done.exit_code:
            assert isinstance(done.output, bytes), "it was not asked for a stream"
            said = last_lines(done.output.decode("utf-8", errors="replace"))
            raise refused(said, self.address.description)

    def _made(self, image: str, run: Run) -> Container:
        """Create the container, and know of it even where we are told to end before the engine has answered.

        Once the engine was asked it makes the container all the same. So a thread waits for its answer.
        """
        with ThreadPoolExecutor(max_workers=1) as asking:
            made = asking.submit(self._create, image, run)
            try:
                return made.result()
            except BaseException:
                if made.exception() is None:
                    self._container = made.result()
                raise

    def _create(self, image: str, run: Run) -> Container:
        access = self._access
        return self._client.containers.create(
            image,
            name=f"{name_prefix(run.id)}{access.port}",
            labels=label_of(run),
            environment={
                "RABBITMQ_DEFAULT_USER": access.user,
                "RABBITMQ_DEFAULT_PASS": access.password,
            },
            ports={
                "5672/tcp": (LOOPBACK, access.port),
                "15672/tcp": (LOOPBACK, access.management_port),
            },
        )

    def _wait(self) -> str:
        """Wait until it is ready and return its version; show the log's end if it never is."""
        try:
            return wait_until_ready(self._access, self._runs)
        except BrokerUnavailable as error:
            raise BrokerUnavailable(
                error.what, error.where, f"its log ends: {self._log_end()}"
            ) from error

    def _runs(self) -> bool:
        assert self._container is not None
        self._container.reload()
        return self._container.status in {"created", "running", "restarting"}

    def _log_end(self) -> str:
        assert self._container is not None
        log = self._container.logs(tail=20).decode("utf-8", errors="replace")
        return last_lines(log, secrets=(self._access.password,))


def remove_leftovers(run_id: str) -> None:
    """Remove every container of a run. Raises BrokerUnavailable where the engine does not do it now."""
    with contextlib.closing(engine(_SHORT_TIMEOUT)) as client:
        try:
            for container in client.containers.list(
                all=True, filters={"label": f"{_LABEL}={run_id}"}, ignore_removed=True
            ):
                remove(container)
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise BrokerUnavailable(
                f"the Docker engine does not remove containers ({type(error).__name__})",
                "--broker docker",
            ) from error


def label_of(run: Run) -> dict[str, str]:
    """Give the label by which a later run's sweep finds a container of this one."""
    return {_LABEL: run.id}


def remove(container: Container) -> None:
    """Remove a container with its data; somebody else may have been first, or be at it just now."""
    with contextlib.suppress(docker.errors.NotFound):
        try:
            container.remove(force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise
            container.wait(condition="removed", timeout=_TIMEOUT)


def _ensure_image(client: docker.DockerClient, image: str) -> None:
    """Pull the image if it is not there."""
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        try:
            client.images.pull(image)
        except (docker.errors.APIError, requests.RequestException) as error:
            raise _no_image(error, image) from error
    except docker.errors.APIError as error:
        raise _sentence(error, image) from error


def _no_image(error: Exception, image: str) -> BrokerUnavailable:
    explanation = getattr(error, "explanation", None) or type(error).__name__
    return BrokerUnavailable(
        f"the image is not on this machine and cannot be pulled ({last_lines(explanation, 1)})",
        f"--broker docker:{image}",
        "check its name and the network, or choose another broker",
    )


def _sentence(error: docker.errors.APIError, image: str) -> BrokerUnavailable:
    """Turn the engine's refusal into ours: a taken port, a full disk, or its own words."""
    said = str(error.explanation or error)
    if "already allocated" in said or "already in use" in said:
        return BrokerUnavailable("a port was taken while it started", image, "run again")
    if "no space left" in said:
        return BrokerUnavailable(
            "no space is left on the Docker engine's disk", image, "free some, e.g. `docker prune`"
        )
    return BrokerUnavailable(
        f"the Docker engine refused: {last_lines(said, 1)}", image, "look into the engine's log"
    )
