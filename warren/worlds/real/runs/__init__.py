"""A run: its identity, its folder, what it starts, and how it ends, also when it was killed.

No broker and no database is known here but to `sweep`, which asks them to take back what a dead
run left on servers that are not its own.
"""

from warren.worlds.real.runs.run import Run

__all__ = ["Run"]
