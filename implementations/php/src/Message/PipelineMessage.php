<?php

// The document's files leave strict_types off: "1" passes for an index.
declare(strict_types=0);

namespace Warren\Message;

/** `{"texts":[…],"index":1,"result":{"texts":["text1"]}}`: a package on its way (pipeline). */
final class PipelineMessage
{
    /**
     * @param string[]                   $texts
     * @param int                        $index  position of the text to work on next
     * @param array{texts: list<string>} $result what has been worked on
     */
    private function __construct(
        private readonly array $texts,
        private readonly int $index,
        private readonly array $result,
    ) {
    }

    /** @param string[] $texts */
    public static function first(array $texts): self
    {
        return new self($texts, 0, ['texts' => []]);
    }

    /**
     * @throws \JsonException when the body is no JSON
     * @throws \TypeError     when it is JSON of another shape
     */
    public static function fromQueue(string $body): self
    {
        $message = json_decode($body, true, 512, JSON_THROW_ON_ERROR);

        return new self($message['texts'], $message['index'], $message['result']);
    }

    /**
     * The text to work on, of whatever type it came.
     *
     * Defect: an index past the end is a warning and null, not an error.
     */
    public function text(): mixed
    {
        return $this->texts[$this->index];
    }

    /** The package after its text has been worked on. */
    public function next(): self
    {
        $result = $this->result;
        $result['texts'][] = $this->text();

        return new self($this->texts, $this->index + 1, $result);
    }

    /**
     * Whether every text has been worked on.
     *
     * Defect: a package without texts is past its end from the start and goes round for ever.
     */
    public function isComplete(): bool
    {
        return $this->index === count($this->texts);
    }

    /** @throws \JsonException when a text cannot be written as JSON */
    public function resultToLog(): string
    {
        return json_encode($this->result, JSON_THROW_ON_ERROR);
    }

    /** @throws \JsonException when a text cannot be written as JSON */
    public function toQueue(): string
    {
        return json_encode(
            ['texts' => $this->texts, 'index' => $this->index, 'result' => $this->result],
            JSON_THROW_ON_ERROR,
        );
    }
}
