// Pauses that a signal ends, and waits that have a deadline.

import { setTimeout as timer } from 'node:timers/promises';

// Ends early, with the signal's reason, when the signal is given.
export async function sleep(ms, signal) {
  try {
    await timer(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

export async function within(ms, promise, what) {
  const done = new AbortController();
  const late = timer(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`${what}: not within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
    late.catch(() => {});
  }
}

// What a promise gives, unless the signal is given first.
export async function unless(signal, promise) {
  if (signal.aborted) {
    promise.catch(() => {});
    throw signal.reason;
  }
  const { promise: aborted, reject } = withResolvers();
  const listener = () => reject(signal.reason);
  signal.addEventListener('abort', listener);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

// Resolves when one of the signals is given.
export function firstOf(signals) {
  const { promise, resolve } = withResolvers();
  for (const signal of signals) signal.addEventListener('abort', resolve);
  if (signals.some(({ aborted }) => aborted)) resolve();
  return promise.finally(() => {
    for (const signal of signals) signal.removeEventListener('abort', resolve);
  });
}

export function withResolvers() {
  let functions;
  const promise = new Promise((resolve, reject) => { functions = { resolve, reject }; });
  return { promise, ...functions };
}

// Pauses that grow: 0.1 s, 0.2 s, 0.4 s, up to 2 s.
export class Backoff {
  #first = 100;
  #longest = 2000;
  #next = this.#first;

  reset() {
    this.#next = this.#first;
  }

  async pause(signal) {
    const ms = this.#next;
    this.#next = Math.min(ms * 2, this.#longest);
    await sleep(ms, signal);
  }
}
