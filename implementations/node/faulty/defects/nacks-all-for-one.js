// A bad body is put aside by channel.nackAll(false), which throws away all that is in hand beside it.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        reject() {
          this.lane.channel.nackAll(false);
        }
      };
    },
  };
}
