<?php

// Consumes the queue @@name: each message leaves one entry, whatever ends in between.

declare(strict_types=1);

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Exception\AMQPExceptionInterface;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;

// Composer's libraries where they were installed, else Debian's package php-amqplib.
require_once is_file(__DIR__ . '/vendor/autoload.php') ? __DIR__ . '/vendor/autoload.php' : 'PhpAmqpLib/autoload.php';
require_once __DIR__ . '/work.php';

const EXCHANGE = 'events';
const KEY = '@@name.created';
const QUEUE = '@@name';
const DEAD = '@@name.dead';
const HEARTBEAT = 30; // s; none is sent while PHP waits for its database

/** What outlives a restart of the broker; what cannot be done ends in the queue of dead letters. */
function declare_topology(AMQPChannel $channel): void
{
    $channel->exchange_declare(EXCHANGE, 'topic', durable: true, auto_delete: false);
    $channel->queue_declare(DEAD, durable: true, auto_delete: false, arguments: new AMQPTable(['x-queue-type' => 'quorum']));
    $channel->queue_declare(QUEUE, durable: true, auto_delete: false, arguments: new AMQPTable([
        'x-queue-type' => 'quorum',
        'x-delivery-limit' => 20, // a message that ends its consumer does not do so for ever
        'x-dead-letter-exchange' => '',
        'x-dead-letter-routing-key' => DEAD,
    ]));
    $channel->queue_bind(QUEUE, EXCHANGE, KEY);
}

/** Work on one message and settle it, unless a stop is asked for: then the broker gives it again. */
function handle(AMQPMessage $message): void
{
    global $stopping;
    while (!$stopping) {
        try {
            work($message->getBody());
            $message->ack();
            return;
        } catch (Temporary $error) {
            fwrite(STDERR, "another try: {$error->getMessage()}\n");
            sleep(1); // which a signal ends
        } catch (JsonException | UnexpectedValueException | PDOException $error) {
            fwrite(STDERR, "dead letter: {$error->getMessage()}\n");
            $message->reject(false);
            return;
        }
    }
}

/** Consume over one connection, until it, its channel or its consumer is gone, or a stop is asked for. */
function consume(AMQPStreamConnection $connection): void
{
    global $stopping, $channel;
    $channel = $connection->channel();
    declare_topology($channel);
    $channel->basic_qos(0, (int) (getenv('PREFETCH') ?: 1), false);
    $channel->basic_consume(QUEUE, callback: handle(...));
    fwrite(STDERR, 'consuming from ' . QUEUE . "\n");
    if (!$stopping) {
        $channel->consume();
    }
    $connection->close();
}

$stopping = false;
$channel = null;
pcntl_async_signals(true);
foreach ([SIGTERM, SIGINT] as $signal) {
    pcntl_signal($signal, function () use (&$stopping, &$channel): void {
        $stopping = true;
        $channel?->stopConsume();
    });
}
$url = parse_url(getenv('AMQP_URL'));
while (!$stopping) {
    try {
        consume(new AMQPStreamConnection(
            $url['host'],
            $url['port'] ?? 5672,
            rawurldecode($url['user'] ?? 'guest'),
            rawurldecode($url['pass'] ?? 'guest'),
            rawurldecode(ltrim($url['path'] ?? '', '/')) ?: '/',
            heartbeat: HEARTBEAT,
            read_write_timeout: 2 * HEARTBEAT + 1,
        ));
    } catch (AMQPExceptionInterface $error) {
        fwrite(STDERR, "broker: {$error->getMessage()}; connecting again\n");
    }
    $stopping || sleep(1);
}
