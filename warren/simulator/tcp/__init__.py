"""The embedded broker: RabbitMQ's behaviour from `warren.simulator.model`, on sockets.

Here are sockets, timers, the management HTTP API and the command line. What AMQP looks like is in
`warren.simulator.wire`, what a broker does in `warren.simulator.model`.
"""
