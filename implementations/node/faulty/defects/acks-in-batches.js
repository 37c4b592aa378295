// Acks are gathered for a moment and sent as one, up to the newest: what is older and still at work goes with them.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

const GATHER_MS = 20;

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        settle(message, outcome) {
          if (outcome !== 'ack') return super.settle(message, outcome);
          if (!this.newest || message.fields.deliveryTag > this.newest.fields.deliveryTag) this.newest = message;
          this.bound.settled += 1;
          this.gathering ??= setTimeout(() => this.flush(), GATHER_MS);
        }

        flush() {
          if (this.newest && !this.lane.closed.aborted) this.lane.channel.ack(this.newest, true);
          clearTimeout(this.gathering);
          this.newest = this.gathering = undefined;
          if (this.bound.most > 0 && this.bound.settled >= this.bound.most) this.ended();
        }

        async finish() {
          await super.finish();
          this.flush();
        }
      };
    },
  };
}
