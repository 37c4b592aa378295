<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Amqp\Producer;
use Warren\Message\PipelineMessage;
use Warren\Message\StreamMessage;

/** Sends a package on its way through the part consumers, with its first text to be worked on. */
final class PipelineStream implements MessageHandler
{
    public function __construct(private readonly Producer $producer)
    {
    }

    public function handle(string $body): void
    {
        $this->producer->publish(PipelineMessage::first((new StreamMessage($body))->texts)->toQueue());
    }
}
