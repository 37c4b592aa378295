"""Where the suites' sources come from: PyPI, crates.io, the Go module proxy, or a repository.

Each source is a function that puts a suite's sources below a folder and returns where. What it brings must have the
checksum, or be the commit, that `suites.toml` names.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.third_party.commands import run_command
from warren.errors import SetupError

if TYPE_CHECKING:
    from tests.third_party.suites import Suite


def from_pypi(suite: Suite, draft: Path, python: Path) -> Path:
    """Unpack a source distribution."""
    wanted = f"{suite.project}=={suite.version}"
    pip = [str(python), "-m", "pip", "download", "--quiet", "--no-deps"]
    run_command([*pip, f"--no-binary={suite.project}", f"--dest={draft}", wanted], folder=draft)
    (archive,) = draft.glob("*.tar.gz")
    with archive.open("rb") as opened:
        _verify(hashlib.file_digest(opened, "sha256").hexdigest(), suite)
    with tarfile.open(archive) as opened_archive:
        # Python 3.11.2, Debian 12's, has no filters yet: there the checksum alone stands for the archive.
        opened_archive.extraction_filter = getattr(tarfile, "data_filter", None)
        opened_archive.extractall(draft)  # noqa: S202 - its checksum is known
    return draft / archive.name.removesuffix(".tar.gz")


def from_go(suite: Suite, draft: Path) -> Path:
    """Copy a module, whose archive has its tests, out of Go's own read-only cache."""
    wanted = f"{suite.project}@{suite.version}"
    facts = json.loads(run_command(["go", "mod", "download", "-json", wanted], folder=draft))
    _verify(facts["Sum"], suite)
    return _copied(Path(facts["Dir"]), draft)


def from_crates(suite: Suite, draft: Path) -> Path:
    """Copy a crate, which carries its tests, out of cargo's own cache."""
    manifest = draft / "Cargo.toml"
    manifest.write_text(
        '[package]\nname = "wants"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[dependencies]\n{suite.project} = "={suite.version}"\n',
        "utf-8",
    )
    (draft / "src").mkdir()
    (draft / "src" / "lib.rs").touch()
    metadata = json.loads(run_command(["cargo", "metadata", "--format-version=1"], folder=draft))
    locked = tomllib.loads((draft / "Cargo.lock").read_text("utf-8"))["package"]
    (checksum,) = (package["checksum"] for package in locked if package["name"] == suite.project)
    _verify(checksum, suite)
    (found,) = (package for package in metadata["packages"] if package["name"] == suite.project)
    return _copied(Path(found["manifest_path"]).parent, draft)


def from_git(suite: Suite, draft: Path, copy: str) -> Path:
    """Clone a tag of the repository, or of a copy of it."""
    made, place = draft / suite.name, copy or suite.git
    clone = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth=1"]
    try:
        run_command([*clone, f"--branch={suite.version}", place, str(made)], folder=draft)
    except SetupError as error:
        raise SetupError(
            "its repository is out of reach", place, f"give --copy {suite.name}=URL, or a folder"
        ) from error
    head = run_command(["git", "rev-parse", "HEAD"], folder=made).strip()
    if head != suite.commit:
        raise SetupError(f"tag {suite.version} is not the known commit", place, "look into why")
    return made


def _verify(checksum: str, suite: Suite) -> None:
    if checksum != suite.checksum:
        wanted = f"{suite.project} {suite.version}"
        raise SetupError("its checksum is not the known one", wanted, "look into why")


def _copied(cached: Path, draft: Path) -> Path:
    made = draft / "sources"
    shutil.copytree(cached, made, copy_function=shutil.copyfile)
    for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return made
