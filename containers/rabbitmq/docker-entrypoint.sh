#!/bin/sh
# Runs RabbitMQ in the foreground as its own user, as the official image's entrypoint does.
# Users come from RABBITMQ_DEFAULT_USER and _PASS, settings from /etc/rabbitmq/conf.d or
# RABBITMQ_CONFIG_FILE: the server reads all of these itself.
set -eu
if [ "$1" = rabbitmq-server ] && [ "$(id -u)" = 0 ]; then
    chown -R rabbitmq: /var/lib/rabbitmq # a volume made by the engine belongs to root
    exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups "$@"
fi
exec "$@"
