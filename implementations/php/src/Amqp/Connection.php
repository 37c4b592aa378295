<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Connection\AMQPStreamConnection;
use Warren\Settings;

/** Opens the connection with the time-outs RabbitMqBundle gives it when it is told none. */
final class Connection
{
    private const TIMEOUT_SECONDS = 3.0;

    /** @throws \Exception when the broker cannot be reached or refuses */
    public static function open(Settings $settings): AMQPStreamConnection
    {
        return new AMQPStreamConnection(
            $settings->amqpHost,
            $settings->amqpPort,
            $settings->amqpUser,
            $settings->amqpPassword,
            $settings->amqpVhost,
            connection_timeout: self::TIMEOUT_SECONDS,
            read_write_timeout: self::TIMEOUT_SECONDS,
            heartbeat: $settings->heartbeat,
        );
    }

    /** Closes as far as the connection still lives: a broken one has nothing left to close. */
    public static function close(AMQPStreamConnection $connection): void
    {
        try {
            $connection->close();
        } catch (\Exception) {
            // What broke it has been reported where it broke.
        }
    }
}
