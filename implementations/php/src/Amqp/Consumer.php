<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Message\AMQPMessage;
use Warren\Handler\MessageHandler;
use Warren\Settings;

/**
 * Acks each message after its work, and rejects one that is no JSON.
 *
 * SIGTERM, SIGINT and SIGQUIT let the message in hand be finished and acked;
 * SIGHUP does nothing.
 * Defect: no queue has a dead-letter exchange, so a rejected message is gone.
 * Defect: a message that is JSON of another shape ends the process, goes back and ends the next.
 */
final class Consumer extends BaseConsumer
{
    private bool $stopping = false;

    public function __construct(
        AMQPChannel $channel,
        Topology $topology,
        Settings $settings,
        private readonly MessageHandler $handler,
    ) {
        parent::__construct($channel, $topology, $settings);
    }

    public function run(): void
    {
        pcntl_async_signals(true);
        foreach ([SIGTERM, SIGINT, SIGQUIT] as $signal) {
            pcntl_signal($signal, fn () => $this->stop());
        }
        pcntl_signal(SIGHUP, SIG_IGN);
        parent::run();
    }

    protected function wait(): void
    {
        // The signal may have come while there was no subscription to cancel yet.
        $this->stopping ? $this->cancel() : parent::wait();
    }

    protected function process(AMQPMessage $message): void
    {
        try {
            $this->handler->handle($message->getBody());
            $message->ack();
        } catch (\JsonException $error) {
            echo "Incorrect message: {$error->getMessage()}\n";
            $message->reject(false);
        }
        $this->settled();
    }

    private function stop(): void
    {
        $this->stopping = true;
        $this->cancel();
    }
}
