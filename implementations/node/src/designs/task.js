// task and rpc: a task that GET /task made is completed.

import { randomInt } from 'node:crypto';

import { completeTask } from '../database/effects.js';
import { readTask, serialize } from '../messages.js';
import { job } from './common.js';

const SECONDS = 2;

const result = () => String(randomInt(1_000_000, 10_000_000));

export function task(message) {
  const id = readTask(message.content);
  return job({
    seconds: SECONDS,
    record: (transaction) => completeTask(transaction, id, result()),
  });
}

export function rpcServer(message) {
  const id = readTask(message.content);
  return job({
    seconds: SECONDS,
    record: (transaction) => completeTask(transaction, id, result()),
    publications: (completed) => reply(message, serialize({ result: completed, process_time: SECONDS })),
    apology: (error) => reply(message, Buffer.from(`error: ${error.message}`)),
  });
}

// Its caller may be gone, and a direct reply-to is no queue: so it is not mandatory.
function reply({ properties: { replyTo, correlationId } }, body) {
  if (!replyTo) return [];
  const properties = { contentType: 'text/plain', correlationId };
  return [{ exchange: '', routingKey: replyTo, body, properties, mandatory: false, persistent: false }];
}
