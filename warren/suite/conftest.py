"""Puts Warren's plugin into a pytest run of the installed suite; in a clone the conftest.py at the top does that."""

pytest_plugins = ["warren.plugin.hooks"]
