"""What a container sees of the project: the case's copy of it, where the user's own folder would be mounted."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docker.types import Mount as EngineMount

from warren.errors import InstanceError
from warren.worlds.real.containers.asking import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docker import DockerClient

    from warren.worlds.real.containers.service import Mount

_COPY: Final = "/warren-copy"


def engine_mounts(mounts: Sequence[Mount], project: Path, copy: Path) -> list[EngineMount]:
    """Give the mounts as the engine takes them; `copy` is the case's of the folder `project`.

    What is linked there, since it is large, is mounted read-only where the link leads.
    """
    _give_to_its_owner(project, copy)
    inner = [
        EngineMount(mount.target, str(copy / mount.source), "bind", read_only=mount.read_only)
        for mount in mounts
    ]
    linked = [
        EngineMount(str(link.readlink()), str(link.readlink()), "bind", read_only=True)
        for link in _links_out_of(copy)
        if any((copy / mount.source) in link.parents for mount in mounts)
    ]
    return [*inner, *linked]


def let_everybody_delete(
    client: DockerClient, image: str, copy: Path, labels: Mapping[str, str]
) -> None:
    """Have a container's root open what containers made in a copy: without root nobody else may delete it.

    It takes the image's `chmod`; where there is none, what they made stays.
    """
    if _is_all_ours(copy):
        return
    with contextlib.suppress(InstanceError), asking(str(copy)):
        client.containers.run(
            image,
            ["-R", "a+rwX", _COPY],
            entrypoint=["chmod"],
            user="0",
            network_mode="none",
            mounts=[EngineMount(_COPY, str(copy), "bind")],
            labels=dict(labels),
            remove=True,
        )


def _is_all_ours(copy: Path) -> bool:
    return all(
        Path(folder, name).lstat().st_uid == os.geteuid()
        for folder, *names in os.walk(copy)
        for name in (".", *names[0], *names[1])
    )


def _links_out_of(copy: Path) -> Iterator[Path]:
    return (
        entry for entry in copy.iterdir() if entry.is_symlink() and entry.readlink().is_absolute()
    )


def _give_to_its_owner(project: Path, copy: Path) -> None:
    """Give each file of the copy to the owner of the original: a container may run as that user.

    Without root what is another's cannot be given. Then everybody may do with it what its owner may.
    """
    for folder, _, files in os.walk(copy):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            source = project / path.relative_to(copy)
            if source.exists() and not path.is_symlink():
                with contextlib.suppress(FileNotFoundError):  # another instance is at work in it
                    _give(path, source.stat())


def _give(path: Path, like: os.stat_result) -> None:
    try:
        os.chown(path, like.st_uid, like.st_gid)
    except PermissionError:
        rights = stat.S_IMODE(like.st_mode)
        path.chmod(rights | (rights & stat.S_IRWXU) >> 6)
