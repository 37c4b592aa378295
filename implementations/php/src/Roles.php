<?php

declare(strict_types=1);

namespace Warren;

use PhpAmqpLib\Connection\AMQPStreamConnection;
use Warren\Amqp\BaseConsumer;
use Warren\Amqp\Consumer;
use Warren\Amqp\Producer;
use Warren\Amqp\RpcServer;
use Warren\Amqp\Topology;
use Warren\Handler\BlockingStream;
use Warren\Handler\CompleteTask;
use Warren\Handler\CompleteTaskAndReply;
use Warren\Handler\MessageHandler;
use Warren\Handler\PartsPart;
use Warren\Handler\PartsStream;
use Warren\Handler\PipelinePart;
use Warren\Handler\PipelineStream;

/** Which consumer stands behind a design and a role. */
final class Roles
{
    private readonly Work $work;

    public function __construct(
        private readonly AMQPStreamConnection $connection,
        private readonly Settings $settings,
    ) {
        $this->work = new Work($settings->second);
    }

    /** @throws UnknownRole before anything is opened, when there is no such consumer */
    public static function check(string $design, string $role): void
    {
        $known = match ($design) {
            'blocking' => ['stream'],
            'parts', 'parts-random', 'pipeline' => ['stream', 'part'],
            'task' => ['task'],
            'rpc' => ['rpc-server'],
            default => throw new UnknownRole("There is no design '$design'."),
        };
        if (!in_array($role, $known, true)) {
            throw new UnknownRole("Design '$design' has no consumer '$role', but: " . implode(', ', $known) . '.');
        }
    }

    /** The consumer of a design and a role that check() let through. */
    public function consumer(string $design, string $role): BaseConsumer
    {
        return match ("$design/$role") {
            'blocking/stream' => $this->onStream(new BlockingStream(Database::open(), $this->work)),
            'parts/stream', 'parts-random/stream' => $this->onStream(new PartsStream($this->partProducer())),
            'parts/part' => $this->onPart(new PartsPart(Database::open(), fn () => $this->work->last(1))),
            'parts-random/part' => $this->onPart(new PartsPart(Database::open(), $this->work->lastAtRandom(...))),
            'pipeline/stream' => $this->onStream(new PipelineStream($this->partProducer())),
            'pipeline/part' => $this->onPart(
                new PipelinePart(Database::open(), $this->partProducer(), $this->work),
            ),
            'task/task' => $this->on(Topology::task(), new CompleteTask(Database::open())),
            'rpc/rpc-server' => new RpcServer(
                $this->connection->channel(),
                Topology::rpc(),
                $this->settings,
                new CompleteTaskAndReply(Database::open(), $this->work),
            ),
        };
    }

    private function onStream(MessageHandler $handler): Consumer
    {
        return $this->on(Topology::stream(), $handler);
    }

    private function onPart(MessageHandler $handler): Consumer
    {
        return $this->on(Topology::part(), $handler);
    }

    private function on(Topology $topology, MessageHandler $handler): Consumer
    {
        return new Consumer($this->connection->channel(), $topology, $this->settings, $handler);
    }

    /** A producer has a channel of its own on the consumer's connection. */
    private function partProducer(): Producer
    {
        return new Producer($this->connection->channel(), Topology::PART_EXCHANGE);
    }
}
