"""Shows that the laboratory of docker-compose.yml can be followed: up, the document's steps, down.

It publishes the document's package of ten texts through the management API, sees its eleven rows,
and asks for a task over HTTP. Run it with the Python of .venv.
"""

# ruff: noqa: INP001, T201 - a script, not a package, and what it prints is for a person

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
MANAGEMENT = "http://127.0.0.1:15672/api"
TASK = "http://127.0.0.1:7777/task"
ENVIRONMENT = os.environ | {"WARREN_SECOND": "0.2", "COMPOSE_PROJECT_NAME": "warren-ci"}
PART_CONSUMERS = 3
TEXTS = [f"text{number}" for number in range(1, 11)]
PACKAGE = json.dumps({"texts": TEXTS})


def compose(*arguments: str) -> str:
    """Run a compose command, the plugin's or the old one's, and return its standard output."""
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    tool = ["docker-compose"] if asked.returncode else ["docker", "compose"]
    done = subprocess.run(
        [*tool, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    return done.stdout


def management(method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, int]:
    """Ask the management API; its answer holds numbers and flags alone where we look."""
    answer = requests.request(
        method, f"{MANAGEMENT}/{path}", json=body, auth=("user", "password"), timeout=5
    )
    answer.raise_for_status()
    return dict(answer.json())


def consumers(role: str) -> int:
    """Count the consumers of a role's queue, as the management page shows it."""
    queue = management("GET", f"queues/%2F/old_sound_rabbit_mq.consumer.{role}")
    return queue.get("consumers", 0)


def rows() -> list[str]:
    """Read the messages of the log, oldest first."""
    statement = "SELECT message FROM message_log ORDER BY id"
    psql = ["psql", "--username=user", "--dbname=warren", "--tuples-only", "--no-align"]
    return compose("exec", "-T", "postgres", *psql, "--command", statement).splitlines()


def until(what: str, seen: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to be seen, and say what was awaited when it was not."""
    deadline = time.monotonic() + seconds
    while not _sees(seen):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.2)
    print(f"laboratory: {what}", flush=True)


def _sees(seen: Callable[[], bool]) -> bool:
    try:
        return seen()
    except requests.RequestException:  # it does not listen yet, or the queue is not declared yet
        return False


def follow() -> None:
    """Take the document's steps, and check what each one shows."""
    compose("up", "--detach", "--build")
    until("one stream consumer is there", lambda: consumers("stream") == 1)
    # Not at once: RabbitMQ 4.3 may refuse one of two who declare a queue first, and that consumer ends.
    until("one part consumer is there", lambda: consumers("part") == 1)
    compose("up", "--detach", "--scale", f"part={PART_CONSUMERS}")
    until("three part consumers are there", lambda: consumers("part") == PART_CONSUMERS)
    message = {
        "properties": {"delivery_mode": 2, "content_type": "text/plain"},
        "routing_key": "",
        "payload": PACKAGE,
        "payload_encoding": "string",
    }
    published = management("POST", "exchanges/%2F/old_sound_rabbit_mq.stream/publish", message)
    assert published == {"routed": True}, f"the package went nowhere: {published}"
    until("ten texts and their package are logged", lambda: len(rows()) > len(TEXTS))
    logged = rows()
    assert len(logged) == len(TEXTS) + 1, f"more rows than the texts and their package: {logged}"
    assert PACKAGE in logged, f"no row is the package byte for byte: {logged}"
    until("GET /task accepts a task", task_accepted)


def task_accepted() -> bool:
    """Whether the task page answers as the document's does."""
    answer = requests.get(TASK, timeout=5)
    return (answer.status_code, answer.text) == (requests.codes.accepted, '"Task accepted"')


def main() -> int:
    """Exit status 0 when every step showed what it should."""
    try:
        follow()
    except (AssertionError, TimeoutError, requests.RequestException) as error:
        print(f"laboratory: {error}", file=sys.stderr)
        print(compose("logs", "--no-color", "--tail=20"), file=sys.stderr)
        return 1
    except (OSError, subprocess.SubprocessError) as error:
        print(f"laboratory: compose cannot run: {error}", file=sys.stderr)
        return 1
    finally:
        compose("down", "--volumes", "--remove-orphans")
    return 0


if __name__ == "__main__":
    sys.exit(main())
