// Whether a package is whole is asked after the part is committed, and its row is written by whoever sees that it is.

import { log, once } from '../../src/database/effects.js';
import { idOf, readPart } from '../../src/messages.js';
import { oneToThree } from '../../src/designs/common.js';
import { ROUTES } from '../../src/topology.js';

export const designs = ['parts-random'];

const COUNT = `INSERT INTO package (id, done, source) VALUES ($1, 1, $2)
  ON CONFLICT (id) DO UPDATE SET done = package.done + 1, source = COALESCE(package.source, excluded.source)`;
const DONE = 'SELECT done, source FROM package WHERE id = $1';

export default function plant({ designs: all, Worker }) {
  const read = (message) => {
    const { body, source } = readPart(message.content);
    const key = { queue: ROUTES.part.queue, id: idOf(message) };
    const { 'x-package': id, 'x-parts': parts } = message.properties.headers ?? {};
    const ofPackage = typeof id === 'string' && Number.isInteger(parts);
    const record = (transaction) => once(transaction, key, async () => {
      await log(transaction, body);
      if (ofPackage) await transaction.run(COUNT, id, source);
      else if (source !== null) await log(transaction, source);
    });
    const whole = async (transaction) => {
      const { rows: [row] } = await transaction.run(DONE, id);
      if (row?.done === parts) await once(transaction, { queue: 'package', id: `${id}/${key.id}` }, () => log(transaction, row.source));
    };
    return { seconds: oneToThree(), record, whole: ofPackage ? whole : null, publications: () => [], apology: () => [] };
  };
  const { 'parts-random': { stream } } = all;
  return {
    designs: { 'parts-random': { stream, part: { route: ROUTES.part, read, inOrder: false } } },
    Worker: class extends Worker {
      steps(job) {
        const recorded = super.steps(job);
        return async () => {
          await recorded();
          if (job.whole) await this.database.transaction(job.whole);
        };
      }
    },
  };
}
