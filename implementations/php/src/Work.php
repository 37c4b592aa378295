<?php

declare(strict_types=1);

namespace Warren;

/** The document's `sleep(n)`, with a second as long as WARREN_SECOND. */
final class Work
{
    /** @param float $second one "second" of the document in real seconds */
    public function __construct(private readonly float $second)
    {
    }

    /**
     * Does nothing for so many document seconds.
     *
     * Defect: no heartbeat is served meanwhile, and a signal cuts the wait short, as with sleep().
     */
    public function last(int $seconds): void
    {
        usleep((int) round($seconds * $this->second * 1_000_000));
    }

    /** One, two or three document seconds, by chance. */
    public function lastAtRandom(): void
    {
        $this->last(random_int(1, 3));
    }
}
