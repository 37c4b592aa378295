<?php

declare(strict_types=1);

namespace Warren\Handler;

use Warren\Database;
use Warren\Message\TaskMessage;
use Warren\Work;

/** Completes the task a request names, in two document seconds, and replies with its result. */
final class CompleteTaskAndReply implements RpcHandler
{
    /**
     * RabbitMqBundle's number for a rejected message.
     *
     * Defect: an RPC server settles nothing by it, so it travels to the caller as a reply.
     */
    private const REJECTED = '-1';

    public function __construct(private readonly Database $database, private readonly Work $work)
    {
    }

    /** Defect: a task that is not there is no case of its own: the call on null is an \Error. */
    public function handle(string $body): string
    {
        try {
            $message = TaskMessage::fromQueue($body);
        } catch (\JsonException $error) {
            echo "Incorrect message: {$error->getMessage()}\n";

            return self::REJECTED;
        }
        $this->work->last(2);
        $task = $this->database->findTask($message->taskId)?->complete();
        if ($task !== null) {
            $this->database->saveTask($task);
        }

        return json_encode(
            ['result' => $task->result(), 'process_time' => $task->processTime()],
            JSON_THROW_ON_ERROR,
        );
    }
}
