// Work whose database is away is published to its own queue again, its body alone, and acked.

import { DatabaseAway } from '../../src/database/errors.js';
import { sleep } from '../../src/time.js';

export const designs = ['blocking'];

const PAUSE_MS = 1000;

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      async complete(message, job, closed) {
        try {
          await this.steps(job)();
        } catch (error) {
          if (!(error instanceof DatabaseAway)) throw error;
          await sleep(PAUSE_MS, closed);
          const again = { exchange: message.fields.exchange, body: message.content, properties: {} };
          await this.persist(() => this.publisher.publish(again), closed);
        }
        return 'ack';
      }
    },
  };
}
