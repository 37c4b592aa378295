// What failed is given back by setTimeout(() => channel.nack(…)): a channel that is closed by then throws, and nobody catches.

import { DatabaseAway } from '../../src/database/errors.js';
import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

const PAUSE_MS = 2000;

export default function plant({ Consumer, Worker }) {
  return {
    Worker: class extends Worker {
      async complete(message, job) {
        try {
          await this.steps(job)();
          return 'ack';
        } catch (error) {
          if (!(error instanceof DatabaseAway)) throw error;
          return 'later';
        }
      }
    },
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        settle(message, outcome) {
          const { channel } = this.lane;
          if (outcome === 'later') setTimeout(() => channel.nack(message), PAUSE_MS);
          else super.settle(message, outcome);
        }
      };
    },
  };
}
