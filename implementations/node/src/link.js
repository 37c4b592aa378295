// One connection to the broker, opened when somebody wants it, and again when it was lost.

import { readFileSync } from 'node:fs';

import amqp from 'amqplib';

import { Backoff, unless, within } from './time.js';

const OPEN_MS = 10_000;
const CLOSE_MS = 2000;

export class ChannelClosed extends Error {}

export class Link {
  #current = null;
  #opening = null;
  #backoff = new Backoff();

  constructor(settings, stop) {
    Object.assign(this, { settings, stop });
  }

  // The connection that is there, or the next one, unless a stop is asked for.
  async connection() {
    if (this.#current) return this.#current;
    this.stop.signal.throwIfAborted();
    this.#opening ??= this.#open();
    return unless(this.stop.signal, this.#opening);
  }

  async #open() {
    for (;;) {
      try {
        this.#current = await this.connect();
        this.#backoff.reset();
        return this.#current;
      } catch (error) {
        console.error('broker: no connection:', error.message);
        await this.#backoff.pause(this.stop.signal);
      }
    }
  }

  async connect() {
    const connection = await amqp.connect(this.address(), this.options());
    this.watch(connection);
    return connection;
  }

  // amqplib takes the heartbeat from the URL alone.
  address() {
    const { url, heartbeat } = this.settings;
    const address = new URL(url);
    address.searchParams.set('heartbeat', heartbeat);
    return address.href;
  }

  options() {
    const { ca } = this.settings;
    return { timeout: OPEN_MS, noDelay: true, ...(ca && { ca: [readFileSync(ca)] }) };
  }

  watch(connection) {
    connection.on('error', (error) => console.error('broker: connection failed:', error.message));
    connection.on('close', () => this.forget());
  }

  forget() {
    this.#current = null;
    this.#opening = null;
  }

  // A channel, and a signal that is given when it is closed, by whomever.
  async channel({ confirm = false } = {}) {
    const connection = await this.connection();
    try {
      const channel = confirm ? await connection.createConfirmChannel() : await connection.createChannel();
      const closed = new AbortController();
      channel.on('error', (error) => console.error('broker: channel failed:', error.message));
      channel.on('close', () => closed.abort(new ChannelClosed('the channel is closed')));
      return { channel, closed: closed.signal };
    } catch (error) {
      if (error instanceof amqp.IllegalOperationError) this.forget(); // it was closed before it was watched
      throw error;
    }
  }

  async close() {
    if (!this.#opening) return;
    try {
      const connection = await within(CLOSE_MS, this.#opening, 'connection');
      await within(CLOSE_MS, connection.close(), 'connection.close');
    } catch (error) {
      console.error('broker: no orderly close:', error.message);
    }
  }
}

// Acks go by the channel's own buffer, connection.close does not: so the channel is closed first.
export async function closeChannel({ channel, closed }) {
  if (closed.aborted) return;
  try {
    await within(CLOSE_MS, channel.close(), 'channel.close');
  } catch (error) {
    console.error('broker: no orderly close:', error.message);
  }
}
