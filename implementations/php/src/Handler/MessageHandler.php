<?php

declare(strict_types=1);

namespace Warren\Handler;

/** What a consumer does with a message. */
interface MessageHandler
{
    /**
     * Returns when the message may be acked.
     *
     * @throws \JsonException when the message is to be rejected
     * @throws \Throwable     anything else ends the process, and the message goes back
     */
    public function handle(string $body): void;
}
