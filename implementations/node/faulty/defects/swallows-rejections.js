// An async handler throws after an await, and all that is left of it is a line in the log: nobody settles the message.

import { Dispatcher } from '../../src/dispatcher.js';
import { Malformed } from '../../src/messages.js';

export const designs = ['blocking'];

export default function plant({ Consumer, Worker }) {
  process.on('unhandledRejection', (error) => console.error('unhandled rejection:', error.message));
  return {
    Worker: class extends Worker {
      async complete(message, job) {
        await this.steps(job)();
        return 'ack';
      }

      async giveUp(message, job, error, closed) {
        if (error instanceof Malformed) return super.giveUp(message, job, error, closed);
        throw error;
      }
    },
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        async handle(message) {
          this.settle(message, await this.worker.work(message, this.lane.closed));
        }
      };
    },
  };
}
