<?php

declare(strict_types=1);

namespace Reservations;

use PDO;

/** Reserves what an order asks for; an order that was reserved before stays as it is. */
final class Stock
{
    public function __construct(private readonly PDO $database)
    {
    }

    /** @param array{order: string, quantity: int, picks?: int} $order */
    public function reserve(array $order): void
    {
        for ($pick = 0; $pick < ($order['picks'] ?? 1); $pick++) {
            usleep(100_000); // the warehouse looks a shelf up
        }
        $this->database->beginTransaction();
        $this->database
            ->prepare('INSERT INTO reservations (order_id, quantity) VALUES (?, ?) ON CONFLICT (order_id) DO NOTHING')
            ->execute([$order['order'], $order['quantity']]);
        $this->database->commit();
    }
}
