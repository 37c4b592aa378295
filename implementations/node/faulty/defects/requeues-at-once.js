// What fails is nacked with requeue, as amqplib does by default, and is there again at once.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer, Worker }) {
  return {
    Worker: class extends Worker {
      async complete(message, job) {
        try {
          await this.steps(job)();
          return 'ack';
        } catch (error) {
          console.error('message given back:', error.message);
          return 'nack';
        }
      }
    },
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        settle(message, outcome) {
          if (outcome !== 'nack') super.settle(message, outcome);
          else if (!this.lane.closed.aborted) this.lane.channel.nack(message);
        }
      };
    },
  };
}
