<?php

/**
 * `php consumer.php DESIGN ROLE`: runs one consumer until it is told to stop.
 *
 * Exit status: 0 stopped or bound reached, 1 crashed, 2 wrong set-up, 127 design or role unknown.
 */

declare(strict_types=1);

require __DIR__ . '/src/autoload.php';

exit(Warren\Command::exitStatus(
    'php consumer.php DESIGN ROLE',
    array_slice($argv, 1),
    static function (string $design, string $role): void {
        Warren\Roles::check($design, $role);
        $settings = Warren\Settings::fromEnvironment();
        $connection = Warren\Amqp\Connection::open($settings);
        try {
            (new Warren\Roles($connection, $settings))->consumer($design, $role)->run();
        } finally {
            Warren\Amqp\Connection::close($connection);
        }
    },
));
