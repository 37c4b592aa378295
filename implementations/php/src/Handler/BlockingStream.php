<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Database;
use Warren\Message\StreamMessage;
use Warren\Work;

/**
 * Works on every text of a package, one document second each, then logs the package.
 *
 * Defect: the longer the package, the longer no heartbeat leaves; past about two heartbeat
 * intervals the ack fails, the message goes back, and its row is there already.
 */
final class BlockingStream implements MessageHandler
{
    public function __construct(private readonly Database $database, private readonly Work $work)
    {
    }

    public function handle(string $body): void
    {
        foreach ((new StreamMessage($body))->texts as $text) {
            $this->work->last(1);
            echo $text . "\n";
        }
        $this->database->log($body);
    }
}
