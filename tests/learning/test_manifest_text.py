"""The manifest that is written says what was learnt, and can be read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.implementation import Container
from warren.claims.manifest import load_manifest
from warren.learning.manifest_text import Learnt, manifest_text, toml
from warren.learning.proposal import ProposedEffect
from warren.workloads.own import (
    CallEffect,
    PathEffect,
    PublishEffect,
    RowEffect,
    TableEffect,
    TotalEffect,
)

if TYPE_CHECKING:
    from pathlib import Path

EFFECTS = (
    RowEffect('SELECT count(*) FROM "Order" WHERE a = :id'),
    TableEffect.of(
        "Orders",
        "ref",
        [{"ref": "{id}", "paid": 1, "a.b": 'x"y', "no": None}, {"ref": "{id}"}],
        ["at"],
    ),
    TotalEffect("stock", (("*", 1), ("pieces", -2.5)), ("at",)),
    PublishEffect("billing", "paid", "message_id"),
    PublishEffect("events", None),
    CallEffect("POST", "/charge", "Idempotency-Key"),
    PathEffect("out/{id}.json"),
)


def learnt(*effects: ProposedEffect) -> Learnt:
    """Give what was learnt of a consumer with these effects."""
    return Learnt(
        name="orders",
        language="Go 1.24",
        command=("./orders", 'with "quotes"', "\\"),
        queue="shop.orders",
        exchange="shop",
        routing_key="order.any",
        body="order.json",
        seconds=0.2,
        environment={"AMQP_URL": "{amqp_url}"},
        templates={"config.ini": "config.ini.template"},
        properties={"content_type": "application/json", "headers": {"x y": 1, "deep": True}},
        effects=effects,
        claims=("no-loss",),
        seen=("it connects\nonce",),
        schema="schema.sql",
        grace=10.0,
        instances=2,
    )


def test_read_again(tmp_path: Path) -> None:
    """Read as a manifest, it is the consumer that was seen, with each kind of effect."""
    for name, text in (
        ("order.json", '{"ref": "{id}"}'),
        ("schema.sql", ""),
        ("config.ini.template", ""),
    ):
        (tmp_path / name).write_text(text)
    path = tmp_path / "warren.toml"
    path.write_text(manifest_text(learnt(*(ProposedEffect(e, "words") for e in EFFECTS))))
    design = load_manifest(path, load_catalogue()).designs["orders"]
    (program,) = design.roles.values()
    assert program.argv == ("./orders", 'with "quotes"', "\\")
    assert program.templates == {"config.ini": "config.ini.template"}
    assert program.grace == 10.0
    assert design.workload.effects == EFFECTS  # type: ignore[attr-defined]  # it is an `OwnWorkload`
    assert design.workload.entry.route is not None
    assert design.workload.entry.route.routing_key == "order.any"
    assert [*design.workload.roles.values()] == [2]
    assert design.claims == {"no-loss"}


def test_without_effects() -> None:
    """Where nothing was seen, the lines that name an effect stand there as comments, and the rest is TOML."""
    text = manifest_text(learnt())
    assert "effects" not in tomllib.loads(text)["consumers"]["orders"]
    assert "# [[consumers.orders.effects]]" in text


@pytest.mark.parametrize(
    ("runs", "container"),
    [
        ({"image": "shop/orders:1"}, Container("shop/orders:1")),
        ({"compose": "compose.yml", "service": "orders"}, Container(service="orders")),
    ],
)
def test_container(tmp_path: Path, runs: dict[str, Any], container: Container) -> None:
    """An image or a service runs in place of a command, and keeps its own stop signal."""
    for name in ("order.json", "schema.sql", "compose.yml"):
        (tmp_path / name).write_text("{id}")
    path, effect = tmp_path / "warren.toml", ProposedEffect(EFFECTS[-1], "words")
    path.write_text(manifest_text(replace(learnt(effect), command=(), templates={}, **runs)))
    (program,) = load_manifest(path, load_catalogue()).designs["orders"].roles.values()
    compose = tmp_path / "compose.yml" if "compose" in runs else None
    assert program.container == replace(container, compose=compose)
    assert (program.argv, program.grace) == ((), 10.0)


def test_comments_stay_comments() -> None:
    """What was seen may have several lines; each is a comment."""
    assert "# It connects\n# once.\n" in manifest_text(learnt())


def test_texts() -> None:
    """Any text is written so that it is read again as it was."""
    for text in ("\x7f", 'a"b\\c', "\x1b\n", "ж😀"):
        assert tomllib.loads(f"a = {toml({'k': [text]})}") == {"a": {"k": [text]}}
