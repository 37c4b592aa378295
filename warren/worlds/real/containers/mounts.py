"""What a container sees of the project: the case's copy of it, where the user's own folder would be mounted."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from docker.types import Mount as EngineMount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warren.worlds.real.containers.service import Mount


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


def _links_out_of(copy: Path) -> Iterator[Path]:
    return (
        entry for entry in copy.iterdir() if entry.is_symlink() and entry.readlink().is_absolute()
    )


def _give_to_its_owner(project: Path, copy: Path) -> None:
    """Give each file of the copy to the owner of the original: a container may run as that user."""
    for folder, _, files in os.walk(copy):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            source = project / path.relative_to(copy)
            if source.exists() and not path.is_symlink():
                owner = source.stat()
                with contextlib.suppress(FileNotFoundError):  # another instance is at work in it
                    os.chown(path, owner.st_uid, owner.st_gid)
