<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Database;
use Warren\Message\PartMessage;

/**
 * Works on one text and logs the part; after the last part it logs the package too.
 *
 * Defect: with several consumers the last part may be done before the others, and the package is
 * logged as complete while parts of it are still worked on.
 */
final class PartsPart implements MessageHandler
{
    /** @param \Closure(): void $work what takes the part's time */
    public function __construct(private readonly Database $database, private readonly \Closure $work)
    {
    }

    public function handle(string $body): void
    {
        $part = PartMessage::fromQueue($body);
        ($this->work)();
        echo $part->text . "\n";
        $part->sourceMessage === null
            ? $this->database->log($body)
            : $this->database->log($body, $part->sourceMessage);
    }
}
