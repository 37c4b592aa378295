"""The processes of the course, and where their messages go."""

from __future__ import annotations

from warren.workloads.protocol import Role, Route

STREAM = Role("stream", Route("old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream"))
"""Takes packages: it works on them itself, or has part consumers do it."""
PART = Role("part", Route("old_sound_rabbit_mq.part", "old_sound_rabbit_mq.consumer.part"))
"""Works on a part of a package, or on a step of it."""
TASK = Role("task", Route("old_sound_rabbit_mq.task", "old_sound_rabbit_mq.consumer.task"))
"""Completes a task."""
RPC_SERVER = Role("rpc-server", Route("task", "old_sound_rabbit_mq.task"), replies=True)
"""Completes a task and replies with its result."""
HTTP = Role("http")
"""Answers GET /task: it adds a task and publishes it."""

ROUTES = tuple(role.route for role in (STREAM, PART, TASK, RPC_SERVER) if role.route is not None)
