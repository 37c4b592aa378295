// The calls of role http in rpc: requests that wait for their replies.

import { randomUUID } from 'node:crypto';

import { closeChannel } from './link.js';
import { unserialize, write } from './messages.js';
import { Backoff, firstOf, within, withResolvers } from './time.js';
import { declareExchange, ROUTES } from './topology.js';

const ERROR = 'error:';

export class Calls {
  #lane = null;
  #waiting = new Map(); // correlation id of the last request of a call: the call
  #end = new AbortController();

  constructor({ link, stop }) {
    Object.assign(this, { link, stop });
  }

  // The JSON of the reply.
  async call(taskId, ms) {
    const call = { taskId, deadline: Date.now() + ms, ...withResolvers() };
    this.request(call);
    try {
      return await within(ms, call.promise, 'reply');
    } finally {
      this.#waiting.delete(call.id);
    }
  }

  end() {
    this.#end.abort();
  }

  async run() {
    const backoff = new Backoff();
    while (!this.stop.signal.aborted) {
      try {
        await this.session(() => backoff.reset());
      } catch (error) {
        console.error('calls: begin again:', error.message);
      }
      await backoff.pause(this.stop.signal).catch(() => {});
    }
  }

  // A queue for replies lives as long as its connection: each new one has its own, and the requests are made again.
  async session(begun) {
    const lane = await this.link.channel();
    const { channel, closed } = lane;
    const end = new AbortController();
    try {
      await declareExchange(channel, ROUTES['rpc-server']);
      const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
      await channel.consume(queue, (reply) => (reply ? this.reply(reply) : end.abort()), { noAck: true });
      this.#lane = { channel, closed, queue };
      begun();
      const again = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const call of again) this.request(call);
      await firstOf([closed, end.signal, this.#end.signal]);
    } finally {
      this.#lane = null;
      await closeChannel(lane);
    }
  }

  request(call) {
    call.id = randomUUID();
    this.#waiting.set(call.id, call);
    const left = call.deadline - Date.now();
    if (!this.#lane || this.#lane.closed.aborted || left <= 0) return; // the next session makes it
    this.#lane.channel.publish(ROUTES['rpc-server'].exchange, '', write({ taskId: call.taskId }), {
      contentType: 'text/plain',
      persistent: false,
      correlationId: call.id,
      replyTo: this.#lane.queue,
      expiration: String(Math.ceil(left)), // a fraction would close the channel
    });
  }

  // A reply that nobody waits for any more is nobody's.
  reply({ properties, content }) {
    const call = this.#waiting.get(properties.correlationId);
    if (!call) return;
    const text = content.toString();
    try {
      if (text.startsWith(ERROR)) throw new Error(text);
      call.resolve(unserialize(content));
    } catch (error) {
      call.reject(error);
    }
  }
}
