// amqplib's `recovery` brings the connection back, and is taken to bring back channels and consumers as well.

import amqp from 'amqplib';

import { firstOf } from '../../src/time.js';

export const designs = ['blocking'];

export default function plant({ Consumer, Link }) {
  return {
    Link: class extends Link {
      connect() {
        return amqp.connect(this.address(), { ...this.options(), recovery: true });
      }
    },
    Consumer: class extends Consumer {
      async close(lane) {
        await super.close(lane);
        if (!this.done) await firstOf([this.stop.signal]);
      }
    },
  };
}
