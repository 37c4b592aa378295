// blocking: a package is worked on whole.

import { log, once } from '../database/effects.js';
import { idOf, readPackage } from '../messages.js';
import { ROUTES } from '../topology.js';
import { job } from './common.js';

export function stream(message) {
  const { body, texts } = readPackage(message.content);
  const key = { queue: ROUTES.stream.queue, id: idOf(message) };
  return job({
    seconds: texts.length,
    record: (transaction) => once(transaction, key, () => log(transaction, body)),
  });
}
