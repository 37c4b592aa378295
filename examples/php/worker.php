<?php

// Reserves the stock of each order: php worker.php [config.ini]

declare(strict_types=1);

namespace Reservations;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Exception\AMQPExceptionInterface;
use PhpAmqpLib\Message\AMQPMessage;

require __DIR__ . '/bootstrap.php';

const TRIES = 5;

/** @return array<string, mixed> */
function decode(AMQPMessage $message): array
{
    $order = json_decode($message->getBody(), true, flags: JSON_THROW_ON_ERROR);
    if (!is_array($order) || !is_string($order['order'] ?? null) || !is_int($order['quantity'] ?? null)) {
        throw new \JsonException('an order needs "order" and "quantity"');
    }
    return $order;
}

function deaths(AMQPMessage $message): int
{
    $headers = $message->has('application_headers') ? $message->get('application_headers')->getNativeData() : [];
    foreach ($headers['x-death'] ?? [] as $death) {
        if ($death['queue'] === Topology::QUEUE && $death['reason'] === 'rejected') {
            return (int) $death['count'];
        }
    }
    return 0;
}

function put_aside(AMQPMessage $message): void
{
    // A copy: publishing gives its message another delivery tag.
    $copy = new AMQPMessage($message->getBody(), $message->get_properties());
    $message->getChannel()->basic_publish($copy, '', Topology::FAILED_QUEUE);
    $message->getChannel()->wait_for_pending_acks(10);
    $message->ack();
}

function handle(AMQPMessage $message, Settings $settings): void
{
    try {
        (new Stock($settings->database()))->reserve(decode($message));
        $message->ack();
    } catch (\JsonException $error) {
        fwrite(STDERR, "no order: {$error->getMessage()}\n");
        put_aside($message);
    } catch (\PDOException $error) {
        fwrite(STDERR, "not reserved: {$error->getMessage()}\n");
        deaths($message) + 1 < TRIES ? $message->nack() : put_aside($message);
    }
}

function consume(AMQPChannel $channel, Settings $settings): void
{
    Topology::declare($channel);
    $channel->confirm_select();
    $channel->basic_qos(0, 1, false);
    $channel->basic_consume(Topology::QUEUE, callback: fn (AMQPMessage $message) => handle($message, $settings));
    $channel->consume();
}

$settings = new Settings($argv[1] ?? __DIR__ . '/config.ini');
$channel = null;
$stopping = false;
$stop = function () use (&$channel, &$stopping): void {
    $stopping = true;
    $channel?->stopConsume();
};
pcntl_signal(SIGTERM, $stop);
pcntl_signal(SIGINT, $stop);

while (!$stopping) {
    $connection = null;
    try {
        $connection = $settings->broker();
        $channel = $connection->channel();
        consume($channel, $settings);
        $connection->close();
    } catch (AMQPExceptionInterface $error) {
        fwrite(STDERR, "broker: {$error->getMessage()}\n");
        sleep(1);
        pcntl_signal_dispatch();
    }
}
