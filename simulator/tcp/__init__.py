"""The embedded broker: RabbitMQ's behaviour from `simulator.model`, on sockets.

Here are sockets, timers, the management HTTP API and the command line. What AMQP looks like is in
`simulator.wire`, what a broker does in `simulator.model`.
"""
