<?php

declare(strict_types=1);

namespace Warren\Http;

use PhpAmqpLib\Connection\AMQPStreamConnection;
use Warren\Amqp\Connection;
use Warren\Amqp\Producer;
use Warren\Amqp\RpcClient;
use Warren\Amqp\Topology;
use Warren\Database;
use Warren\Message\TaskMessage;
use Warren\Settings;
use Warren\UnknownRole;

/** What a design's web page answers: `/task` as the document has it, and `/` for readiness. */
final class Page
{
    /** @var \Closure(AMQPStreamConnection): Response */
    private readonly \Closure $task;
    private readonly Settings $settings;

    /** @throws UnknownRole when the design has no web page */
    public function __construct(string $design)
    {
        $this->task = match ($design) {
            'task' => self::publish(...),
            'rpc' => self::call(...),
            default => throw new UnknownRole("Design '$design' has no web page, but: task, rpc."),
        };
        $this->settings = Settings::fromEnvironment();
    }

    /** @throws \Throwable when broker, database or reply fail */
    public function answer(string $path): Response
    {
        return match ($path) {
            '/' => new Response(200, '"Ready"'),
            '/task' => $this->task(),
            default => new Response(404, '"Not found"'),
        };
    }

    /** Every request has connections of its own, as under PHP-FPM. */
    private function task(): Response
    {
        $connection = Connection::open($this->settings);
        try {
            return ($this->task)($connection);
        } finally {
            Connection::close($connection);
        }
    }

    private static function publish(AMQPStreamConnection $connection): Response
    {
        $producer = new Producer($connection->channel(), Topology::TASK_PRODUCER_EXCHANGE);
        $producer->publish((new TaskMessage(Database::open()->addTask()))->toQueue());

        return new Response(202, json_encode('Task accepted', JSON_THROW_ON_ERROR));
    }

    private static function call(AMQPStreamConnection $connection): Response
    {
        $client = new RpcClient($connection->channel());
        $request = (new TaskMessage(Database::open()->addTask()))->toQueue();

        return new Response(200, $client->call(Topology::RPC_EXCHANGE, $request, self::correlationId()));
    }

    /** Defect: made from the clock, so two callers may have the same one. */
    private static function correlationId(): string
    {
        return 'task_' . crc32(microtime());
    }
}
