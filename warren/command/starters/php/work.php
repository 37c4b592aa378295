<?php

declare(strict_types=1);

/** Another try may mend it. */
final class Temporary extends RuntimeException
{
}

/** Do what a message asks for, and note that, in one transaction: it is done once, also if it comes again. */
function work(string $body): void
{
    $message = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
    if (!is_array($message) || !is_string($message['id'] ?? null) || !is_int($message['amount'] ?? null)) {
        throw new UnexpectedValueException('a message has an id, which is text, and an amount, which is a number');
    }
    try {
        // A connection for each message: none that broke meanwhile is used.
        $database = new PDO(getenv('DATABASE_DSN'), options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 5]);
        $database->beginTransaction();
        $noted = $database->prepare('INSERT INTO handled (id) VALUES (?) ON CONFLICT DO NOTHING');
        $noted->execute([$message['id']]);
        if ($noted->rowCount() === 1) {
            $entry = $database->prepare('INSERT INTO entries (ref, amount) VALUES (?, ?)');
            $entry->execute([$message['id'], $message['amount']]);
        }
        $database->commit();
    } catch (PDOException $error) {
        // For good is what the database refuses for its data (22) or its constraints (23).
        if (preg_match('/^2[23]/', (string) $error->getCode())) {
            throw $error;
        }
        throw new Temporary($error->getMessage(), previous: $error);
    }
}
