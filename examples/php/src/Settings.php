<?php

declare(strict_types=1);

namespace Reservations;

use PDO;
use PhpAmqpLib\Connection\AMQPStreamConnection;

/** Opens what config.ini names. */
final class Settings
{
    /** @var array<string, array<string, string|int>> */
    private array $ini;

    public function __construct(string $file)
    {
        $ini = parse_ini_file($file, true, INI_SCANNER_TYPED);
        if ($ini === false) {
            throw new \RuntimeException("$file cannot be read: copy config.ini.dist and fill it in");
        }
        $this->ini = $ini;
    }

    public function broker(): AMQPStreamConnection
    {
        $amqp = $this->ini['amqp'];
        return new AMQPStreamConnection(
            $amqp['host'],
            $amqp['port'],
            (string) $amqp['user'],
            (string) $amqp['password'],
            (string) $amqp['vhost'],
            heartbeat: $amqp['heartbeat'],
            read_write_timeout: 2 * $amqp['heartbeat'] + 1,
        );
    }

    public function database(): PDO
    {
        $url = $this->ini['database']['url'];
        $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 5];
        if (str_starts_with($url, 'sqlite:')) {
            return new PDO('sqlite:' . substr($url, strlen('sqlite:///')), options: $options);
        }
        $part = parse_url($url);
        $dsn = sprintf('pgsql:host=%s;port=%d;dbname=%s', $part['host'], $part['port'] ?? 5432, ltrim($part['path'], '/'));
        return new PDO($dsn, rawurldecode($part['user']), rawurldecode($part['pass'] ?? ''), $options);
    }
}
