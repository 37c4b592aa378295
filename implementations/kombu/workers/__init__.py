"""The six designs on kombu (py-amqp): one process per role, work in threads, and a thread that keeps the heartbeat."""
