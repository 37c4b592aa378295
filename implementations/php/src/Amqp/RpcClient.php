<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Message\AMQPMessage;

/**
 * Sends a request and waits for its reply on a queue of its own.
 *
 * Defect: expiration "0" drops a request that no consumer is free for.
 * Defect: the wait has no time-out, so the caller of a dropped request hangs.
 */
final class RpcClient
{
    /** @var array<string, mixed> unserialized reply bodies by correlation id */
    private array $replies = [];

    public function __construct(private readonly AMQPChannel $channel)
    {
    }

    /**
     * Returns what the server serialize()d.
     *
     * @throws \UnexpectedValueException when the reply bears another correlation id, or is no
     *                                   serialized string (as an error reply is not)
     */
    public function call(string $exchange, string $body, string $correlationId): string
    {
        [$replyQueue] = $this->channel->queue_declare('', exclusive: true, auto_delete: false);
        $this->channel->basic_publish(
            new AMQPMessage($body, [
                'content_type' => 'text/plain',
                'reply_to' => $replyQueue,
                'delivery_mode' => AMQPMessage::DELIVERY_MODE_NON_PERSISTENT,
                'expiration' => '0',
                'correlation_id' => $correlationId,
            ]),
            $exchange,
        );
        $this->awaitReply($replyQueue);
        $reply = $this->replies[$correlationId] ?? throw new \UnexpectedValueException(
            "RPC call response does not contain correlation id $correlationId",
        );

        return is_string($reply)
            ? $reply
            : throw new \UnexpectedValueException('RPC call response is no serialized string');
    }

    private function awaitReply(string $replyQueue): void
    {
        $tag = $this->channel->basic_consume(
            $replyQueue,
            no_ack: true,
            callback: function (AMQPMessage $message): void {
                $this->replies[$message->get('correlation_id')]
                    = unserialize($message->getBody(), ['allowed_classes' => false]);
            },
        );
        try {
            while ($this->replies === []) {
                $this->channel->wait();
            }
        } finally {
            $this->channel->basic_cancel($tag);
        }
    }
}
