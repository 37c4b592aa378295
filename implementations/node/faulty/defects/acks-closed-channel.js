// The work goes on when its channel is closed, and its ack throws: a rejection that nobody handles ends the process.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

const never = new AbortController().signal;

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        async handle(message) {
          const outcome = await this.worker.work(message, never);
          if (this.lane.closed.aborted) this.lane.channel.ack(message);
          else this.settle(message, outcome);
        }

        async finish() {
          if (!this.lane.closed.aborted) await super.finish();
        }
      };
    },
  };
}
