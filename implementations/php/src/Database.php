<?php

declare(strict_types=1);

namespace Warren;

/**
 * The two tables Warren judges (docs/contract.md, "Database"), on SQLite, PostgreSQL and MySQL.
 *
 * Times are UTC in whole seconds, as Doctrine's type `datetime` writes them.
 */
final class Database
{
    private const BUSY_TIMEOUT_SECONDS = 30;
    private const TIME_FORMAT = 'Y-m-d H:i:s';

    private function __construct(private readonly \PDO $pdo)
    {
    }

    /**
     * @throws SetupError    when WARREN_DATABASE_DSN is missing
     * @throws \PDOException when the database does not answer
     */
    public static function open(): self
    {
        $dsn = Settings::required('WARREN_DATABASE_DSN');
        $options = [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION];
        if (str_starts_with($dsn, 'sqlite:')) {
            $options[\PDO::ATTR_TIMEOUT] = self::BUSY_TIMEOUT_SECONDS;
        }
        if (str_starts_with($dsn, 'mysql:')) {
            // Standard SQL's quotes around identifiers, on the one database that has its own.
            $options[\PDO::MYSQL_ATTR_INIT_COMMAND] = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')";
        }

        return new self(new \PDO(
            $dsn,
            Settings::optional('WARREN_DATABASE_USER'),
            Settings::optional('WARREN_DATABASE_PASSWORD'),
            $options,
        ));
    }

    /** Adds a row to `message_log` for each message, in this order, all or none. */
    public function log(string ...$messages): void
    {
        $insert = $this->pdo->prepare('INSERT INTO "message_log" ("message", "created_at") VALUES (?, ?)');
        $this->pdo->beginTransaction();
        foreach ($messages as $message) {
            $insert->execute([$message, gmdate(self::TIME_FORMAT)]);
        }
        $this->pdo->commit();
    }

    /** Adds an open task and returns its id. */
    public function addTask(): int
    {
        $this->pdo->prepare('INSERT INTO "task" ("created_at") VALUES (?)')
            ->execute([gmdate(self::TIME_FORMAT)]);

        return (int) $this->pdo->lastInsertId();
    }

    /** The open or completed task as it was created, or null when there is none. */
    public function findTask(int $id): ?Task
    {
        $select = $this->pdo->prepare('SELECT "created_at" FROM "task" WHERE "id" = ?');
        $select->execute([$id]);
        $createdAt = $select->fetchColumn();

        return is_string($createdAt)
            ? new Task($id, new \DateTimeImmutable($createdAt, new \DateTimeZone('UTC')))
            : null;
    }

    /** Writes what complete() gave the task. */
    public function saveTask(Task $task): void
    {
        $this->pdo->prepare('UPDATE "task" SET "result" = ?, "completed_at" = ? WHERE "id" = ?')
            ->execute([$task->result(), $task->completedAt()?->format(self::TIME_FORMAT), $task->id()]);
    }
}
