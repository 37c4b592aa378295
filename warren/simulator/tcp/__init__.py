"""The embedded broker: a RabbitMQ on real sockets.

Here are sockets, timers, TLS, the management HTTP API and the command line. What a broker does for
its connections is in `warren.simulator.session`, and stands on `wire` and `model`.
"""
