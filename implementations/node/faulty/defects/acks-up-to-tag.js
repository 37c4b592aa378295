// channel.ack(message, true): "allUpTo" acks what was given before this message, also what is still at work.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        ack(message) {
          this.lane.channel.ack(message, true);
        }
      };
    },
  };
}
