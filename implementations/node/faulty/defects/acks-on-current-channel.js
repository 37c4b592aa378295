// The channel is a variable of the module: work that a lost connection interrupted is acked on the new one.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

const never = new AbortController().signal;

export default function plant({ Consumer }) {
  let current;
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        take(message) {
          current = this.lane;
          super.take(message);
        }

        async handle(message) {
          const outcome = await this.worker.work(message, never);
          const { lane } = this;
          this.lane = current;
          this.settle(message, outcome);
          this.lane = lane;
        }

        async finish() {
          if (this.lane.closed.aborted) return; // the work goes on beside the new connection
          await super.finish();
        }
      };
    },
  };
}
