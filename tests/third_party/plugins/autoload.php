<?php

// In the place of Composer's: the library and its tests by PSR-4, and Debian's phpseclib.
spl_autoload_register(static function (string $class): void {
    foreach (['PhpAmqpLib\\Tests\\' => 'tests/', 'PhpAmqpLib\\' => 'PhpAmqpLib/'] as $prefix => $folder) {
        if (strncmp($class, $prefix, strlen($prefix)) === 0) {
            $file = dirname(__DIR__) . '/' . $folder . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
            }
            return;
        }
    }
});
@include_once 'phpseclib3/autoload.php';
