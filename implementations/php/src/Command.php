<?php

declare(strict_types=1);

namespace Warren;

/** From a command line to an exit status, with a sentence on standard error when it is not 0. */
final class Command
{
    private const CRASHED = 1;
    private const WRONG_SETUP = 2;

    /** @param list<string> $arguments as many as $run has parameters, which $usage names */
    public static function exitStatus(string $usage, array $arguments, \Closure $run): int
    {
        try {
            if (count($arguments) !== (new \ReflectionFunction($run))->getNumberOfParameters()) {
                throw new SetupError("Usage: $usage");
            }
            $run(...$arguments);

            return 0;
        } catch (UnknownRole $error) {
            return self::fail(UnknownRole::EXIT_STATUS, $error->getMessage());
        } catch (SetupError $error) {
            return self::fail(self::WRONG_SETUP, $error->getMessage());
        } catch (\Throwable $error) {
            $place = basename($error->getFile()) . ':' . $error->getLine();

            return self::fail(self::CRASHED, sprintf('%s: %s (%s)', $error::class, $error->getMessage(), $place));
        }
    }

    private static function fail(int $status, string $sentence): int
    {
        fwrite(STDERR, $sentence . "\n");

        return $status;
    }
}
