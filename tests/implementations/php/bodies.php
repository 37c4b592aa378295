<?php

/**
 * Texts in (a JSON list on standard input), bodies out: for each the hexadecimal bytes of a last
 * part with it and of that body as an RPC reply.
 */

declare(strict_types=1);

require dirname(__DIR__, 3) . '/implementations/php/src/Message/PartMessage.php';

$bodies = [];
foreach (json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR) as $text) {
    $part = (new Warren\Message\PartMessage($text, $text))->toQueue();
    $bodies[] = ['part' => bin2hex($part), 'reply' => bin2hex(serialize($part))];
}
echo json_encode($bodies, JSON_THROW_ON_ERROR);
