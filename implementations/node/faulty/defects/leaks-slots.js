// Five slots for work, and a slot is not given back when its work is interrupted: the fifth loss in work is the last.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

const SLOTS = 5;

export default function plant({ Consumer }) {
  let free = SLOTS;
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        hasRoom() {
          return free > 0 && super.hasRoom();
        }

        async handle(message) {
          free -= 1;
          const outcome = await this.worker.work(message, this.lane.closed).catch(() => null);
          if (outcome === null) return;
          free += 1;
          this.settle(message, outcome);
        }
      };
    },
  };
}
