"""Services of Compose files, as Compose itself reads them: `docker compose config`, once in a run.

Files that it includes, `.env`, anchors and interpolation are its matter. What a service asks for that a case cannot
give, or must not, is refused here.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from warren.errors import InstanceError
from warren.worlds.real.containers.service import Mount, Service
from warren.worlds.real.runs.processes import last_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.runs.run import Run

_SECONDS: Final = 60
COMMANDS: Final = (("docker", "compose"), ("docker-compose",))
"""Compose as a plugin of Docker, and the older program of its own."""
_KEPT: Final = (
    *("cap_drop", "init", "mem_limit", "read_only", "shm_size", "stop_signal", "user"),
    "working_dir",
)
"""What goes to the engine as it stands."""
_READ: Final = {"command", "entrypoint", "environment", "image", "tmpfs", "volumes"}
_WITHOUT_MEANING: Final = {
    *("attach", "build", "container_name", "depends_on", "deploy", "develop", "env_file", "expose"),
    *("extra_hosts", "healthcheck", "hostname", "labels", "links", "logging", "networks"),
    *("profiles", "pull_policy", "restart", "scale", "stdin_open", "stop_grace_period", "tty"),
}
"""What says how it stands among others, or how long it lives: a case has it stand alone, and restarts it itself."""
_SOCKETS: Final = ("docker.sock", "containerd.sock", "podman.sock")
_OTHERS_NETWORKS: Final = ("host", "container:", "service:")


def service_of(file: Path, name: str, project: Path, run: Run) -> Service:
    """Read a service whose files are in the folder `project`.

    Raises `InstanceError` where it cannot be read, or asks for what it must not have.
    """
    key = hashlib.sha256(f"{file}\0{name}\0{project}".encode()).hexdigest()[:16]
    facts = run.once(f"compose-{key}", partial(_facts, file, name, project))
    mounts = tuple(Mount(**mount) for mount in facts.pop("mounts"))
    return Service(**{**facts, "peers": tuple(facts["peers"])}, mounts=mounts)


def _facts(file: Path, name: str, project: Path) -> dict[str, Any]:
    services = services_in(file)
    where = f"service {name} of {file}"
    if name not in services:
        known = ", ".join(sorted(services))
        raise InstanceError(f"there is no service {name}", str(file), f"name one of {known}")
    return asdict(
        read_service(services[name], tuple(s for s in services if s != name), where, project)
    )


def services_in(file: Path) -> dict[str, dict[str, Any]]:
    """Give what a file says of each of its services, by their names. Raises `InstanceError` where it cannot be read."""
    services: dict[str, dict[str, Any]] = _config(file)["services"]
    return services


def _config(file: Path) -> dict[str, Any]:
    """Have Compose read a file."""
    for command in COMMANDS:
        argv = [*command, "-f", str(file), "config"]
        if is_there(command):
            done = subprocess.run(
                argv, cwd=file.parent, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
            if done.returncode:
                words = f"Compose does not read it ({last_lines(done.stderr, 2)})"
                raise InstanceError(words, str(file), "correct it (`docker compose config`)")
            read: dict[str, Any] = yaml.safe_load(done.stdout)
            return read
    raise InstanceError(
        "it is read by Compose, which is not on this machine",
        str(file),
        "install Docker's Compose plugin, or docker-compose",
    )


def is_there(command: tuple[str, ...]) -> bool:
    """Whether Compose is here under that command."""
    try:
        argv = [*command, "version"]
        return not subprocess.run(
            argv, capture_output=True, timeout=_SECONDS, check=False
        ).returncode
    except FileNotFoundError:
        return False


def read_service(
    asked: dict[str, Any], peers: tuple[str, ...], where: str, project: Path
) -> Service:
    """Take what a service says; raise `InstanceError` for what it must not say."""
    for what, to_do in _refusals(asked):
        raise InstanceError(what, where, to_do)
    if "image" not in asked:
        raise InstanceError(
            "it has no name for its image",
            where,
            "add `image`, so that what `build` makes is found",
        )
    plain = _unescaped(asked)
    environment = plain.get("environment") or {}
    return Service(
        image=plain["image"],
        command=plain.get("command"),
        entrypoint=plain.get("entrypoint"),
        environment={key: str(value) for key, value in environment.items() if value is not None},
        options=_options(plain),
        mounts=tuple(_mounts(plain, where, project)),
        peers=peers,
    )


def _refusals(asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what a service asks for that it does not get, and what to do about each."""
    if asked.get("privileged"):
        yield "it is privileged, and could do anything to this machine", "take `privileged` out"
    network = str(asked.get("network_mode", "none"))
    if network.startswith(_OTHERS_NETWORKS):
        yield f"it is in a network that is not the case's ({network})", "take `network_mode` out"
    if asked.get("ports"):
        to_do = "take `ports` out, or have them in a Compose file of its own; Warren needs none"
        yield "it publishes ports, which several cases at once cannot have", to_do
    known = {*_KEPT, *_READ, *_WITHOUT_MEANING, "network_mode", "ports", "privileged"}
    for key in sorted(asked.keys() - known):
        if asked[key]:
            yield f"it asks for `{key}`, which Warren gives to no container", f"take `{key}` out"


def _options(asked: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {key: asked[key] for key in _KEPT if key in asked}
    if tmpfs := asked.get("tmpfs"):
        folders = [tmpfs] if isinstance(tmpfs, str) else tmpfs
        options["tmpfs"] = dict(folder.partition(":")[::2] for folder in folders)
    return options


def _mounts(asked: dict[str, Any], where: str, project: Path) -> Iterator[Mount]:
    for volume in asked.get("volumes") or ():
        source, target, is_read_only = _volume(volume)
        if source.endswith(_SOCKETS):
            raise InstanceError(
                f"it mounts the engine's socket ({source}), and could do anything to this machine",
                where,
                "take it out",
            )
        if not source.startswith("/"):
            raise InstanceError(
                f"it mounts the volume {source or 'of ' + target}, which other cases would see too",
                where,
                "mount a folder of the project, or take it out",
            )
        inner = Path(source).resolve()
        if not inner.is_relative_to(project.resolve()):
            raise InstanceError(
                f"it mounts {source}, which is outside of {project}",
                where,
                "mount what is in the project, or name a wider `directory`",
            )
        yield Mount(str(inner.relative_to(project.resolve())), target, is_read_only)


def _volume(volume: str | dict[str, Any]) -> tuple[str, str, bool]:
    """Give source, target and whether it is read-only, of either form that Compose writes."""
    if isinstance(volume, str):
        source, _, rest = volume.partition(":")
        target, _, options = rest.partition(":")
        return (source, target, "ro" in options.split(",")) if target else ("", source, False)
    return volume.get("source") or "", volume["target"], bool(volume.get("read_only"))


def _unescaped(value: Any) -> Any:
    """Undo what Compose does to a dollar sign, so that its output can be read by itself again."""
    match value:
        case str():
            return value.replace("$$", "$")
        case list():
            return [_unescaped(each) for each in value]
        case dict():
            return {key: _unescaped(each) for key, each in value.items()}
        case _:
            return value
