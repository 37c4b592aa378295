<?php

/**
 * `php http.php DESIGN`: serves the design's web page on 127.0.0.1:WARREN_HTTP_PORT.
 *
 * Exit status: 0 stopped, 1 crashed, 2 wrong set-up, 127 design without a web page.
 */

declare(strict_types=1);

require __DIR__ . '/src/autoload.php';

exit(Warren\Command::exitStatus('php http.php DESIGN', array_slice($argv, 1), static function (string $design): void {
    (new Warren\Http\Server(new Warren\Http\Page($design)))
        ->run(Warren\Settings::integer('WARREN_HTTP_PORT', null, 1));
}));
