"""Policies: what an operator says about queues and exchanges by their names, beside their arguments.

What a definition means to a queue is read in `policy`; which keys there are: `policy_keys`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model.patterns import PatternError, read

if TYPE_CHECKING:
    from warren.simulator.model.patterns import Compile, Pattern
    from warren.simulator.model.semantics import Semantics

Definition = Mapping[str, object]
EXCHANGE = "exchange"
"""The kind of what is no queue; a queue's is its type."""
SMALLER_HOLDS = frozenset(
    {
        "delivery-limit",
        "expires",
        "max-in-memory-bytes",
        "max-in-memory-length",
        "max-length",
        "max-length-bytes",
        "message-ttl",
    }
)
"""Of an operator's policy and another one; of any other key the operator's value does."""


@fact
class Policy:
    """What `definition` says is for resources whose names match `pattern`, the highest `priority` first."""

    name: str
    pattern: str
    definition: Definition
    priority: float = 0
    apply_to: str = "all"


@fact
class Matched:
    """What is for one resource: a policy, an operator's, and what both together say."""

    own: Policy | None = None
    operator: Policy | None = None
    definition: Definition = field(default_factory=dict)


class Policies:
    """The policies of one virtual host, by name: `own`, and `operators`, which no other user may change."""

    __slots__ = ("_engine", "_patterns", "_semantics", "operators", "own")

    def __init__(self, semantics: Semantics, engine: Compile) -> None:
        """Begin with none; `engine` reads their patterns."""
        self._semantics = semantics
        self._engine = engine
        self._patterns: dict[str, Pattern | None] = {}
        self.own: dict[str, Policy] = {}
        self.operators: dict[str, Policy] = {}

    def table(self, *, operator: bool) -> dict[str, Policy]:
        """Return the one kind or the other."""
        return self.operators if operator else self.own

    def set(self, name: str, policy: Policy | None, *, operator: bool) -> None:
        """Keep a policy, which `what_is_wrong` has found right; None: forget it."""
        table = self.table(operator=operator)
        if policy is None:
            table.pop(name, None)
            return
        self._patterns[policy.pattern] = read(policy.pattern or ".*", self._engine)
        table[name] = policy

    def find(self, kind: str, name: str) -> Matched:
        """Return what is for the resource `name`, a queue of type `kind` or an exchange."""
        own = self._first(self.own, kind, name)
        operator = self._first(self.operators, kind, name)
        if own is None and operator is None:
            return Matched()
        return Matched(own, operator, self._merged(own, operator))

    def _first(self, policies: Mapping[str, Policy], kind: str, name: str) -> Policy | None:
        matching = (each for each in policies.values() if self._is_for(each, kind, name))
        return max(matching, key=lambda each: each.priority, default=None)

    def _is_for(self, policy: Policy, kind: str, name: str) -> bool:
        if kind == EXCHANGE:
            targets, fits = {"exchanges", "all"}, True
        else:
            of_type = "streams" if kind == "stream" else f"{kind}_queues"
            targets = {"queues", of_type, "all"}
            keys = self._semantics.policy_keys
            fits = all(kind in keys[key].types for key in policy.definition)
        pattern = self._patterns[policy.pattern]
        return (
            fits
            and policy.apply_to in targets
            and (pattern is None or pattern.search(name) is not None)
        )

    def _merged(self, own: Policy | None, operator: Policy | None) -> Definition:
        merged: dict[str, object] = {} if own is None else {**own.definition}
        for key, value in ({} if operator is None else operator.definition).items():
            other = merged.get(key)
            if key in SMALLER_HOLDS and isinstance(other, int) and isinstance(value, int):
                merged[key] = smaller(other, value)
            else:
                merged[key] = value
        return merged


def smaller(left: int | None, right: int | None) -> int | None:
    """Return the smaller limit, None for none; a negative one is none, too."""
    limits = [each for each in (left, right) if each is not None]
    real = [each for each in limits if each >= 0]
    return min(real or limits, default=None)


def what_is_wrong(
    policy: Policy, semantics: Semantics, engine: Compile, *, operator: bool
) -> str | None:
    """Return why RabbitMQ refuses this policy, None when it does not."""
    keys = semantics.policy_keys
    known = {key for key, each in keys.items() if each.for_operators or not operator}
    unknown = {key: value for key, value in policy.definition.items() if key not in known}
    if unknown:
        listed = ",".join(f"{{{term(key)},{term(unknown[key])}}}" for key in sorted(unknown))
        return f"[{listed}] are not recognised policy settings"
    if not policy.definition:
        return "no policy provided"
    for key, value in policy.definition.items():
        if not keys[key].accepts(value):
            return f"{term(value)} is not a valid {keys[key].called}"
    try:
        read(policy.pattern, engine)
    except PatternError as error:
        return f'pattern should be regular expression but is invalid: {{"{error.reason}",{error.at or 0}}}'
    if policy.apply_to not in semantics.policy_targets:
        listed = ", ".join(f"'{each}'" for each in semantics.policy_targets)
        return f"apply-to '{policy.apply_to}' unrecognised; should be one of: {listed}"
    return None


def term(value: object) -> str:
    """Write a value of JSON as an Erlang term, as RabbitMQ's reasons do."""
    if isinstance(value, str):
        return f'<<"{value}">>'
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
