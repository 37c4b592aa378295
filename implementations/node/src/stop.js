// The stop signals: what is in hand is finished, nothing new is begun.

import { sleep } from './time.js';

const PATIENCE_MS = 4000; // less than the grace of a stop

export class Stopped extends Error {}

export class Stop {
  #controller = new AbortController();

  constructor() {
    for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => this.ask());
  }

  ask() {
    this.#controller.abort(new Stopped('told to stop'));
  }

  get signal() {
    return this.#controller.signal;
  }

  // Waits as long as it takes; once a stop is asked for, not much longer.
  async patiently(promise) {
    const settled = new AbortController();
    const overdue = new Promise((_, reject) => {
      const soon = () => sleep(PATIENCE_MS, settled.signal).then(() => reject(this.signal.reason), () => {});
      if (this.signal.aborted) soon();
      else this.signal.addEventListener('abort', soon, { once: true, signal: settled.signal });
    });
    try {
      return await Promise.race([promise, overdue]);
    } finally {
      settled.abort();
    }
  }
}
