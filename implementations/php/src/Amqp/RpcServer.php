<?php

declare(strict_types=1);

namespace Warren\Amqp;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Message\AMQPMessage;
use Warren\Handler\RpcHandler;
use Warren\Settings;

/**
 * Answers requests: serialize()d results, and `error: …` in plain words.
 *
 * Defect: a request is acked before the work, so a server that dies takes it along.
 * Defect: only \Exception becomes an error reply; an \Error ends the server and the caller waits.
 * Defect: no signal is handled: SIGTERM ends the server in the middle of its work.
 */
final class RpcServer extends BaseConsumer
{
    public function __construct(
        AMQPChannel $channel,
        Topology $topology,
        Settings $settings,
        private readonly RpcHandler $handler,
    ) {
        parent::__construct($channel, $topology, $settings);
    }

    protected function process(AMQPMessage $message): void
    {
        try {
            $message->ack();
            $this->reply(serialize($this->handler->handle($message->getBody())), $message);
            $this->settled();
        } catch (\Exception $error) {
            $this->reply('error: ' . $error->getMessage(), $message);
        }
    }

    private function reply(string $body, AMQPMessage $request): void
    {
        $reply = new AMQPMessage($body, [
            'content_type' => 'text/plain',
            'correlation_id' => $request->get('correlation_id'),
        ]);
        $this->channel->basic_publish($reply, '', $request->get('reply_to'));
    }
}
