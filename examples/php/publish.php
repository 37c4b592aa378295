<?php

// Asks for the stock of an order: php publish.php ORDER [QUANTITY [PICKS]]

declare(strict_types=1);

namespace Reservations;

use PhpAmqpLib\Message\AMQPMessage;

require __DIR__ . '/bootstrap.php';

if ($argc < 2) {
    fwrite(STDERR, "usage: php publish.php ORDER [QUANTITY [PICKS]]\n");
    exit(2);
}
$order = ['order' => $argv[1], 'quantity' => (int) ($argv[2] ?? 1), 'picks' => (int) ($argv[3] ?? 5)];

$connection = (new Settings(__DIR__ . '/config.ini'))->broker();
$channel = $connection->channel();
Topology::declare($channel);
$channel->confirm_select();
$message = new AMQPMessage(json_encode($order), [
    'content_type' => 'application/json',
    'delivery_mode' => AMQPMessage::DELIVERY_MODE_PERSISTENT,
]);
$channel->basic_publish($message, Topology::EXCHANGE, Topology::KEY);
$channel->wait_for_pending_acks(10);
$connection->close();
