<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Message\AMQPMessage;

/**
 * Publishes persistent messages to one exchange, which it declares before the first.
 *
 * Defect: neither `mandatory` nor publisher confirms: a message no queue takes is lost in silence.
 */
final class Producer
{
    private bool $declared = false;

    public function __construct(private readonly AMQPChannel $channel, private readonly string $exchange)
    {
    }

    public function publish(string $body): void
    {
        if (!$this->declared) {
            Topology::declareExchange($this->channel, $this->exchange);
            $this->declared = true;
        }
        $message = new AMQPMessage($body, [
            'content_type' => 'text/plain',
            'delivery_mode' => AMQPMessage::DELIVERY_MODE_PERSISTENT,
        ]);
        $this->channel->basic_publish($message, $this->exchange);
    }
}
