<?php

// Composer's libraries where they were installed, else Debian's package php-amqplib.

declare(strict_types=1);

require_once is_file(__DIR__ . '/vendor/autoload.php') ? __DIR__ . '/vendor/autoload.php' : 'PhpAmqpLib/autoload.php';

foreach (['Settings', 'Topology', 'Stock'] as $class) {
    require_once __DIR__ . "/src/$class.php";
}
