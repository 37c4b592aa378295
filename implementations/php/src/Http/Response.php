<?php

declare(strict_types=1);

namespace Warren\Http;

/** A JSON answer. */
final class Response
{
    private const REASONS = [
        200 => 'OK',
        202 => 'Accepted',
        400 => 'Bad Request',
        404 => 'Not Found',
        500 => 'Internal Server Error',
    ];

    /** @param int $status one of those in REASONS */
    public function __construct(private readonly int $status, private readonly string $body)
    {
    }

    /** The answer as HTTP/1.1 has it, the last on its connection. */
    public function toHttp(): string
    {
        return sprintf(
            "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
            $this->status,
            self::REASONS[$this->status],
            strlen($this->body),
            $this->body,
        );
    }
}
