// A consumer for the life of its process: on one channel after the other.

import { Dispatcher } from './dispatcher.js';
import { closeChannel } from './link.js';
import { Backoff, firstOf, unless } from './time.js';
import { declareRoute } from './topology.js';

export class Consumer {
  static Dispatcher = Dispatcher;

  constructor({ link, worker, consumer, settings, stop }) {
    Object.assign(this, { link, worker, consumer, settings, stop });
    this.bound = { most: settings.most, settled: 0 };
    this.backoff = new Backoff();
  }

  get done() {
    return this.stop.signal.aborted || (this.bound.most > 0 && this.bound.settled >= this.bound.most);
  }

  async run() {
    while (!this.done) {
      try {
        await this.session();
      } catch (error) {
        console.error('consumer: begins again:', error.message);
      }
      if (!this.done) await this.backoff.pause(this.stop.signal).catch(() => {});
    }
  }

  // From a channel's opening to its end: closed by somebody, cancelled, told to stop, or done.
  async session() {
    const lane = await unless(this.stop.signal, this.link.channel());
    const end = new AbortController();
    const dispatcher = this.dispatcher(lane, () => end.abort());
    try {
      const tag = await unless(this.stop.signal, this.consume(lane, dispatcher, () => end.abort()));
      this.backoff.reset();
      await firstOf([lane.closed, end.signal, this.stop.signal]);
      await this.cancel(lane, tag);
    } finally {
      await dispatcher.finish();
      await this.close(lane);
    }
  }

  async close(lane) {
    await closeChannel(lane);
  }

  dispatcher(lane, ended) {
    const { prefetch } = this.settings;
    const concurrency = this.consumer.inOrder ? 1 : prefetch || Infinity;
    return new this.constructor.Dispatcher({ lane, worker: this.worker, concurrency, bound: this.bound, ended });
  }

  async consume({ channel }, dispatcher, cancelled) {
    await this.declare(channel);
    await this.prefetch(channel);
    const taken = (message) => (message ? dispatcher.take(message) : cancelled()); // none: the broker cancels
    const { consumerTag } = await channel.consume(this.consumer.route.queue, taken, this.options);
    return consumerTag;
  }

  get options() {
    return { noAck: false };
  }

  async declare(channel) {
    await declareRoute(channel, this.consumer.route);
  }

  async prefetch(channel) {
    await channel.prefetch(this.settings.prefetch);
  }

  // Nobody waits for the answer: what comes meanwhile is not begun.
  async cancel({ channel, closed }, tag) {
    if (!closed.aborted) channel.cancel(tag).catch(() => {});
  }
}
