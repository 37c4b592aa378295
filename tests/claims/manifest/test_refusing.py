"""A manifest that breaks the contract is refused in one clear sentence per fault."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from warren.claims.manifest import check_commands, load_manifest
from warren.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warren.claims.catalogue import Catalogue

    Write = Callable[..., Path]

ROLE = "[designs.blocking.roles.stream]"
COMMAND = 'command = ["php", "consumer.php", "stream"]'
KNOWN = '[[known_failures]]\nrequirement = "{}"\nreason = "r"\nlink = "{}"\n{}'
LINK = "https://example.org/1"

FAULTS = {
    "unknown key": (
        "claims =",
        "claim =",
        "designs.blocking.claim: unknown key `claim`; did you mean `claims`.",
    ),
    "unknown key at the top": (
        "language =",
        "lang =",
        "lang: unknown key `lang`; did you mean `language`.",
    ),
    "unknown key of a role": (
        "command =",
        "comand =",
        f"{ROLE[1:-1]}.comand: unknown key `comand`; did you mean `command`.",
    ),
    "unknown key of stop": (
        COMMAND,
        f'{COMMAND}\nstop = {{ sginal = "SIGINT" }}',
        f"{ROLE[1:-1]}.stop.sginal: unknown key `sginal`; did you mean `signal`.",
    ),
    "unknown key with no neighbour": (
        "language =",
        "zzz = 1\nlanguage =",
        (
            "zzz: unknown key `zzz`; use one of protocol, name, language, directory, migrate, "
            "preload, designs, known_failures."
        ),
    ),
    "missing key": ('name = "orders"', "", "name: this key is missing; add it."),
    "protocol": (
        "protocol = 1",
        "protocol = 3",
        (
            "protocol: protocol 3 is not known; write `protocol = 1` for a design of the course, "
            "`protocol = 2` for a consumer of your own."
        ),
    ),
    "name": (
        '"orders"',
        '"Orders PHP"',
        "name: 'Orders PHP' is no name; use a-z, 0-9 and '-', such as `orders-php`.",
    ),
    "shell string": (
        COMMAND,
        'command = "php consumer.php"',
        (
            f"{ROLE[1:-1]}.command: a command is a list of words, no shell string; "
            'write ["php", "file.php"].'
        ),
    ),
    "empty command": (
        COMMAND,
        "command = []",
        f"{ROLE[1:-1]}.command: this is empty; fill it in.",
    ),
    "empty word": (
        'language = "PHP 8.2"',
        'language = ""',
        "language: this is empty; fill it in.",
    ),
    "signal that stops nobody": (
        COMMAND,
        f'{COMMAND}\nstop.signal = "SIGKIL"',
        f"{ROLE[1:-1]}.stop.signal: there is no signal `SIGKIL`; did you mean `SIGINT`.",
    ),
    "number for a word": (
        COMMAND,
        'command = ["php", 1]',
        f"{ROLE[1:-1]}.command[1]: input should be a valid string; it is 1.",
    ),
    "zero character": (
        COMMAND,
        r'command = ["p\u0000p"]',
        f"{ROLE[1:-1]}.command[0]: a zero character cannot be passed to a process; take it out.",
    ),
    "unknown design": (
        "designs.blocking",
        "designs.bloking",
        "designs.bloking: there is no design `bloking`; did you mean `blocking`.",
    ),
    "unknown role": (
        ROLE,
        f'{ROLE}\ncommand = ["php"]\n[designs.blocking.roles.streams]',
        (
            "designs.blocking.roles.streams: the design `blocking` has no role `streams`; "
            "did you mean `stream`."
        ),
    ),
    "unknown guarantee": (
        '["no-loss"]',
        '["no-los"]',
        "designs.blocking.claims: there is no guarantee `no-los`; did you mean `no-loss`.",
    ),
    "unknown guarantee denied": (
        '["heartbeat-safe"]',
        '["heartbeats-safe"]',
        (
            "designs.blocking.denies: there is no guarantee `heartbeats-safe`; "
            "did you mean `heartbeat-safe`."
        ),
    ),
    "guarantee of another design": (
        '["no-loss"]',
        '["accepts-async"]',
        (
            "designs.blocking.claims: `accepts-async` means nothing in `blocking`, only in task; "
            "take it out."
        ),
    ),
    "claimed and denied": (
        '["heartbeat-safe"]',
        '["no-loss"]',
        "designs.blocking: `no-loss` is both claimed and denied; take it out of one of the two.",
    ),
    "unknown signal": (
        COMMAND,
        f'{COMMAND}\nstop.signal = "SIGTREM"',
        f"{ROLE[1:-1]}.stop.signal: there is no signal `SIGTREM`; did you mean `SIGTERM`.",
    ),
    "signal that cannot be caught": (
        COMMAND,
        f'{COMMAND}\nstop.signal = "SIGKILL"',
        (
            f"{ROLE[1:-1]}.stop.signal: `SIGKILL` cannot be caught; "
            "name a signal that asks, such as SIGTERM."
        ),
    ),
    "endless grace": (
        COMMAND,
        f"{COMMAND}\nstop.grace = inf",
        f"{ROLE[1:-1]}.stop.grace: input should be less than or equal to 60; it is inf.",
    ),
    "variable of Warren": (
        COMMAND,
        f'{COMMAND}\nenvironment = {{ WARREN_SECOND = "0" }}',
        (
            f"{ROLE[1:-1]}.environment.WARREN_SECOND: `WARREN_SECOND` belongs to Warren; "
            "take it out, names in WARREN_ are passed in."
        ),
    ),
    "no name of a variable": (
        COMMAND,
        f'{COMMAND}\nenvironment = {{ "A=B" = "0" }}',
        f"{ROLE[1:-1]}.environment.A=B: 'A=B' is no name of a variable; use letters, digits and _.",
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=FAULTS)
def test_one_fault_one_sentence(
    manifest: Write, catalogue: Catalogue, old: str, new: str, sentence: str
) -> None:
    """The sentence names the file, the key and what to do."""
    path = manifest(old, new)
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    assert f"{path}, {sentence}" in str(caught.value).splitlines()


KNOWN_FAULTS = {
    "there twice": (
        KNOWN.format("no-loss.crash-during-work", LINK, 'design = "blocking"\n') * 2,
        (
            "known_failures[1]: `no-loss.crash-during-work` is a known failure above already; "
            "take one of the two out."
        ),
    ),
    "covered already": (
        KNOWN.format("no-loss.crash-during-work", LINK, "")
        + KNOWN.format("no-loss.crash-during-work", LINK, 'design = "blocking"\n'),
        (
            "known_failures[1]: `no-loss.crash-during-work` is a known failure above already; "
            "take one of the two out."
        ),
    ),
    "of no case": (
        KNOWN.format("no-loss.splitter-killed", LINK, 'design = "blocking"'),
        (
            "known_failures[0].requirement: no case looks for `no-loss.splitter-killed` "
            "in `blocking`; take this entry out."
        ),
    ),
    "day as a text": (
        KNOWN.format("no-loss.crash-during-work", LINK, 'expires = "2027-01-31"'),
        (
            "known_failures[0].expires: '2027-01-31' is no day; write one without quotes, such as "
            "2027-01-31."
        ),
    ),
    "unknown requirement": (
        KNOWN.format("no-loss.crash-during-wrk", LINK, ""),
        (
            "known_failures[0].requirement: there is no requirement `no-loss.crash-during-wrk`; "
            "did you mean `no-loss.crash-during-work`."
        ),
    ),
    "design that is not there": (
        KNOWN.format("no-loss.crash-during-work", LINK, 'design = "block"'),
        "known_failures[0].design: this manifest has no design `block`; did you mean `blocking`.",
    ),
    "without a claim": (
        KNOWN.format("heartbeat-safe.long-work", LINK, ""),
        (
            "known_failures[0].requirement: `heartbeat-safe` is not claimed in any design; "
            "claim it, or take this entry out."
        ),
    ),
    "without a claim in its design": (
        KNOWN.format("heartbeat-safe.long-work", LINK, 'design = "blocking"'),
        (
            "known_failures[0].requirement: `heartbeat-safe` is not claimed in `blocking`; "
            "claim it, or take this entry out."
        ),
    ),
    "no link": (
        KNOWN.format("no-loss.crash-during-work", "javascript:alert(1)", ""),
        (
            "known_failures[0].link: 'javascript:alert(1)' is no link; "
            "write an http:// or https:// address."
        ),
    ),
    "missing role": (
        '[designs.task.roles.http]\ncommand = ["php"]',
        (
            "designs.task.roles: the design `task` needs the role `task`; "
            "add [designs.task.roles.task]."
        ),
    ),
}


@pytest.mark.parametrize(("more", "sentence"), KNOWN_FAULTS.values(), ids=KNOWN_FAULTS)
def test_fault_in_what_was_added(
    manifest: Write, catalogue: Catalogue, more: str, sentence: str
) -> None:
    """A known failure must except a requirement from a claim, and a design must be whole."""
    path = manifest(more=more)
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    assert str(caught.value) == f"{path}, {sentence}"


def test_all_faults_at_once(manifest: Write, catalogue: Catalogue) -> None:
    """Two faults are two lines."""
    path = manifest('claims = ["no-loss"]\ndenies', 'claims = ["no-los"]\ndenies = ["x"]\n#')
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    assert len(str(caught.value).splitlines()) == 2


def test_faults_of_shape_and_name_at_once(manifest: Write, catalogue: Catalogue) -> None:
    """A design that does not exist is told together with a key that does not."""
    path = manifest("[designs.blocking", "[designs.bloking")
    path.write_text(path.read_text("utf-8").replace("language =", "lang ="), "utf-8")
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    told = str(caught.value)
    for words in ("no design `bloking`", "unknown key `lang`", "language: this key is missing"):
        assert words in told


def test_broken_toml(manifest: Write, catalogue: Catalogue) -> None:
    """A file that is no TOML is refused with the line of the fault."""
    path = manifest('name = "orders"', "name orders")
    with pytest.raises(ManifestError, match=r"this is no TOML in UTF-8: .* line 3"):
        load_manifest(path, catalogue)


def test_file_that_is_not_there(tmp_path: Path, catalogue: Catalogue) -> None:
    """A file that cannot be read is named, with what to name instead."""
    path = tmp_path / "absent.toml"
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    assert str(caught.value) == (
        f"{path}: the manifest cannot be read: no such file or directory; "
        "name the implementation.toml of an implementation."
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Give a directory with one program in it, and with a script that nobody made executable."""
    program = tmp_path / "consumer"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "text").write_text("#!/bin/sh\n")
    return tmp_path


@pytest.mark.parametrize("command", ["./consumer", "sh"])
def test_command_that_is_there(
    manifest: Write, catalogue: Catalogue, directory: Path, command: str
) -> None:
    """A command may stand in the directory, with a slash, or on PATH."""
    implementation = load_manifest(manifest(COMMAND, f'command = ["{command}"]'), catalogue)
    assert implementation.path.parent == directory
    check_commands(implementation, os.environ["PATH"])


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            '["no-such-program"]',
            "`no-such-program` is not on PATH; install it, or mend the command.",
        ),
        (
            '["consumer"]',
            "`consumer` is not on PATH; for the one in the directory write `./consumer`.",
        ),
        ('["./absent"]', "there is no program ./absent in {}; mend it."),
        ('["./text"]', "./text in {0} is not executable; chmod +x {0}/text."),
        ('["sh"]\ndirectory = "gone"', "there is no directory {}/gone; mend `directory`."),
        (
            '["sh"]\nenvironment.PATH = "/gone"',
            "`sh` is not on PATH; install it, or mend the command.",
        ),
    ],
)
def test_command_that_is_not_there(
    manifest: Write, catalogue: Catalogue, directory: Path, command: str, sentence: str
) -> None:
    """A command that cannot be started is refused before anything is."""
    path = manifest(COMMAND, f"command = {command}")
    implementation = load_manifest(path, catalogue)
    with pytest.raises(ManifestError) as caught:
        check_commands(implementation, os.environ["PATH"])
    assert str(caught.value) == f"{path}, {ROLE[1:-1]}: {sentence.format(directory)}"
