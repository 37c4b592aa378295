<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Amqp\Producer;
use Warren\Message\StreamMessage;

/**
 * Publishes each text of a package as a part of its own.
 *
 * Defect: a crash between two parts publishes the first ones twice.
 */
final class PartsStream implements MessageHandler
{
    public function __construct(private readonly Producer $producer)
    {
    }

    public function handle(string $body): void
    {
        foreach ((new StreamMessage($body))->parts() as $part) {
            $this->producer->publish($part->toQueue());
        }
    }
}
