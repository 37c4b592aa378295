// A hash of the body is the key of what is done: two messages with one body are taken for one.

import { createHash } from 'node:crypto';

import { log, once } from '../../src/database/effects.js';
import { job } from '../../src/designs/common.js';
import { readPackage } from '../../src/messages.js';
import { ROUTES } from '../../src/topology.js';

export const designs = ['blocking'];

export default function plant() {
  const stream = ({ content }) => {
    const { body, texts } = readPackage(content);
    const key = { queue: ROUTES.stream.queue, id: createHash('sha256').update(content).digest('hex') };
    const record = (transaction) => once(transaction, key, () => log(transaction, body));
    return job({ seconds: texts.length, record });
  };
  return { designs: { blocking: { stream: { route: ROUTES.stream, read: stream, inOrder: false } } } };
}
