"""What a manifest of protocol 2 says of services, definitions and HTTP answers, and how it is refused."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from warren.claims.implementation import Container
from warren.claims.manifest import check_commands, load_manifest
from warren.claims.surroundings import Answer, Definitions
from warren.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warren.claims.catalogue import Catalogue

    Write = Callable[..., Path]

MANIFEST = """
protocol = 2
name = "orders"
{top}

[consumers.orders]
command = ["python", "consumer.py"]
queue = "orders"
{consumer}

[consumers.orders.message]
body = "order.json"

[[consumers.orders.effects]]
path = "{{id}}"

{more}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a manifest with more at its top, in its consumer and at its end, and files beside it."""

    def made(top: str = "", consumer: str = "", more: str = "", **files: object) -> Path:
        (tmp_path / "order.json").write_text('{"ref": "{id}"}')
        for name, document in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(document))
        path = tmp_path / "warren.toml"
        path.write_text(MANIFEST.format(top=top, consumer=consumer, more=more))
        return path

    return made


CHOOSE = 'write definitions = {{ file = …, vhost = … }} with one of "other", "shop".'
TWO = {"queues": [{"name": "a", "vhost": "shop"}, {"name": "b", "vhost": "other"}]}


def test_services(write: Write, catalogue: Catalogue, tmp_path: Path) -> None:
    """A service has its commands, what is ready, and how it is emptied; each consumer is given it."""
    more = """
[services.redis]
command = ["redis-server", "--port", "{port}", "--save", ""]
environment = { LANG = "C" }
ready = { tcp = "{port}", seconds = 5.0 }
reset = ["redis-cli", "-p", "{port}", "flushall"]
"""
    implementation = load_manifest(write(more=more), catalogue)
    (service,) = implementation.designs["orders"].surroundings.services
    assert service.name == "redis"
    assert service.program is not None
    assert service.program.argv == ("redis-server", "--port", "{port}", "--save", "")
    assert service.program.environment == {"LANG": "C"}
    assert service.program.directory == tmp_path
    assert (service.ready, service.within) == ("{port}", 5.0)
    assert service.reset is not None
    assert service.reset.argv[-1] == "flushall"


def test_services_of_other_kinds(write: Write, catalogue: Catalogue) -> None:
    """A service may be an image, which is emptied in its container, or run already somewhere."""
    more = """
[services.redis]
image = "redis:7"
ready = { tcp = "{port}" }
reset = ["redis-cli", "-p", "{port}", "flushall"]
[services.mail]
address = "mail.example:1025"
"""
    implementation = load_manifest(write(more=more), catalogue)
    check_commands(implementation, os.environ["PATH"])
    redis, mail = implementation.designs["orders"].surroundings.services
    assert redis.program is not None
    assert redis.program.container == Container("redis:7")
    assert redis.reset is not None
    assert redis.reset.container == Container("redis:7")
    assert (mail.program, mail.address) == (None, ("mail.example", 1025))


def test_answers(write: Write, catalogue: Catalogue) -> None:
    """The HTTP stub answers as the manifest says, in its order."""
    more = """
[http]
"POST /charge" = { status = 201, body = '{"ok": true}' }
"GET /rates/{day}" = { body = "1.5", content_type = "text/plain" }
"""
    implementation = load_manifest(write(more=more), catalogue)
    assert implementation.designs["orders"].surroundings.answers == (
        Answer("POST", "/charge", 201, b'{"ok": true}'),
        Answer("GET", "/rates/{day}", 200, b"1.5", "text/plain"),
    )


@pytest.mark.parametrize(
    ("top", "consumer", "expected"),
    [
        ('definitions = "one.json"', "", ("one.json", "")),
        ('definitions = "one.json"', 'definitions = "two.json"', ("two.json", "")),
        ('[topology]\ndefinitions = "one.json"', "", ("one.json", "")),
        ('[topology]\ndefinitions = "one.json"', 'definitions = "two.json"', ("two.json", "")),
        ('definitions = { file = "two.json", vhost = "shop" }', "", ("two.json", "shop")),
    ],
    ids=["top", "consumer", "topology", "topology and consumer", "vhost"],
)
def test_definitions(
    write: Write, catalogue: Catalogue, top: str, consumer: str, expected: tuple[str, str]
) -> None:
    """A consumer's own definitions count before those of the file; a vhost may be named."""
    two = TWO if "vhost" in top else {"queues": []}
    path = write(top, consumer, one={"queues": []}, two=two)
    around = load_manifest(path, catalogue).designs["orders"].surroundings
    assert around.definitions == Definitions(path.parent / expected[0], expected[1])


@pytest.mark.parametrize(
    ("top", "more", "sentence"),
    [
        (
            'definitions = "two.json"',
            "",
            f"definitions: {{}}/two.json has several vhosts; {CHOOSE}",
        ),
        (
            'definitions = { file = "two.json", vhost = "shp" }',
            "",
            f"definitions.vhost: {{}}/two.json has no vhost 'shp'; {CHOOSE}",
        ),
        (
            '[topology]\ndefinitions = "two.json"',
            "",
            f"topology.definitions: {{}}/two.json has several vhosts; {CHOOSE}",
        ),
        (
            'definitions = "one.json"\n[topology]\ndefinitions = "one.json"',
            "",
            "`definitions` are at the top and in [topology]; take one out.",
        ),
        ("[topology]\ndefinition = 'one.json'", "", "did you mean `definitions`."),
        ('definitions = "none.json"', "", "definitions: {}/none.json cannot be read as JSON"),
        ('definitions = "list.json"', "", "definitions: {}/list.json is no file of definitions"),
        ("definitions = { fle = 'two.json' }", "", "unknown key `fle`; did you mean `file`."),
        ("", '[http]\n"charge" = {}', "http.charge: 'charge' is no request; write a method"),
        ("", '[http]\n"GET /" = { staus = 1 }', "unknown key `staus`; did you mean `status`."),
        (
            "",
            '[services.amqp]\ncommand = ["x"]',
            "services.amqp: {{amqp_port}} is something else already; give it another name.",
        ),
        (
            "",
            '[services.redis]\ncommand = ["x"]\nready = { tcp = "port" }',
            "services.redis.ready.tcp: 'port' is no port; write \"{{port}}\", or a number.",
        ),
        (
            "",
            '[services.redis]\ncomand = ["x"]',
            "services.redis.comand: unknown key `comand`; did you mean `command`.",
        ),
        (
            "",
            "[services.redis]",
            "nothing says what runs; write `command`, `image`, or the `address` of",
        ),
        (
            "",
            '[services.redis]\nimage = "redis:7"\naddress = "a:1"',
            "`address` names a server that runs already; take out what would start one.",
        ),
        (
            "",
            '[services.redis]\nimage = "redis:7"\ndirectory = "x"',
            "`directory` is said of a service's own process; take it out here.",
        ),
        (
            "",
            '[services.redis]\naddress = "a:1"\nstop = {}',
            "`stop` is said of a service's own process; take it out here.",
        ),
        (
            "",
            '[services.redis]\naddress = "redis"',
            "'redis' is no address; write a host and a port, such as \"localhost:6379\".",
        ),
    ],
)
def test_faults(write: Write, catalogue: Catalogue, top: str, more: str, sentence: str) -> None:
    """What cannot be used is a sentence that says what to write."""
    path = write(top, "", more, two=TWO, list=[])
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, catalogue)
    assert sentence.format(path.parent) in str(caught.value)


def test_missing_program(write: Write, catalogue: Catalogue) -> None:
    """The program of a service, and of its reset, is looked up before anything is started."""
    more = '[services.redis]\ncommand = ["no-redis"]\nreset = ["./no-cli"]\n'
    implementation = load_manifest(write(more=more), catalogue)
    with pytest.raises(ManifestError) as caught:
        check_commands(implementation, "/nowhere")
    assert "services.redis: `no-redis` is not on PATH" in str(caught.value)
    assert "services.redis.reset: there is no program ./no-cli" in str(caught.value)
