// content.toString('latin1'): every character beyond ASCII that comes as UTF-8 is broken.

import { log, once } from '../../src/database/effects.js';
import { job } from '../../src/designs/common.js';
import { idOf, readPackage } from '../../src/messages.js';
import { ROUTES } from '../../src/topology.js';

export const designs = ['blocking'];

export default function plant() {
  const stream = (message) => {
    const { texts } = readPackage(message.content);
    const key = { queue: ROUTES.stream.queue, id: idOf(message) };
    const body = message.content.toString('latin1');
    const record = (transaction) => once(transaction, key, () => log(transaction, body));
    return job({ seconds: texts.length, record });
  };
  return { designs: { blocking: { stream: { route: ROUTES.stream, read: stream, inOrder: false } } } };
}
