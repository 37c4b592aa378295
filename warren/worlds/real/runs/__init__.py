"""A run: its identity, its folder, what it starts, and how it ends, also when it was killed.

No broker and no database is known here. What a killed run has left on them, `warren.worlds.real.killed_runs` takes back.
"""

from warren.worlds.real.runs.run import Run

__all__ = ["Run"]
