"""The options of `warren learn` as they were written, and what follows from them alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from warren.errors import OptionError
from warren.learning import telling


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were written; relative paths are from where the person stands."""

    command: tuple[str, ...]
    image: str | None
    compose: Path | None
    service: str | None
    env: tuple[str, ...]
    file: tuple[str, ...]
    message: Path | None
    publish: str | None
    asyncapi: Path | None
    operation: str | None
    properties: tuple[str, ...]
    queue: str | None
    vhost: str | None
    exchange: str | None
    routing_key: str | None
    schema: Path | None
    migrate: str | None
    directory: Path | None
    name: str | None
    out: Path | None
    force: bool
    within: float
    yes: bool
    broker: str
    database: str

    @property
    def folder(self) -> Path:
        """Where it runs: here, or where its Compose file is, unless it is said."""
        return self.directory or (self.compose.parent if self.compose else Path())

    @property
    def manifest(self) -> Path:
        """Where the manifest is written."""
        return (self.out or self.folder / "warren.toml").absolute()

    def refuse_contradictions(self) -> None:
        """Raise `OptionError` where it is not clear what runs."""
        if not (self.command or self.image or self.compose):
            raise OptionError(
                "nothing says what runs",
                "warren learn",
                "end it with `-- COMMAND`, or give --image IMAGE, or --compose FILE",
            )
        if self.image and self.compose:
            raise OptionError("they name two consumers", "--image and --compose", "take one out")
        if self.service and not self.compose:
            raise OptionError("it is one of a Compose file", "--service", "add --compose FILE")
        if self.file and self.image:
            raise OptionError("an image has no folder to make files in", "--file", "use --env")
        said: dict[str, object] = {"--message": self.message, "--asyncapi": self.asyncapi}
        said["--property"] = self.properties
        if self.publish and any(said.values()):
            names = " and ".join(name for name, value in said.items() if value)
            raise OptionError(
                "a publisher says what its message is", f"{names} beside --publish", "take one out"
            )
        home = self.manifest.parent
        if self.compose and not self.compose.resolve().is_relative_to(home.resolve()):
            raise OptionError(
                f"a manifest in {home} cannot name it, since it is in none of its folders",
                str(self.compose),
                "give --out or --directory so that the manifest is beside it",
            )

    def slug(self, service: str) -> str:
        """Name the consumer, where it is that service of its Compose file ("" for none)."""
        image = (self.image or "").rpartition("/")[2].partition(":")[0]
        return telling.slug(self.name or service or image or self.folder.absolute().name)
