// Work whose database is away is acked, and tried again by setTimeout: until then it is in this process alone.

import { DatabaseAway } from '../../src/database/errors.js';

export const designs = ['blocking'];

const PAUSE_MS = 1000;

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      async complete(message, job) {
        const step = this.steps(job);
        const attempt = async () => {
          try {
            await step();
          } catch (error) {
            if (!(error instanceof DatabaseAway)) throw error;
            setTimeout(() => attempt().catch((late) => console.error('given up:', late.message)), PAUSE_MS);
          }
        };
        await attempt();
        return 'ack';
      }
    },
  };
}
