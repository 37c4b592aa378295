"""The six designs on aio-pika: one process per role, one connection at a time, one event loop."""
