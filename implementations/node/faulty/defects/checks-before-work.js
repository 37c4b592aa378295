// "Is it done already?" is asked before the work, and nothing in the transaction asks again.

import { log } from '../../src/database/effects.js';
import { idOf, readPackage } from '../../src/messages.js';
import { ROUTES } from '../../src/topology.js';

export const designs = ['blocking'];

const KNOWN = 'SELECT 1 FROM effect WHERE queue = $1 AND message_id = $2';
const KEEP = 'INSERT INTO effect (queue, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING';

export default function plant({ Worker }) {
  const { queue } = ROUTES.stream;
  const stream = (message) => {
    const { body, texts } = readPackage(message.content);
    const job = { id: idOf(message), known: false, seconds: texts.length, publications: () => [], apology: () => [] };
    job.record = async (transaction) => {
      if (job.known) return;
      await log(transaction, body);
      await transaction.run(KEEP, queue, job.id);
    };
    return job;
  };
  return {
    designs: { blocking: { stream: { route: ROUTES.stream, read: stream, inOrder: false } } },
    Worker: class extends Worker {
      async toil(job, closed) {
        const ask = (transaction) => transaction.run(KNOWN, queue, job.id);
        await this.persist(async () => {
          const { rows } = await this.database.transaction(ask);
          job.known = rows.length > 0;
        }, closed);
        await super.toil(job, closed);
      }
    },
  };
}
