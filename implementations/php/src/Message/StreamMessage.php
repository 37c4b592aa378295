<?php

// The document's files leave strict_types off: a number passes for a text, "5" for a task id.
declare(strict_types=0);

namespace Warren\Message;

/** `{"texts":["text1", …]}`: a package of texts, as it comes to the stream consumer. */
final class StreamMessage
{
    /** @var string[] by position, in practice: what they are is not checked */
    public readonly array $texts;

    /**
     * @throws \JsonException when the body is no JSON
     * @throws \TypeError     when it is JSON of another shape
     */
    public function __construct(private readonly string $body)
    {
        $message = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
        $this->texts = $message['texts'];
    }

    /**
     * One part for each text; the last carries the package's own body.
     *
     * @return iterable<PartMessage>
     * @throws \TypeError when a text is no string
     */
    public function parts(): iterable
    {
        foreach ($this->texts as $index => $text) {
            yield new PartMessage($text, $index + 1 === count($this->texts) ? $this->body : null);
        }
    }
}
