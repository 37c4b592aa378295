<?php

declare(strict_types=1);

namespace Warren\Handler;

/** What an RPC server does with a request. */
interface RpcHandler
{
    /**
     * Returns the reply, not yet serialized.
     *
     * @throws \Exception when the reply is to be an error; an \Error ends the process
     */
    public function handle(string $body): string;
}
