<?php

declare(strict_types=1);

namespace Warren;

/** The environment or the command line cannot be used; the message says what to give instead. */
final class SetupError extends \RuntimeException
{
}
