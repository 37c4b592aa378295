"""Puts Warren's plugin into every pytest run of this repository; the plugin itself is `warren.plugin.hooks`."""

pytest_plugins = ["warren.plugin.hooks"]
