// One message from its delivery to its settlement: 'ack', or 'reject' once a copy is put aside.

import { DatabaseAway } from './database/errors.js';
import { NoSuchTask } from './database/effects.js';
import { Malformed } from './messages.js';
import { NotPublished } from './publisher.js';
import { Stopped } from './stop.js';
import { Backoff, sleep, unless } from './time.js';
import { asideOf, declareRoute } from './topology.js';

const TRIES = 5;

const passes = (error) => error instanceof DatabaseAway || error instanceof NotPublished;
const neverPasses = (error) => error instanceof Malformed || error instanceof NoSuchTask;

// What may not be copied: it would let the copy expire, have it refused, or send it elsewhere as well.
const copied = ({ expiration, userId, headers: { CC, BCC, ...headers } = {}, ...properties }) => ({ ...properties, headers });

export class Worker {
  constructor({ consumer, database, publisher, settings, stop }) {
    Object.assign(this, { consumer, database, publisher, settings, stop });
  }

  // Throws when the channel is closed meanwhile, or when a stop does not let it try again.
  async work(message, closed) {
    let job;
    try {
      job = this.consumer.read(message);
      await this.toil(job, closed);
      return await this.complete(message, job, closed);
    } catch (error) {
      if (closed.aborted || error instanceof Stopped) throw error;
      return await this.giveUp(message, job, error, closed);
    }
  }

  async complete(message, job, closed) {
    await this.persist(this.steps(job), closed);
    return 'ack';
  }

  async giveUp(message, job, error, closed) {
    console.error('message put aside:', error.message);
    await this.persist(this.putAside(message, job, error), closed);
    return 'reject';
  }

  async toil({ seconds }, closed) {
    await sleep(seconds * this.settings.second, closed);
  }

  // The effect and what follows from it: done once, however often it is tried.
  steps(job) {
    let recorded;
    return async () => {
      recorded ??= { value: await this.database.transaction(job.record) };
      await this.publisher.publishAll(job.publications(recorded.value));
    };
  }

  putAside(message, job, error) {
    const apology = job?.apology(error) ?? [];
    return async () => {
      try {
        await this.publisher.publishAll([this.copy(message, copied(message.properties), error), ...apology]);
      } catch (failure) {
        if (passes(failure)) throw failure;
        const { messageId } = message.properties; // the library does not write all that it reads
        await this.publisher.publishAll([this.copy(message, { messageId }, error), ...apology]);
      }
    };
  }

  copy(message, properties, error) {
    const aside = asideOf(this.consumer.route);
    return {
      declare: (channel) => declareRoute(channel, aside, aside.queue),
      exchange: aside.exchange,
      routingKey: aside.queue,
      body: message.content,
      properties: { ...properties, headers: { ...properties.headers, 'x-reason': error.message.slice(0, 200) } },
    };
  }

  // Tries until it is done: for ever where time will mend it, a few times where it may not.
  async persist(step, closed) {
    const backoff = new Backoff();
    for (let tries = 1; ; tries += 1) {
      try {
        return await unless(closed, this.stop.patiently(step()));
      } catch (error) {
        if (closed.aborted || error instanceof Stopped || neverPasses(error)) throw error;
        if (!passes(error) && tries >= TRIES) throw error;
        console.error('tried in vain:', error.message);
        await backoff.pause(AbortSignal.any([closed, this.stop.signal]));
      }
    }
  }
}
