<?php

declare(strict_types=1);

namespace Warren\Http;

use Warren\SetupError;

/**
 * A web server as small as the document needs: workers forked ahead, each with one caller at a time.
 *
 * PHP's own `php -S` is no replacement: its workers accept callers while they are busy, so one
 * caller waits for another's reply, and they stay behind when the server is ended.
 */
final class Server
{
    /** As written an RPC caller may hold a worker for ever, so there are more than come at a time. */
    private const WORKERS = 16;
    private const STOP_SIGNALS = [SIGTERM, SIGINT, SIGQUIT];
    private const ACCEPT_SECONDS = 1.0;
    private const READ_SECONDS = 5;
    private const LONGEST_LINE = 8192;
    private const MOST_HEADERS = 100;

    public function __construct(private readonly Page $page)
    {
    }

    /**
     * Serves until one of STOP_SIGNALS comes, then ends all workers, whatever they wait for.
     *
     * @throws SetupError        when the port cannot be had
     * @throws \RuntimeException when a worker ends by itself
     */
    public function run(int $port): void
    {
        $socket = @stream_socket_server("tcp://127.0.0.1:$port", $code, $reason);
        if ($socket === false) {
            throw new SetupError("Cannot listen on 127.0.0.1:$port: $reason. Is another server there?");
        }
        // All idle workers see a caller come, one gets it: the others must not wait for the next.
        stream_set_blocking($socket, false);
        $awaited = [...self::STOP_SIGNALS, SIGCHLD];
        pcntl_sigprocmask(SIG_BLOCK, $awaited);
        $workers = [];
        try {
            for ($i = 0; $i < self::WORKERS; $i++) {
                $workers[] = $this->fork($socket, $awaited);
            }
            if (pcntl_sigwaitinfo($awaited) === SIGCHLD) {
                throw new \RuntimeException('A worker of the web server ended by itself.');
            }
        } finally {
            self::end($workers);
        }
    }

    /**
     * @param resource  $socket
     * @param list<int> $blocked signals a worker takes as they come
     */
    private function fork($socket, array $blocked): int
    {
        $parent = posix_getpid();
        $pid = pcntl_fork();
        if ($pid === -1) {
            throw new \RuntimeException('Cannot fork: ' . pcntl_strerror(pcntl_get_last_error()));
        }
        if ($pid === 0) {
            pcntl_sigprocmask(SIG_UNBLOCK, $blocked);
            $this->work($socket, $parent);
            exit(0);
        }

        return $pid;
    }

    /** @param list<int> $workers */
    private static function end(array $workers): void
    {
        foreach ($workers as $pid) {
            posix_kill($pid, SIGTERM);
        }
        foreach ($workers as $pid) {
            pcntl_waitpid($pid, $status);
        }
    }

    /**
     * A worker's life: one caller after another, for as long as the server lives.
     *
     * @param resource $socket
     */
    private function work($socket, int $parent): void
    {
        while (posix_getppid() === $parent) {
            // False, with a warning, whenever nobody called for a while.
            $client = @stream_socket_accept($socket, self::ACCEPT_SECONDS);
            if ($client !== false) {
                fwrite($client, $this->answer($client)->toHttp());
                fclose($client);
            }
        }
    }

    /** @param resource $client */
    private function answer($client): Response
    {
        $path = self::readPath($client);
        if ($path === null) {
            return new Response(400, '"Bad request"');
        }
        try {
            return $this->page->answer($path);
        } catch (\Throwable $error) {
            fwrite(STDERR, $error::class . ': ' . $error->getMessage() . "\n");

            return new Response(500, '"Internal server error"');
        }
    }

    /**
     * Reads a GET request to its end: its path without the query, or null when it is none.
     *
     * @param resource $client
     */
    private static function readPath($client): ?string
    {
        stream_set_timeout($client, self::READ_SECONDS);
        $request = (string) fgets($client, self::LONGEST_LINE);
        for ($i = 0; $i < self::MOST_HEADERS; $i++) {
            if (trim((string) fgets($client, self::LONGEST_LINE)) === '') {
                break;
            }
        }

        return preg_match('~^GET (/[^ ?]*)\S* HTTP/1\.[01]\r\n$~D', $request, $parts) === 1 ? $parts[1] : null;
    }
}
