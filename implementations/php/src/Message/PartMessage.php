<?php

// The document's files leave strict_types off: a number passes for a text.
declare(strict_types=0);

namespace Warren\Message;

/** `{"text":"text1","sourceMessage":null}`: one text of a package (parts, parts-random). */
final class PartMessage
{
    /** @param string|null $sourceMessage the package's body, on its last part only */
    public function __construct(
        public readonly string $text,
        public readonly ?string $sourceMessage,
    ) {
    }

    /**
     * @throws \JsonException when the body is no JSON
     * @throws \TypeError     when it is JSON of another shape
     */
    public static function fromQueue(string $body): self
    {
        $message = json_decode($body, true, 512, JSON_THROW_ON_ERROR);

        return new self($message['text'], $message['sourceMessage']);
    }

    /** @throws \JsonException when a text cannot be written as JSON */
    public function toQueue(): string
    {
        return json_encode(
            ['text' => $this->text, 'sourceMessage' => $this->sourceMessage],
            JSON_THROW_ON_ERROR,
        );
    }
}
