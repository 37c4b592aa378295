<?php

declare(strict_types=1);

namespace Warren;

/** A row of the table `task`. */
final class Task
{
    public function __construct(
        private readonly int $id,
        private readonly \DateTimeImmutable $createdAt,
        private readonly ?string $result = null,
        private readonly ?\DateTimeImmutable $completedAt = null,
    ) {
    }

    /** The same task, completed now with a random number as its result. */
    public function complete(): self
    {
        $now = new \DateTimeImmutable('now', new \DateTimeZone('UTC'));

        return new self($this->id, $this->createdAt, (string) random_int(0, PHP_INT_MAX), $now);
    }

    public function id(): int
    {
        return $this->id;
    }

    public function result(): ?string
    {
        return $this->result;
    }

    public function completedAt(): ?\DateTimeImmutable
    {
        return $this->completedAt;
    }

    /**
     * Seconds from creation to completion; null while the task is open.
     *
     * Defect: only the seconds of the interval, so 60 s is 0 again.
     */
    public function processTime(): ?int
    {
        return $this->completedAt?->diff($this->createdAt)->s;
    }
}
