<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;

/** A direct, durable exchange and the durable queue bound to it with the routing key "". */
final class Topology
{
    /**
     * Where the web page publishes tasks.
     *
     * Defect: no queue is bound to it (the consumer's exchange is `old_sound_rabbit_mq.task`), so
     * every task is lost.
     */
    public const TASK_PRODUCER_EXCHANGE = 'old_sound_rabbit_mq.server.task';
    public const PART_EXCHANGE = 'old_sound_rabbit_mq.part';
    public const RPC_EXCHANGE = 'task';

    private function __construct(private readonly string $exchange, public readonly string $queue)
    {
    }

    public static function stream(): self
    {
        return new self('old_sound_rabbit_mq.stream', 'old_sound_rabbit_mq.consumer.stream');
    }

    public static function part(): self
    {
        return new self(self::PART_EXCHANGE, 'old_sound_rabbit_mq.consumer.part');
    }

    public static function task(): self
    {
        return new self('old_sound_rabbit_mq.task', 'old_sound_rabbit_mq.consumer.task');
    }

    public static function rpc(): self
    {
        return new self(self::RPC_EXCHANGE, 'old_sound_rabbit_mq.task');
    }

    public function declare(AMQPChannel $channel): void
    {
        self::declareExchange($channel, $this->exchange);
        $channel->queue_declare($this->queue, durable: true, auto_delete: false);
        $channel->queue_bind($this->queue, $this->exchange);
    }

    public static function declareExchange(AMQPChannel $channel, string $exchange): void
    {
        $channel->exchange_declare($exchange, 'direct', durable: true, auto_delete: false);
    }
}
