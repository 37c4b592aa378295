"""A run: its identity, its folder, what it starts, and how it ends, also when it was killed.

No broker and no database is known here; what a killed run left on them is taken back by `worlds.real.killed_runs`.
"""

from warren.worlds.real.runs.run import Run

__all__ = ["Run"]
