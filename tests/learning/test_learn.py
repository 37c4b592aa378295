"""`warren learn` on consumers that know nothing of Warren, on the embedded broker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conformance.suite import run_suite
from tests.requisites import missing
from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases import choose

CONSUMERS = Path(__file__).parent / "consumers"
WARREN = Path(sys.executable).parent / "warren"
DEADLINE = 120.0
"""Seconds for one command on a busy machine."""


class Learnt(NamedTuple):
    """How the command ended, what it printed, and where it ran."""

    status: int
    printed: str
    directory: Path

    @property
    def consumer(self) -> dict[str, Any]:
        """The one consumer of the manifest that it wrote."""
        data = tomllib.loads((self.directory / "warren.toml").read_text("utf-8"))
        ((_, consumer),) = data["consumers"].items()
        assert isinstance(consumer, dict)
        return consumer


class Person:
    """Somebody with a consumer in a directory of its own."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty directory."""
        self.directory = folder / "project"
        self.directory.mkdir()
        self._environment = {
            **{k: v for k, v in os.environ.items() if "URL" not in k},
            "TMPDIR": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def learn(self, program: str, *options: str, answers: str = "") -> Learnt:
        """Learn one of the consumers here."""
        shutil.copy(CONSUMERS / program, self.directory)
        return self.run(*options, "--", sys.executable, program, answers=answers)

    def run(self, *words: str, answers: str = "") -> Learnt:
        """Run the command."""
        done = subprocess.run(
            [WARREN, "learn", *words],
            cwd=self.directory,
            env=self._environment,
            input=answers,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        return Learnt(done.returncode, done.stdout + done.stderr, self.directory)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Give somebody a directory."""
    return Person(tmp_path)


def test_rows(person: Person) -> None:
    """Its addresses are in its source, its effect is a row: nothing needs to be said but the sample."""
    sample = '{"ref": "order-17", "amount": 12}'
    (person.directory / "order.json").write_text(sample)
    learnt = person.learn("orders.py", "--yes", "--message", "order.json", "--database", "sqlite")
    assert learnt.status == 0, learnt.printed
    consumer = learnt.consumer
    assert consumer["environment"] == {"AMQP_URL": "{amqp_url}", "DATABASE_URL": "{database_url}"}
    assert (consumer["queue"], consumer["denies"]) == ("shop.orders", [])
    assert {"no-loss", "effect-once", "fair-dispatch"} <= {*consumer["claims"]}
    message = consumer["message"]
    assert (message["exchange"], message["routing_key"]) == ("shop", "order.any")
    body = person.directory / message["body"]
    assert body.read_text() == '{"ref": "{id}", "amount": 12}'
    assert consumer["effects"] == [
        {"table": "orders", "key": "ref", "rows": [{"ref": "{id}", "amount": 12}]}
    ]
    assert "project: works: 1 effect of one message" in learnt.printed
    assert (person.directory / "order.json").read_text() == sample


def test_worker_tables_attempts_and_totals(person: Person, tmp_path: Path) -> None:
    """Of tables as people have them what can differ is ignored; by what is left it is seen what is lost or doubled."""
    sample = '{"ref": "order-17", "amount": 12.5, "lines": {"book": 2, "pen": 3}}'
    (person.directory / "order.json").write_text(sample)
    learnt = person.learn("shop.py", "--yes", "--message", "order.json", "--database", "sqlite")
    assert learnt.status == 0, learnt.printed
    effects = {effect["table"]: effect for effect in learnt.consumer["effects"]}
    assert {*effects} == {"sales", "lines", "stock", "journal"}, "not its workers"
    (sale,) = effects["sales"].pop("rows")
    assert {*sale} == {"ref", "status", "amount", "details.buyer.name", "details.buyer.order"}
    ignored = ["id", "attempt", "details.attempt", "details.worker", "created_at"]
    assert effects["sales"] == {"table": "sales", "key": "ref", "ignore": ignored}
    assert [line["sku"] for line in effects["lines"]["rows"]] == ["book", "pen"]
    assert effects["lines"]["ignore"] == ["packer"]
    assert (effects["stock"]["adds"], effects["journal"]["adds"]) == ({"pieces": -5}, {"*": 1})
    assert "workers changes without a message, and will be ignored" in learnt.printed
    manifests = [_with_defect(person.directory, defect) for defect in ("acks-first", "adds-again")]
    report = tmp_path / "report"
    ended = run_suite(
        manifests,
        *("-n", "2", f"--report={report}", "-k", "test_killed_before_commit or test_ack_lost"),
    )
    found = json.loads((report / "report.json").read_text("utf-8"))
    bad = {
        (f["implementation"], violation["words"].partition(" of message")[0])
        for f in found["findings"]
        for violation in f["verdict"]["violations"]
    }
    assert {
        ("acks-first", "lost: table sales by ref"),
        ("acks-first", "lost: the total of table stock is there for 0 messages, and 1 were sent"),
        ("adds-again", "duplicated: table sales by ref"),
        (
            "adds-again",
            "duplicated: the total of table journal is there for 3 messages, and 2 were sent",
        ),
    } <= bad, ended.stdout
    assert f"acks-first project: table sales by ref: {', '.join(ignored)}" in found["ignored"]
    assert "not compared: adds-again project: table lines by ref: packer" in ended.stdout


def _with_defect(folder: Path, defect: str) -> Path:
    """Give a manifest like the one that was learnt, of the same program with a defect."""
    text = (folder / "warren.toml").read_text("utf-8")
    text = text.replace('"shop.py"]', f'"shop.py", "{defect}"]')
    path = folder / f"{defect}.toml"
    path.write_text(text.replace('name = "project"', f'name = "{defect}"', 1))
    return path


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        pytest.param(
            "postgresql", ("serial", "jsonb", "timestamptz"), marks=pytest.mark.postgresql
        ),
        pytest.param("mysql", ("int AUTO_INCREMENT", "json", "timestamp"), marks=pytest.mark.mysql),
    ],
)
def test_rows_of_servers(person: Person, kind: str, types: tuple[str, ...]) -> None:
    """Rows of PostgreSQL and MySQL are learnt as those of SQLite: keys and times of theirs are ignored."""
    _need(kind)
    number, document, moment = types
    (person.directory / "schema.sql").write_text(
        f"CREATE TABLE sales (id {number} PRIMARY KEY, ref varchar(64) UNIQUE, amount integer,"
        f" details {document}, created_at {moment} DEFAULT CURRENT_TIMESTAMP);"
    )
    sample = '{"ref": "sale-17", "amount": 12, "buyer": "Ada"}'
    (person.directory / "sale.json").write_text(sample)
    options = ("--yes", "--message", "sale.json", "--schema", "schema.sql")
    learnt = person.learn("sales.py", *options, "--database", kind)
    assert learnt.status == 0, learnt.printed
    (effect,) = learnt.consumer["effects"]
    assert (effect["table"], effect["key"]) == ("sales", "ref")
    assert effect["rows"] == [{"ref": "{id}", "amount": 12, "details.buyer.name": "Ada"}]
    assert {*effect["ignore"]} == {"id", "details.worker", "created_at"}
    assert "project: works: 1 effect of one message" in learnt.printed


def _need(kind: str) -> None:
    """End a test where the server of a database is not here."""
    try:
        choose(kind)
    except DatabaseUnavailable as error:
        missing(str(error))


def test_files(person: Person) -> None:
    """A file, a call and a publish are its effects, its broker is in a file; it asks before it writes a template."""
    settings = "[rabbitmq]\nhost = rabbit\nport = 5672\n[post]\napi = http://post\n"
    (person.directory / "config.ini").write_text(settings)
    (person.directory / "letter.txt").write_text("Dear all")
    learnt = person.learn("letters.py", answers="y\nletter.txt\n")
    assert learnt.status == 0, learnt.printed
    consumer = learnt.consumer
    assert consumer["templates"] == {"config.ini": "config.ini.template"}
    assert (person.directory / "config.ini.template").read_text() == (
        "[rabbitmq]\nhost = {amqp_host}\nport = {amqp_port}\n[post]\napi = {http_stub_url}\n"
    )
    assert (person.directory / "config.ini").read_text() == settings
    assert consumer["message"]["properties"] == {"message_id": "{id}"}
    assert consumer["message"]["body"] == "letter.txt"
    assert consumer["effects"] == [
        {"path": "sent/{id}.txt"},
        {"http": "PUT /charge/{id}"},
        {"publishes": {"exchange": "", "routing_key": "told"}},
    ]
    assert "project: works: 3 effects of one message" in learnt.printed
    assert not (person.directory / "sent").exists(), "it ran in a copy"


def test_headers_exchange(person: Person) -> None:
    """Of a queue bound to a headers exchange the sample gets the headers that the binding asks for."""
    (person.directory / "parcel.txt").write_text("Handle with care")
    learnt = person.learn("tenants.py", "--yes", "--message", "parcel.txt")
    assert learnt.status == 0, learnt.printed
    message = learnt.consumer["message"]
    assert (message["exchange"], message["routing_key"]) == ("parcels", "")
    assert message["properties"] == {
        "headers": {"tenant": "north", "fragile": True},
        "message_id": "{id}",
    }
    assert "project: works: 1 effect of one message" in learnt.printed


def test_publisher(person: Person) -> None:
    """What the person's own publisher sends is the sample, and the manifest names the publisher."""
    shutil.copy(CONSUMERS / "place.py", person.directory)
    command = f"{sys.executable} place.py {{id}}"
    options = ("--yes", "--publish", command, "--database", "sqlite")
    learnt = person.learn("orders.py", *options)
    assert learnt.status == 0, learnt.printed
    message = learnt.consumer["message"]
    assert message.pop("seconds") > 0
    assert message == {
        "exchange": "shop",
        "routing_key": "order.created",
        "publish": [sys.executable, "place.py", "{id}"],
    }
    assert learnt.consumer["effects"][0]["rows"] == [{"ref": "{id}", "amount": 12}]
    assert f"the sample: it is what `{command}` sends" in learnt.printed
    assert "project: works: 1 effect of one message" in learnt.printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("place.py {idd}",), "--publish: unknown word {idd}; did you mean {id}?"),
        (("place.py '",), "--publish: place.py ' is no command: No closing quotation"),
        (("place.py", "--message", "a"), "--message beside --publish: a publisher says what its"),
        (("no-such-shop",), "--publish: `no-such-shop` is not on PATH"),
        (("true",), "--publish: it published nothing"),
    ],
)
def test_no_publisher(person: Person, options: tuple[str, ...], words: str) -> None:
    """A publisher that cannot be one is refused with what is wrong with it."""
    (person.directory / "a").touch()
    learnt = person.learn("orders.py", "--yes", "--database", "sqlite", "--publish", *options)
    assert learnt.status == 2
    assert words in learnt.printed
    assert not (person.directory / "warren.toml").exists()


def test_never_connects(person: Person) -> None:
    """Where it ends first it is said what it printed, and only then what of its broker may be wrong: status 2."""
    (person.directory / "letter.txt").write_text("Dear all")
    (person.directory / "config.ini").write_text("[rabbitmq]\nhost = 127.0.0.1\nport = 1\n")
    learnt = person.learn("letters.py", "--yes", "--message", "letter.txt", "--env", "X={amqp_url}")
    assert learnt.status == 2, learnt.printed
    assert "project: it ended with exit status 1 before it asked for its broker" in learnt.printed
    assert "it was told X={amqp_url}; it printed last:\n" in learnt.printed
    assert "mend what it says there, and pass what it needs of the environment" in learnt.printed
    assert "there are two ways out" in learnt.printed
    assert "never connected" not in learnt.printed
    assert not (person.directory / "warren.toml").exists()


def test_nothing_is_overwritten(person: Person) -> None:
    """A manifest that is there stays, unless `--force` is given; nothing is started for it."""
    (person.directory / "warren.toml").write_text("mine")
    learnt = person.learn("orders.py", "--yes")
    assert learnt.status == 2
    assert "warren.toml: it is there already; give --force" in learnt.printed
    assert (person.directory / "warren.toml").read_text() == "mine"


def test_asyncapi(person: Person) -> None:
    """An AsyncAPI document says where messages go and what they are like; its schema makes the sample."""
    payload = {
        "type": "object",
        "required": ["ref", "amount"],
        "properties": {"ref": {"type": "string"}, "amount": {"type": "integer", "minimum": 1}},
    }
    shop = {
        "asyncapi": "3.0.0",
        "channels": {
            "created": {
                "address": "order.created",
                "bindings": {"amqp": {"exchange": {"name": "shop", "type": "topic"}}},
                "messages": {"order": {"contentType": "application/json", "payload": payload}},
            }
        },
        "operations": {"take": {"action": "receive", "channel": {"$ref": "#/channels/created"}}},
    }
    (person.directory / "shop.json").write_text(json.dumps(shop))
    learnt = person.learn("orders.py", "--yes", "--asyncapi", "shop.json", "--database", "sqlite")
    assert learnt.status == 0, learnt.printed
    message = learnt.consumer["message"]
    assert (message["exchange"], message["routing_key"]) == ("shop", "order.created")
    sample = json.loads((learnt.directory / message["body"]).read_text())
    assert sample["ref"] == "{id}"
    assert sample["amount"] >= 1


def test_ends_after_its_answer(person: Person) -> None:
    """Of a sample that it cannot do, what it prints after its answer is told as well."""
    (person.directory / "scan.txt").write_text("no JSON")
    learnt = person.learn("careless.py", "--yes", "--message", "scan.txt")
    assert learnt.status == 2, learnt.printed
    assert "and ended with exit status 1 when it had the sample; it printed last:" in learnt.printed
    assert "json.decoder.JSONDecodeError: Expecting value" in learnt.printed


def test_no_terminal(person: Person) -> None:
    """Where nobody can be asked, what to add to the command is said."""
    (person.directory / "order.json").write_text("{}")
    learnt = person.learn("orders.py", "--message", "order.json")
    assert learnt.status == 2
    words = "Start it so?: there is no terminal to ask on; add --yes to take what is proposed"
    assert words in learnt.printed


def test_proposal_beside_options(person: Person) -> None:
    """What --env does not name is proposed as without it; what it names is as it says."""
    (person.directory / "order.json").write_text('{"ref": "order-17", "amount": 12}')
    options = ("--message", "order.json", "--database", "sqlite")
    learnt = person.learn("orders.py", *options, "--env", "DATABASE_URL={database_path}")
    assert learnt.status == 2
    assert (
        "- environment: AMQP_URL (read by its source) = {amqp_url}\nStart it so?" in learnt.printed
    )
    assert "never connected" not in learnt.printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing says what runs; end it with `-- COMMAND`, or give --image IMAGE"),
        (("--image", "a", "--compose", "c.yml"), "they name two consumers; take one out"),
        (("--service", "a", "--", "true"), "--service: it is one of a Compose file; add"),
        (("--image", "a", "--file", "a=b"), "an image has no folder to make files in; use --env"),
        (("--compose", "c.yml", "--out", "a/w.toml"), "c.yml: a manifest in "),
    ],
)
def test_what_runs(person: Person, options: tuple[str, ...], words: str) -> None:
    """It has to be clear what runs; else it is said before anything is looked at."""
    (person.directory / "c.yml").touch()
    learnt = person.run("--yes", *options)
    assert learnt.status == 2
    assert words in learnt.printed


def test_misspelt_word(person: Person) -> None:
    """A word in braces that nothing stands for is refused before anything is started."""
    learnt = person.learn("orders.py", "--yes", "--env", "DATABASE_URL={databas_path}")
    assert learnt.status == 2
    assert "unknown word {databas_path}; did you mean {database_path}?" in learnt.printed
    assert "{amqp_url}, " in learnt.printed
    assert not (person.directory / "warren.toml").exists()
