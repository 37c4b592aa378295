<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Message\AMQPMessage;
use Warren\Settings;

/** Subscribes to one queue and takes messages until the bound is reached or it is told to stop. */
abstract class BaseConsumer
{
    private int $settled = 0;
    private readonly string $tag;

    public function __construct(
        protected readonly AMQPChannel $channel,
        private readonly Topology $topology,
        private readonly Settings $settings,
    ) {
        $this->tag = sprintf('PHPPROCESS_%s_%d', gethostname(), getmypid());
        $this->channel->basic_qos(0, $settings->prefetch, false);
    }

    /**
     * Defect: while a message is worked on nobody reads the connection, so no heartbeat leaves.
     *
     * @throws \Throwable whatever the connection or the handler throws: the process ends with it
     */
    public function run(): void
    {
        $this->topology->declare($this->channel);
        $this->channel->basic_consume(
            $this->topology->queue,
            $this->tag,
            callback: fn (AMQPMessage $message) => $this->process($message),
        );
        while ($this->channel->is_consuming()) {
            $this->wait();
        }
    }

    abstract protected function process(AMQPMessage $message): void;

    protected function wait(): void
    {
        $this->channel->wait();
    }

    /** Counts a message that is done with; the last one allowed ends the subscription. */
    protected function settled(): void
    {
        $this->settled++;
        if ($this->settled === $this->settings->maxMessages) {
            $this->cancel();
        }
    }

    /** Ends the subscription without waiting for the broker's answer. */
    protected function cancel(): void
    {
        if ($this->channel->is_consuming()) {
            $this->channel->basic_cancel($this->tag, false, true);
        }
    }
}
