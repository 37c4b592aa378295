<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Database;
use Warren\Message\TaskMessage;

/** Completes the task a message names; a task that is not there is passed over. */
final class CompleteTask implements MessageHandler
{
    public function __construct(private readonly Database $database)
    {
    }

    public function handle(string $body): void
    {
        $task = $this->database->findTask(TaskMessage::fromQueue($body)->taskId);
        if ($task !== null) {
            $this->database->saveTask($task->complete());
        }
    }
}
