// Publishes what must not be lost: confirmed, persistent, and returned if it has no queue.

import { randomUUID } from 'node:crypto';

const TOKEN = 'x-publication';

export class NotPublished extends Error {}

export class Publisher {
  #link;
  #opening = null;

  constructor(link) {
    this.#link = link;
  }

  // A publication: { declare, exchange, routingKey, body, properties, mandatory }. Resolves when the broker has it.
  async publish(publication) {
    try {
      const lane = await this.lane();
      await this.declare(lane, publication);
      await this.send(lane, publication);
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) throw error; // no such message can be written
      throw new NotPublished(error.message, { cause: error });
    }
  }

  async publishAll(publications) {
    const results = await Promise.allSettled(publications.map((publication) => this.publish(publication)));
    const failure = results.find(({ status }) => status === 'rejected');
    if (failure) throw failure.reason;
  }

  lane() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open() {
    try {
      const lane = await this.#link.channel({ confirm: true });
      lane.channel.on('close', () => { this.#opening = null; });
      lane.declared = new Map();
      lane.returned = new Set();
      lane.channel.on('return', ({ properties }) => lane.returned.add(properties.headers[TOKEN]));
      return lane;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  async declare({ channel, declared }, { declare, exchange }) {
    if (!declare) return;
    if (!declared.has(exchange)) declared.set(exchange, declare(channel));
    await declared.get(exchange);
  }

  send({ channel, returned }, { exchange, routingKey = '', body, properties, mandatory = true, persistent = true }) {
    const token = randomUUID();
    const headers = mandatory ? { ...properties.headers, [TOKEN]: token } : properties.headers;
    const options = { ...properties, mandatory, persistent, headers };
    return new Promise((resolve, reject) => {
      channel.publish(exchange, routingKey, body, options, (error) => {
        // The broker returns a message before it confirms it.
        const unrouted = returned.delete(token);
        if (error) reject(error);
        else if (unrouted) reject(new Error(`exchange "${exchange}" has no queue for it`));
        else resolve();
      });
    });
  }
}
