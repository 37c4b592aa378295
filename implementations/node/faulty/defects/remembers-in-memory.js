// What is done already is kept in a Set of the process.

import { log } from '../../src/database/effects.js';
import { job } from '../../src/designs/common.js';
import { idOf, readPackage } from '../../src/messages.js';
import { ROUTES } from '../../src/topology.js';

export const designs = ['blocking'];

export default function plant() {
  const seen = new Set();
  const stream = (message) => {
    const { body, texts } = readPackage(message.content);
    const id = idOf(message);
    const record = async (transaction) => {
      if (seen.has(id)) return;
      await log(transaction, body);
      seen.add(id);
    };
    return job({ seconds: texts.length, record });
  };
  return { designs: { blocking: { stream: { route: ROUTES.stream, read: stream, inOrder: false } } } };
}
