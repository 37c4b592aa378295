<?php

// The document's files leave strict_types off: "5" passes for a task id.
declare(strict_types=0);

namespace Warren\Message;

/** `{"taskId":1}`: a task to complete (task, rpc). */
final class TaskMessage
{
    public function __construct(public readonly int $taskId)
    {
    }

    /**
     * @throws \JsonException when the body is no JSON
     * @throws \TypeError     when it is JSON of another shape
     */
    public static function fromQueue(string $body): self
    {
        $message = json_decode($body, true, 512, JSON_THROW_ON_ERROR);

        return new self($message['taskId']);
    }

    public function toQueue(): string
    {
        return json_encode(['taskId' => $this->taskId], JSON_THROW_ON_ERROR);
    }
}
