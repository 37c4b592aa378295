"""Where the suite is, and how pytest finds it."""
