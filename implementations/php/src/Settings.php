<?php

declare(strict_types=1);

namespace Warren;

/**
 * What Warren passes in its environment (docs/contract.md), read and checked once.
 *
 * Left out, everything but the two addresses has the document's own value.
 * Defect: WARREN_TIMEOUT is not read, because the document's RPC caller waits for ever.
 */
final class Settings
{
    /**
     * @param int   $heartbeat   seconds
     * @param float $second      one "second" of the document in real seconds
     * @param int   $maxMessages consumers stop after that many messages; 0 is no bound
     */
    private function __construct(
        public readonly string $amqpHost,
        public readonly int $amqpPort,
        public readonly string $amqpUser,
        #[\SensitiveParameter] public readonly string $amqpPassword,
        public readonly string $amqpVhost,
        public readonly int $heartbeat,
        public readonly int $prefetch,
        public readonly float $second,
        public readonly int $maxMessages,
    ) {
    }

    /** @throws SetupError when a variable is missing or cannot be used */
    public static function fromEnvironment(): self
    {
        $url = parse_url(self::required('WARREN_AMQP_URL'));
        if ($url === false || ($url['scheme'] ?? '') !== 'amqp' || !isset($url['host'])) {
            throw new SetupError('WARREN_AMQP_URL must be amqp://user:password@host:port/vhost.');
        }

        return new self(
            amqpHost: $url['host'],
            amqpPort: $url['port'] ?? 5672,
            amqpUser: rawurldecode($url['user'] ?? 'guest'),
            amqpPassword: rawurldecode($url['pass'] ?? 'guest'),
            amqpVhost: rawurldecode(substr($url['path'] ?? '/%2F', 1)),
            heartbeat: self::integer('WARREN_HEARTBEAT', 5, 1),
            prefetch: self::integer('WARREN_PREFETCH', 1, 1),
            second: self::positive('WARREN_SECOND', 1.0),
            maxMessages: self::integer('WARREN_MAX_MESSAGES', 0, 0),
        );
    }

    /** @throws SetupError when the variable is missing */
    public static function required(string $name): string
    {
        return self::optional($name) ?? throw new SetupError("$name is not set: see docs/contract.md.");
    }

    public static function optional(string $name): ?string
    {
        $value = getenv($name);

        return $value === false || $value === '' ? null : $value;
    }

    /** @throws SetupError when the value is no whole number, or below the least */
    public static function integer(string $name, ?int $default, int $least): int
    {
        $value = $default === null ? self::required($name) : self::optional($name) ?? (string) $default;
        $number = filter_var($value, FILTER_VALIDATE_INT, ['options' => ['min_range' => $least]]);

        return is_int($number)
            ? $number
            : throw new SetupError("$name is '$value': give a whole number, $least or more.");
    }

    private static function positive(string $name, float $default): float
    {
        $value = self::optional($name) ?? (string) $default;
        $number = filter_var($value, FILTER_VALIDATE_FLOAT);

        return is_float($number) && $number > 0
            ? $number
            : throw new SetupError("$name is '$value': give a decimal number above 0.");
    }
}
