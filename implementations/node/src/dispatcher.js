// The messages that one channel was given: which are begun, how many at once, and how they are settled.

export class Dispatcher {
  #waiting = [];
  #inWork = new Set();
  #over = false;

  // bound: { most, settled }, for the whole life of the instance.
  constructor({ lane, worker, concurrency, bound, ended }) {
    Object.assign(this, { lane, worker, concurrency, bound, ended });
  }

  take(message) {
    this.#waiting.push(message);
    this.begin();
  }

  begin() {
    while (!this.#over && this.#waiting.length > 0 && this.hasRoom()) {
      const work = this.handle(this.#waiting.shift()).finally(() => {
        this.#inWork.delete(work);
        this.begin();
      });
      this.#inWork.add(work);
    }
  }

  hasRoom() {
    const begun = this.#inWork.size;
    return begun < this.concurrency && (this.bound.most === 0 || this.bound.settled + begun < this.bound.most);
  }

  async handle(message) {
    try {
      this.settle(message, await this.worker.work(message, this.lane.closed));
    } catch (error) {
      console.error('message left:', error.message);
      if (!this.lane.closed.aborted) this.ended(); // the broker has it back when the channel closes
    }
  }

  settle(message, outcome) {
    if (this.lane.closed.aborted) return;
    if (outcome === 'ack') this.ack(message);
    else this.reject(message);
    this.bound.settled += 1;
    if (this.bound.settled === this.bound.most) this.ended();
  }

  ack(message) {
    this.lane.channel.ack(message);
  }

  reject(message) {
    this.lane.channel.reject(message, false);
  }

  // Begins nothing more, and waits for what is begun.
  async finish() {
    this.#over = true;
    await Promise.all(this.#inWork);
  }
}
