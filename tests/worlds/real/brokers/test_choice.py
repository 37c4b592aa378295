"""From `--broker` to a usable broker, or to one sentence."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

import pytest
import requests

from warren.errors import BrokerUnavailable, OptionError
from warren.simulator.model import Version
from warren.worlds.real.brokers import Management, choose
from warren.worlds.real.brokers.container import image_name
from warren.worlds.real.brokers.embedded import VERSIONS
from warren.worlds.real.brokers.existing import JOURNAL_KIND, parse, remove_leftovers
from warren.worlds.real.runs import Run, ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.real.brokers import RunningBroker

SECRET = "not-to-be-shown"  # noqa: S105 - it opens nothing


def _refusal(option: str) -> str:
    with pytest.raises((OptionError, BrokerUnavailable)) as caught:
        choose(option)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("option", ["rabbit", "local:x", "auto:x", "amqps://h", ""])
def test_meaningless(option: str) -> None:
    """A value that means nothing is refused with the right forms."""
    kind = option.partition(":")[0]
    assert _refusal(option) == (
        f"--broker: {kind!r} is no kind of broker; give auto, docker[:IMAGE], local, "
        "embedded[:3.10|:4.0] or amqp://…."
    )


@pytest.mark.parametrize(
    "option",
    [
        f"amqp://u:{SECRET}@host:port/",
        f"amqp://u:{SECRET}@",
        f"amqp://u:{SECRET}@host/?heartbeat=3",
        f"amqp://u:{SECRET}@host/?management=host:15672",
    ],
)
def test_bad_url(option: str) -> None:
    """A URL that is none is refused with the right form; its password is not repeated."""
    assert _refusal(option).startswith(
        "--broker: this is no AMQP URL that Warren understands; give"
    )


def test_url() -> None:
    """All parts of a URL are read, and what is left out has RabbitMQ's defaults."""
    access = parse("amqp://a%40b:c%2Fd@h:1/x%2Fy?management=http://m:2/")
    assert (access.host, access.port, access.vhost) == ("h", 1, "x/y")
    assert (access.user, access.password, access.management_url) == ("a@b", "c/d", "http://m:2")
    plain = parse("amqp://h")
    assert (plain.port, plain.vhost, plain.management_url) == (5672, "/", "http://h:15672")


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("", "rabbitmq:4.3-management"),
        ("3.10", "rabbitmq:3.10-management"),
        ("4.0", "rabbitmq:4.0-management"),
        ("4", "rabbitmq:4-management"),
        ("my/rabbit:2", "my/rabbit:2"),
    ],
)
def test_image_name(short: str, name: str) -> None:
    """A version alone means the official image with management."""
    assert image_name(short) == name


@pytest.mark.docker
def test_image_missing() -> None:
    """An image that is not there and cannot be pulled is named, with the engine's reason."""
    sentence = _refusal("docker:127.0.0.1:1/warren/none:0")
    assert sentence.startswith(
        "--broker docker:127.0.0.1:1/warren/none:0: "
        "the image is not on this machine and cannot be pulled ("
    )


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no engine answers the person reads what to do."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    assert _refusal("docker") == (
        "--broker docker: no Docker engine answers (DockerException); start one and check that "
        "you may use it (`docker ps`), or choose another broker."
    )


def test_auto_without_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is neither an engine nor a server, `auto` means the embedded broker."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert choose("auto").option == "embedded:4.3"


def test_embedded() -> None:
    """The embedded broker has the newest semantics, or those asked for, and can be restarted."""
    assert choose("embedded").option == "embedded:4.3"
    assert choose("embedded:3.10").option == "embedded:3.10"
    assert choose("embedded:4.0").option == "embedded:4.0"
    assert get_args(Version) == VERSIONS
    assert choose("embedded").can_restart
    assert choose("embedded").is_light


def test_unknown_semantics() -> None:
    """Semantics that there are none of are refused with those there are."""
    assert _refusal("embedded:5") == (
        "--broker embedded: there are no semantics '5'; give one of 3.10, 4.0, 4.3."
    )


def test_auto_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no engine `auto` means the server on this machine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    monkeypatch.setattr("shutil.which", lambda _name: "/opt/rabbitmq-server")
    assert choose("auto").option == "local"


@pytest.mark.docker
def test_auto_takes_docker(broker: RunningBroker) -> None:
    """Where an engine answers `auto` means its default image."""
    assert choose("auto").option == "docker:rabbitmq:4.3-management", broker.address


def test_nobody_listens() -> None:
    """An address where nothing listens is named."""
    with ports.Ports() as mine:
        port = mine.free()
        assert _refusal(f"amqp://u:{SECRET}@127.0.0.1:{port}").startswith(
            f"broker 127.0.0.1:{port}: AMQP did not answer (AMQPConnectionError); check that"
        )


def test_something_else_listens() -> None:
    """A server that closes at once is no broker, and does not keep us waiting."""
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]

        def hang_up() -> None:
            server.accept()[0].close()

        stranger = threading.Thread(target=hang_up)
        stranger.start()
        assert f"broker 127.0.0.1:{port}: AMQP did not answer" in _refusal(
            f"amqp://u:{SECRET}@127.0.0.1:{port}"
        )
        stranger.join(5)


@pytest.mark.docker
class TestExisting:
    """A broker that runs already, here one of our own."""

    @pytest.fixture
    def url(self, broker: RunningBroker) -> Callable[..., str]:
        """Give a function that makes its URL, with changes."""
        address = broker.address

        def make(
            user: str = address.user,
            password: str = address.password,
            vhost: str = "/",
            management: str = address.management_url,
        ) -> str:
            place = f"{address.host}:{address.port}/{quote(vhost, safe='')}"
            query = f"?management={management}"
            return f"amqp://{user}:{password}@{place}{query}"

        return make

    def test_wrong_password(self, url: Callable[..., str]) -> None:
        """A refused password is called so."""
        assert "user 'warren' or its password was refused; give the right" in _refusal(
            url(password=SECRET)
        )

    def test_no_such_vhost(self, url: Callable[..., str]) -> None:
        """A vhost that is not there is named."""
        assert "may not use vhost 'nowhere', or there is none; name a vhost" in _refusal(
            url(vhost="nowhere")
        )

    def test_no_management(self, url: Callable[..., str]) -> None:
        """Where the plugin is not enabled the person reads which, and how to name its place."""
        sentence = _refusal(url(management="http://127.0.0.1:1"))
        assert sentence.startswith("http://127.0.0.1:1: the management API is not there (")
        assert "enable the plugin rabbitmq_management" in sentence

    def test_not_an_administrator(
        self, url: Callable[..., str], management: Management, vhost: str
    ) -> None:
        """A user without the administrator tag is told which tag is missing."""
        management.create_user("warren-plain", SECRET)
        management._call(
            "PUT", "users", "warren-plain", json={"password": SECRET, "tags": "management"}
        )
        requests.put(
            f"{management._url}/api/permissions/{vhost}/warren-plain",
            json={"configure": ".*", "write": ".*", "read": ".*"},
            auth=management._session.auth,
            timeout=5,
        ).raise_for_status()
        assert "give the user the administrator tag" in _refusal(url("warren-plain", SECRET, vhost))
        management.delete_user("warren-plain")

    def test_use_and_leave(self, url: Callable[..., str], management: Management) -> None:
        """A run makes its user and takes it back; it neither restarts nor kills what is not its own."""
        run = Run.start()
        before = (set(management.users()), set(management.vhosts()))
        chosen = choose(url())
        assert not chosen.can_restart
        assert chosen.option == url()
        used = chosen.start(run)
        with pytest.raises(BrokerUnavailable, match="an existing broker is not restarted"):
            used.restart()
        with pytest.raises(BrokerUnavailable, match="an existing broker is not killed"):
            used.kill()
        management.create_vhost(f"warren-{run.id}-gw0-1", used.address.case_user)
        assert "(existing, 127.0.0.1:" in used.address.description
        used.stop()
        run.end()
        assert (set(management.users()), set(management.vhosts())) == before

    def test_killed_run(self, url: Callable[..., str], management: Management) -> None:
        """What a killed run noted is enough to take its user and vhosts back."""
        run = Run.start()
        before = (set(management.users()), set(management.vhosts()))
        used = choose(url()).start(run)
        management.create_vhost(f"warren-{run.id}-gw0-1", used.address.case_user)
        ((kind, facts),) = run.noted()
        assert kind == JOURNAL_KIND
        remove_leftovers(facts, run.id)
        run.end()
        assert (set(management.users()), set(management.vhosts())) == before

    def test_failing_call(self, management: Management) -> None:
        """A call that the broker refuses is shown with its status and words."""
        assert isinstance(management, Management)
        with pytest.raises(
            BrokerUnavailable, match=r"DELETE /queues/no/q/contents was answered 404"
        ):
            management.purge("no", "q")
