<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Amqp\Producer;
use Warren\Database;
use Warren\Message\PipelineMessage;
use Warren\Work;

/**
 * Works on one text of a package, logs the message, and passes the package on or logs its result.
 *
 * Defect: the package is passed on before its row is written, and both before the ack: a crash in
 * between sends the rest of the package round twice.
 */
final class PipelinePart implements MessageHandler
{
    public function __construct(
        private readonly Database $database,
        private readonly Producer $producer,
        private readonly Work $work,
    ) {
    }

    public function handle(string $body): void
    {
        $message = PipelineMessage::fromQueue($body);
        $this->work->lastAtRandom();
        echo $message->text() . "\n";
        $next = $message->next();
        if ($next->isComplete()) {
            $this->database->log($body, $next->resultToLog());
        } else {
            $this->producer->publish($next->toQueue());
            $this->database->log($body);
        }
    }
}
