"""A RabbitMQ that fits in a process.

`wire` is AMQP as octets and `model` what a broker does; neither knows the other. `session` joins them
for a broker's connections, without sockets or a clock, and `tcp` gives it both.
"""
