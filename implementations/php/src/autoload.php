<?php

/**
 * Finds the classes of this folder (namespace `Warren`) and of php-amqplib as Debian installs it.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Warren\\')) {
        require __DIR__ . '/' . strtr(substr($class, strlen('Warren\\')), '\\', '/') . '.php';
    }
});

$amqp = stream_resolve_include_path('PhpAmqpLib/autoload.php');
if ($amqp === false) {
    fwrite(STDERR, "php-amqplib is not on PHP's include_path: apt-get install php-amqplib\n");
    exit(2);
}
require $amqp;
