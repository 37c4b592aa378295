"""Puts Warren's plugin into every pytest run of this repository; the plugin itself is `fixtures.plugin`."""

pytest_plugins = ["fixtures.plugin"]
