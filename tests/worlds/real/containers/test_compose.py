"""Services of Compose files: what is taken over, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.requisites import missing
from warren.errors import InstanceError
from warren.worlds.real.containers import compose
from warren.worlds.real.containers.compose import read_service, service_of
from warren.worlds.real.containers.service import Mount

if TYPE_CHECKING:
    from pathlib import Path

    from warren.worlds.real.runs import Run

FILE = """
services:
  orders:
    image: shop/orders:${TAG:-1.2}
    command: ["consume", "--price=$$5"]
    environment: &shared
      AMQP_URL: amqp://shop@rabbitmq:5672/
    init: true
    stop_signal: SIGINT
    restart: always
    depends_on: [rabbitmq]
    volumes:
      - ./out:/app/out
  rabbitmq:
    image: rabbitmq:4.3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a Compose file, on a machine that has Compose."""
    if not any(map(compose.is_there, compose.COMMANDS)):
        missing("there is no Compose; install Docker's plugin or docker-compose")
    path = tmp_path / "compose.yml"
    path.write_text(FILE)
    return path


def test_a_service(file: Path, run: Run) -> None:
    """Compose itself reads the file: variables, short forms, the services beside it."""
    service = service_of(file, "orders", file.parent, run)
    assert service.image == "shop/orders:1.2"
    assert service.command == ["consume", "--price=$5"]
    assert service.environment == {"AMQP_URL": "amqp://shop@rabbitmq:5672/"}
    assert service.options == {"init": True, "stop_signal": "SIGINT"}
    assert service.mounts == (Mount("out", "/app/out"),)
    assert service.peers == ("rabbitmq",)


def test_no_such_service(file: Path, run: Run) -> None:
    """A service that is not there is told with those that are."""
    with pytest.raises(InstanceError, match="there is no service order; name one of orders, rabb"):
        service_of(file, "order", file.parent, run)


def test_not_to_be_read(file: Path, run: Run) -> None:
    """What Compose says of a file that it does not take is told."""
    file.write_text("services: [orders]")
    with pytest.raises(InstanceError, match=r"Compose does not read it \(.+\)"):
        service_of(file, "orders", file.parent, run)


def test_no_compose(file: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Compose is missing the sentence says what to install."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InstanceError, match="install Docker's Compose plugin, or docker-compose"):
        service_of(file, "orders", file.parent, run)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"privileged": True}, "privileged"),
        ({"network_mode": "host"}, r"not the case's \(host\)"),
        ({"network_mode": "container:other"}, "not the case's"),
        ({"network_mode": "service:other"}, "not the case's"),
        ({"ports": ["8080:80"]}, "publishes ports"),
        ({"devices": ["/dev/kvm"]}, "`devices`"),
        ({"pid": "host"}, "`pid`"),
        ({"cap_add": ["SYS_ADMIN"]}, "`cap_add`"),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}, "engine's socket"),
        ({"volumes": [{"type": "bind", "source": "/etc", "target": "/x"}]}, "is outside of"),
        ({"volumes": ["/home/../etc:/x:ro"]}, "is outside of"),
        ({"volumes": ["data:/data"]}, "the volume data"),
        ({"volumes": ["/data"]}, "the volume of /data"),
        ({"image": None}, "no name for its image"),
    ],
)
def test_refused(asked: dict[str, Any], words: str, tmp_path: Path) -> None:
    """What reaches out of the case is refused, in a sentence that names the service."""
    whole = {"image": "shop/orders", **asked}
    if whole["image"] is None:
        del whole["image"]
    with pytest.raises(InstanceError, match=f"service orders.*{words}"):
        read_service(whole, (), "service orders", tmp_path)


def test_a_link_out_of_the_project(tmp_path: Path) -> None:
    """A mount that is in the project by its name alone is outside."""
    (tmp_path / "etc").symlink_to("/etc")
    asked = {"image": "shop/orders", "volumes": [f"{tmp_path}/etc:/x"]}
    with pytest.raises(InstanceError, match="is outside of"):
        read_service(asked, (), "service orders", tmp_path)


def test_either_form_of_a_mount(tmp_path: Path) -> None:
    """Both forms that Compose writes mean the same."""
    long = {"type": "bind", "source": f"{tmp_path}/out", "target": "/out", "read_only": True}
    for volume in (f"{tmp_path}/out:/out:ro", long):
        service = read_service({"image": "i", "volumes": [volume]}, (), "", tmp_path)
        assert service.mounts == (Mount("out", "/out", read_only=True),)


def test_options_that_mean_nothing(tmp_path: Path) -> None:
    """What says how a service lives among others does not reach the engine."""
    asked = {"image": "i", "restart": "always", "depends_on": ["db"], "user": "1000", "tmpfs": "/a"}
    options = read_service(asked, (), "", tmp_path).options
    assert options == {"user": "1000", "tmpfs": {"/a": ""}}
