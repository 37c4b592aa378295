<?php

declare(strict_types=1);

namespace Warren;

/** The design or the role is none of this implementation's. */
final class UnknownRole extends \RuntimeException
{
    /** Exit status that says "unsupported" to Warren (docs/contract.md, "Designs and roles"). */
    public const EXIT_STATUS = 127;
}
