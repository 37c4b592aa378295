<?php

declare(strict_types=1);

namespace Reservations;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Wire\AMQPTable;

/** What fails goes from the work queue to the retry queue, and comes back when its time there is over. */
final class Topology
{
    public const EXCHANGE = 'warehouse';
    public const RETRY_EXCHANGE = 'warehouse.retry';
    public const QUEUE = 'reservations';
    public const RETRY_QUEUE = 'reservations.retry';
    public const FAILED_QUEUE = 'reservations.failed';
    public const KEY = 'reserve';
    public const PAUSE = 2000; // ms

    public static function declare(AMQPChannel $channel): void
    {
        $channel->exchange_declare(self::EXCHANGE, 'direct', durable: true, auto_delete: false);
        $channel->exchange_declare(self::RETRY_EXCHANGE, 'direct', durable: true, auto_delete: false);

        self::queue($channel, self::QUEUE, ['x-dead-letter-exchange' => self::RETRY_EXCHANGE]);
        self::queue($channel, self::RETRY_QUEUE, [
            'x-dead-letter-exchange' => self::EXCHANGE,
            'x-message-ttl' => self::PAUSE,
        ]);
        self::queue($channel, self::FAILED_QUEUE, []);

        $channel->queue_bind(self::QUEUE, self::EXCHANGE, self::KEY);
        $channel->queue_bind(self::RETRY_QUEUE, self::RETRY_EXCHANGE, self::KEY);
    }

    /** @param array<string, string|int> $arguments */
    private static function queue(AMQPChannel $channel, string $name, array $arguments): void
    {
        $channel->queue_declare($name, durable: true, auto_delete: false, arguments: new AMQPTable($arguments));
    }
}
