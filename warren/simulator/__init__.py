"""A RabbitMQ that fits in a process: `model`, `wire`, and what stands on them."""
