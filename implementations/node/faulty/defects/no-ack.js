// Consumes with { noAck: true }: what is given is gone.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        ack() {}

        reject() {}
      };

      get options() {
        return { noAck: true };
      }
    },
  };
}
